package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// A togetherStore finds series to join, and takes several decisions at once.
type togetherStore interface {
	SeriesNamed(ctx context.Context, messageID, text string, limit int) ([]store.SeriesRow, error)
	SeriesIDOf(ctx context.Context, messageID string) (int64, error)
	AddDecisions(ctx context.Context, list []change.Decision) error
}

// joinsFound is how many series are offered to join with.
const joinsFound = 8

// seriesForms are the choices of those who decide about a series.
func (s *Server) seriesForms(ctx context.Context, found store.Series, join string) (view.SeriesForms, error) {
	f := view.SeriesForms{Text: strings.TrimSpace(join)}
	if newest := newestOf(found); newest.Key != "" {
		f.Subject = change.PostedKey(newest.Key)
	}
	f.Closed = closedByHand(found)
	if f.Text == "" || len(f.Text) > maxNote {
		return f, nil
	}
	rows, err := s.store.SeriesNamed(ctx, messageIDOf(f.Text), f.Text, joinsFound+1)
	if err != nil {
		return f, err
	}
	for _, r := range rows {
		if r.ID != found.ID && len(f.Found) < joinsFound {
			f.Found = append(f.Found, s.tie(r))
		}
	}
	f.Text = view.Safe(f.Text)
	return f, nil
}

// closedByHand says whether a person closed a series, or each patch of its
// newest revision.
func closedByHand(found store.Series) bool {
	covers := map[string]bool{}
	for _, p := range found.Postings {
		covers[change.PostedKey(p.Cover)] = p.Cover != ""
	}
	var whole []change.Decision
	about := map[string][]change.Decision{}
	for _, d := range found.Decisions {
		if about[d.Subject] = append(about[d.Subject], d); d.Kind.EndsSeries(covers[d.Subject]) {
			whole = append(whole, d)
		}
	}
	var patches [][]change.Decision
	for _, m := range newestOf(found).Parts {
		patches = append(patches, about[change.PostedKey(m.MessageID)])
	}
	_, closed := change.EndedWhole(whole, patches)
	return closed
}

// messageIDOf is the message-id that a person typed, or that is part of the
// address of an archived mail; "" if there is none.
func messageIDOf(text string) string {
	text = strings.Trim(text, "<> ")
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		for _, part := range slices.Backward(strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")) {
			if id, err := url.PathUnescape(part); err == nil && strings.Contains(id, "@") {
				return strings.Trim(id, "<>")
			}
		}
		return ""
	}
	if strings.ContainsAny(text, " \t") || !strings.Contains(text, "@") {
		return ""
	}
	return text
}

// decideSeries serves POST /series/{id}/decisions: it writes down what a person
// said, has the stages look again, and leads back to the series.
func (s *Server) decideSeries(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	found, err := s.seriesOf(r)
	if err != nil {
		return err
	}
	list, err := s.seriesDecisions(r.Context(), found, r.PostForm)
	var wrong complaint
	if errors.As(err, &wrong) {
		return s.showSeries(w, r, found, http.StatusUnprocessableEntity, string(wrong))
	} else if err != nil {
		return err
	}
	for i := range list {
		list[i].By, list[i].At = accountOf(r).Name, s.now()
	}
	if err := s.store.AddDecisions(r.Context(), list); err != nil {
		return err
	}
	s.log.Info("decision", "kind", list[0].Kind, "subject", list[0].Subject, "object", list[0].Object, "by", list[0].By)
	if s.config.Nudge != nil {
		s.config.Nudge()
	}
	s.sessions.Put(r.Context(), keyNotice, "Written down. The series follows as soon as the rules have looked again.")
	return redirect(w, r, view.SeriesURL(found.ID))
}

// seriesDecisions reads a decision about a series from a form. Nothing in it
// is believed that is not about this series. To separate a revision from the
// others is one decision for each of them.
func (s *Server) seriesDecisions(ctx context.Context, found store.Series, form url.Values) ([]change.Decision, error) {
	d := change.Decision{Kind: change.DecisionKind(form.Get("kind")), Subject: form.Get("subject"), Note: strings.TrimSpace(form.Get("note"))}
	at := slices.IndexFunc(found.Postings, func(p store.Posting) bool { return change.PostedKey(p.Key) == d.Subject })
	if at < 0 {
		return nil, badRequest("The form is about something that is not part of this series.")
	}
	if utf8.RuneCountInString(d.Note) > maxNote || !utf8.ValidString(d.Note) {
		return nil, complaint(fmt.Sprintf("The note is too long: %d characters are taken.", maxNote))
	}
	switch d.Kind {
	case change.IsOurs, change.NotOurs, change.Reopen:
		return []change.Decision{d}, nil
	case change.Abandoned, change.Rejected:
		if d.Note == "" {
			return nil, complaint("Say why: who comes later will want to know.")
		}
		return wholly(found.Postings[at], d), nil
	case change.Join, change.Separate:
		if d.Object = form.Get("object"); d.Object == "" && d.Kind == change.Separate {
			return separate(found, at, d)
		}
		other, err := s.otherSeries(ctx, found, d.Object)
		return anew(found, other, d), err
	}
	return nil, badRequest("The form asks for something that is not known here.")
}

// wholly is a decision about all of a posting: one that ends just a patch, if
// it names a patch, is one for each of them.
func wholly(p store.Posting, d change.Decision) []change.Decision {
	if len(p.Parts) == 0 || d.Kind.EndsSeries(d.Subject == change.PostedKey(p.Cover)) {
		return []change.Decision{d}
	}
	var list []change.Decision
	for _, m := range p.Parts {
		one := d
		one.Subject = change.PostedKey(m.MessageID)
		list = append(list, one)
	}
	return list
}

// otherSeries is another series, by the key of one of its mails.
func (s *Server) otherSeries(ctx context.Context, found store.Series, key string) (store.Series, error) {
	messageID, ok := strings.CutPrefix(key, change.PostedKey(""))
	if !ok || slices.Contains(found.Keys(), key) {
		return store.Series{}, badRequest("The form names no other series.")
	}
	id, err := s.store.SeriesIDOf(ctx, messageID)
	if err != nil {
		return store.Series{}, err
	}
	other, err := s.store.Series(ctx, id)
	if err == nil && !slices.Contains(other.Keys(), key) {
		err = badRequest("The form names no patch of another series.")
	}
	return other, err
}

// anew is a decision about two series, and the same of each two revisions of
// theirs of which somebody said the opposite before: else that would hold, and
// tear one of the series apart.
func anew(found, other store.Series, d change.Decision) []change.Decision {
	list := []change.Decision{d}
	these, those := found.Keys(), other.Keys()
	seen := map[[2]string]bool{{d.Subject, d.Object}: true}
	for _, was := range slices.Backward(found.Decisions) { // newest first
		a, b := was.Subject, was.Object
		if slices.Contains(those, a) {
			a, b = b, a
		}
		if was.Kind != change.Join && was.Kind != change.Separate || !slices.Contains(these, a) || !slices.Contains(those, b) {
			continue
		}
		if pair := [2]string{a, b}; !seen[pair] {
			seen[pair] = true
			if again := d; was.Kind != d.Kind {
				again.Subject, again.Object = a, b
				list = append(list, again)
			}
		}
	}
	return list
}

// separate is one decision for each of the other revisions.
func separate(found store.Series, at int, d change.Decision) ([]change.Decision, error) {
	var list []change.Decision
	for i, p := range found.Postings {
		if i != at {
			one := d
			one.Object = change.PostedKey(p.Key)
			list = append(list, one)
		}
	}
	if len(list) == 0 {
		return nil, complaint("It is the only revision: there is nothing to separate it from.")
	}
	return list, nil
}

// seriesDecision is what a person said of a series, in words.
func (s *Server) seriesDecision(found store.Series, d change.Decision) view.Decision {
	v := view.Decision{Note: view.Safe(d.Note), By: view.Safe(d.By), At: s.when(d.At)}
	this, that := s.mailWords(found, d.Subject), s.mailWords(found, d.Object)
	switch d.Kind {
	case change.IsOurs:
		v.Words = "said that it is ours"
	case change.NotOurs:
		v.Words = "said that it is not ours"
	case change.Join:
		v.Words = "said that " + this + " and " + that + " are one series"
	case change.Separate:
		v.Words = "said that " + this + " and " + that + " are not one series"
	case change.Abandoned:
		v.Words = "closed it: nobody goes on with it"
	case change.Rejected:
		v.Words = "closed " + s.closedWords(found, d.Subject) + ": upstream does not want it"
	case change.Replaced:
		v.Words = "closed " + s.closedWords(found, d.Subject) + ": upstream solved it otherwise"
	case change.NeverUpstream:
		v.Words = "closed " + s.closedWords(found, d.Subject) + ": it is not meant for upstream"
	case change.Reopen:
		v.Words = "reopened it"
	case change.Confirm:
		v.Words = "said that " + that + " is the same change as " + this
	case change.Reject:
		v.Words = "said that " + that + " is another change than " + this
	case change.Link:
		v.Words = "linked " + this + " with " + that
	case change.Own:
		v.Words = "made " + view.Safe(d.Object) + " the owner of " + this
	default:
		v.Words = view.Safe(string(d.Kind))
	}
	return v
}

// closedWords is what a decision that ends a patch, or the series by its cover
// letter, closed.
func (s *Server) closedWords(found store.Series, key string) string {
	for _, p := range found.Postings {
		for _, m := range p.Parts {
			if len(p.Parts) > 1 && change.PostedKey(m.MessageID) == key {
				return fmt.Sprintf("patch %d of %s", m.Index, s.postingWords(p))
			}
		}
	}
	return "it"
}

// mailWords is what a key of a decision stands for.
func (s *Server) mailWords(found store.Series, key string) string {
	for _, p := range found.Postings {
		switch i := slices.Index(p.Keys(), key); {
		case i == 0 || i > 0 && p.Cover == strings.TrimPrefix(key, change.PostedKey("")):
			return s.postingWords(p)
		case i > 0:
			n := slices.IndexFunc(p.Parts, func(m store.Part) bool { return change.PostedKey(m.MessageID) == key })
			return fmt.Sprintf("patch %d of %s", p.Parts[n].Index, s.postingWords(p))
		}
	}
	if project, hash, ok := cutCommitKey(key); ok {
		return "commit " + shortHash(view.Safe(hash)) + " of " + view.Safe(project)
	}
	return view.Safe(strings.TrimPrefix(key, change.PostedKey("")))
}
