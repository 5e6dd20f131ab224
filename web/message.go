package web

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// A messageStore knows mails.
type messageStore interface {
	Message(ctx context.Context, messageID string) (store.Message, error)
}

// message serves GET /m/{message-id}.
func (s *Server) message(w http.ResponseWriter, r *http.Request) error {
	id, err := lastOf(r, "/m/")
	if err != nil {
		return err
	}
	m, err := s.store.Message(r.Context(), id)
	if err != nil {
		return err
	}
	parsed := mailing.Parse(m.Raw)
	v := view.Message{
		ID: m.MessageID, Subject: view.Safe(m.Subject), Kind: m.Kind, Reason: view.Safe(m.Reason), Headers: s.headersOf(m, parsed),
		Text: view.NewText(parsed.Text, diffAt(parsed.Text)), Status: m.Status, Archive: webAddress(parsed.Archive), Variants: m.Copies,
	}
	if m.SeriesID != 0 {
		v.Series = view.Link{Text: "the series", Href: view.SeriesURL(m.SeriesID)}
	}
	if m.ChangeID != 0 {
		v.Change = view.Link{Text: "the change", Href: view.ChangeURL(m.ChangeID)}
	}
	crumbs := []view.Link{{Text: "Series", Href: view.SeriesFilter{}.URL()}}
	return s.render(w, r, view.MessagePage(s.shell(r, titleOf(m.Subject), view.InSeries, crumbs...), v))
}

// headersOf are the fields that matter.
func (s *Server) headersOf(m store.Message, parsed *mailing.Message) []view.Header {
	from := view.Header{Name: "From", Value: view.Safe(parsed.From.String())}
	out := []view.Header{from}
	if a := view.Safe(parsed.Author.String()); a != from.Value {
		out = append(out, view.Header{Name: "Author", Value: a})
	}
	if !m.Sent.IsZero() {
		out = append(out, view.Header{Name: "Date", Value: s.when(m.Sent).Full()})
	}
	for _, f := range []struct {
		name   string
		people []mailing.Person
	}{{"To", parsed.To}, {"Cc", parsed.Cc}} {
		if len(f.people) > 0 {
			out = append(out, view.Header{Name: f.name, Value: peopleOf(f.people)})
		}
	}
	if m.List != "" {
		out = append(out, view.Header{Name: "List", Value: view.Safe(m.List)})
	}
	out = append(out, view.Header{Name: "Message-ID", Value: view.Safe(m.MessageID)})
	if parsed.InReplyTo != "" {
		out = append(out, view.Header{Name: "In-Reply-To", Value: view.Safe(parsed.InReplyTo), Href: view.MessageURL(parsed.InReplyTo)})
	}
	for _, d := range m.Deliveries {
		out = append(out, view.Header{Name: "Came by", Value: view.Safe(d.Source + ", " + d.Mailbox)})
	}
	return out
}

// peopleOf are the first of many addresses.
func peopleOf(people []mailing.Person) string {
	const most = 12
	var names []string
	for i, p := range people {
		if i == most {
			names = append(names, "…")
			break
		}
		names = append(names, view.Safe(p.String()))
	}
	return strings.Join(names, ", ")
}

// diffAt is where the diff begins in a mail's text; -1 if it has none.
func diffAt(text string) int {
	p, err := patch.Parse([]byte(text))
	if err != nil || len(p.Diff) == 0 {
		return -1
	}
	return bytes.Index([]byte(text), p.Diff[:min(len(p.Diff), 400)])
}

// webAddress is an address that a page may link to, or "".
func webAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return u.String()
}

// lastOf is what follows prefix in the path, as it was before it was escaped:
// a message-id or a name can hold a slash.
func lastOf(r *http.Request, prefix string) (string, error) {
	escaped, ok := strings.CutPrefix(r.URL.EscapedPath(), prefix)
	name, err := url.PathUnescape(escaped)
	if !ok || err != nil || name == "" {
		return "", errNoPage
	}
	return name, nil
}
