package pipeline

import (
	"time"

	"github.com/upstreamd/upstreamd/internal/series"
)

// A RawMail is a mail as it came.
type RawMail struct {
	ID               int64
	SHA256           string // hex, of Bytes; given by the store
	Bytes            []byte
	Oversize         bool   // only its header was fetched
	Source           string // name of the account or list that brought it
	Mailbox          string // IMAP mailbox, or path of the file
	UIDValidity, UID uint32 // 0 and the ordinal from 1 for files
}

// A Message is what was read from one raw mail.
type Message struct {
	Raw    int64  // id of the raw mail
	List   string // name of the configured list, else the List-Id, else ""
	Reason string // why it is quarantined, or what was odd in it
	Broken bool   // quarantined: kept, shown, part of nothing
	Mail   series.Mail
	Sent   time.Time
}

// An Assembly is the whole answer of assembly for all messages: what the
// store makes its tables equal to.
type Assembly struct {
	series.Result
	States map[string]SeriesState // by series key
}

// A SeriesState is how the review of one series goes.
type SeriesState struct {
	State, Reason string
	LastSign      time.Time
}
