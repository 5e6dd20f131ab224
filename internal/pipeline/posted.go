package pipeline

import "time"

// A Posted is a patch of one posting, with what is known of its series.
type Posted struct {
	Key         string // change.PostedKey
	MessageID   string
	Raw         int64 // id of the raw mail
	Subject     string
	Title       string // subject without its prefixes
	AuthorName  string
	Author      string // address, lower case
	Sender      string // of the posting: address, lower case
	Signers     string // addresses of who signed it off, lower case, with spaces between
	Sent        time.Time
	List        string
	Branch      string
	PostingKey  string
	Cover       string // message-id of the posting's cover letter; ""
	Archive     string // address where its list shows it; ""
	Version     int
	Part, Total int
	SeriesID    int64
	SeriesKey   string
	LastSign    time.Time
	Superseded  bool // the series has a newer version
}
