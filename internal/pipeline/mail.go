package pipeline

import (
	"fmt"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/series"
)

// A RawMail is a mail as it came.
type RawMail struct {
	ID               int64
	SHA256           string // hex, of Bytes; given by the store
	Bytes            []byte
	Oversize         bool     // only its header was fetched
	Source           string   // name of the account or list that brought it, or ImportSource
	Mailbox          string   // IMAP mailbox, or path of the file, maildir or repository
	UIDValidity, UID uint32   // 0 for files
	Removed          bool     // the archive that it came from took it back; when read: all that it came from did
	Filed            []string // when read: the sources whose files brought it, sorted
}

// ImportSource is the source of mails that were imported for no list.
const ImportSource = "import"

// A Message is what was read from one raw mail.
type Message struct {
	Raw    int64  // id of the raw mail
	List   string // name of the configured list, else the List-Id, else ""
	Reason string // why it is quarantined, or what was odd in it
	Broken bool   // quarantined: kept, shown, part of nothing
	Gone   bool   // taken back by the archive: kept, part of nothing
	Mail   series.Mail
	Sent   time.Time

	// Only when stored, not when read from the store:
	Content string // hash of what was sent: the same by whatever way the mail came
	Text    string // what the search looks at
	Archive string // address where its list shows it; ""
}

// An Assembly is what some mails come to: all that are tied to one another.
type Assembly struct {
	Raws []int64 // ids of the raw mails of all messages that it is made of
	series.Result
	Reviews map[string]series.Review // by posting key
	Stated  map[string]Stated        // by posting key
}

// A Stated is what the mails of a posting say beside what they change.
type Stated struct {
	Base     string        // commit that it applies to; ""
	Needs    []series.Need // what it depends on
	ChangeID string        // by b4; ""
	LastSign time.Time     // the newest mail of it or about it
}

// contentOf is a hash of what a person sent: the same for a mail that came with
// other lines at its top, other line ends, or another list's footer.
func contentOf(m *mailing.Message) string {
	var text strings.Builder
	for line := range strings.Lines(m.Text) {
		text.WriteString(strings.TrimRight(line, " \t\r\n") + "\n")
	}
	return fingerprint(strings.ToLower(m.From.Email), m.Subject, fmt.Sprint(m.Date.Unix()), strings.TrimRight(text.String(), "\n"))
}

// maxSearched is how many bytes of a mail's text can be searched.
const maxSearched = 64 << 10

// searchedText is what of a mail can be found: not what it quotes, nor the
// context lines and packed files of a diff.
func searchedText(text string) string {
	var b strings.Builder
	diff := false
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "@@ ") || strings.HasPrefix(line, "diff --git "):
			diff = true
		case strings.HasPrefix(line, "-- ") && diff:
			diff = false
		}
		if strings.HasPrefix(line, "GIT binary patch") {
			break
		}
		if line[0] == '>' || diff && line[0] != '+' && line[0] != '-' && line[0] != '@' {
			continue
		}
		if b.Len()+len(line) > maxSearched {
			break
		}
		b.WriteString(line)
	}
	return b.String()
}
