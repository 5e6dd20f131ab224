package view

import "github.com/upstreamd/upstreamd/internal/change"

// A Message is one mail.
type Message struct {
	ID       string // message-id without <>
	Subject  string
	Kind     string // patch, cover, reply, other, quarantined
	Reason   string // why it is quarantined, or what was odd in it; ""
	Headers  []Header
	Text     Text
	Series   Link // the series it belongs to; no Href if there is none
	Change   Link // the change it posts; no Href if there is none
	Status   change.Status
	Archive  string // where the list shows it; ""
	Variants int    // other mails with the same message-id
}

// A Header is one field of a mail's header, decoded.
type Header struct {
	Name  string
	Value string
	Href  string // of a mail that it names; ""
}
