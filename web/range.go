package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// Limits of what is read to compare two revisions.
const (
	rangeParts = 200              // patches of each
	rangeBytes = 8 << 20          // of all mails
	rangeTime  = 10 * time.Second // for reading them
	rangeRows  = 3000             // lines of all pairs on one page; more have pages of their own
)

// seriesOf is the series that the URL names.
func (s *Server) seriesOf(r *http.Request) (store.Series, error) {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return store.Series{}, errNoPage
	}
	return s.store.Series(r.Context(), id)
}

// ranges serves GET /series/{id}/range: what became of each patch from one
// revision to another.
func (s *Server) ranges(w http.ResponseWriter, r *http.Request) error {
	found, err := s.seriesOf(r)
	if err != nil {
		return err
	}
	v := view.Range{ID: found.ID, Title: titleOf(found.Title)}
	crumbs := []view.Link{{Text: "Series", Href: view.SeriesFilter{}.URL()}, {Text: v.Title, Href: view.SeriesURL(found.ID)}}
	if n := len(found.Postings); n > 1 {
		old, err := pickPosting(found.Postings, r.FormValue("old"), n-2)
		if err != nil {
			return err
		}
		newer, err := pickPosting(found.Postings, r.FormValue("new"), n-1)
		if err != nil {
			return err
		}
		for _, p := range slices.Backward(found.Postings) {
			v.Choices = append(v.Choices, view.Choice{Key: fmt.Sprint(p.ID), Words: s.postingWords(p)})
		}
		s.fillRange(r.Context(), &v, old, newer, r.FormValue("pair"))
	}
	return s.render(w, r, view.RangePage(s.shell(r, "What changed", view.InSeries, crumbs...), v))
}

// pickPosting is the posting with this id; without one that at index n.
func pickPosting(list []store.Posting, id string, n int) (store.Posting, error) {
	if id == "" {
		return list[n], nil
	}
	i := slices.IndexFunc(list, func(p store.Posting) bool { return fmt.Sprint(p.ID) == id })
	if i < 0 {
		return store.Posting{}, badRequest("That revision is not part of this series.")
	}
	return list[i], nil
}

// postingWords tell a posting from the others of its series.
func (s *Server) postingWords(p store.Posting) string {
	words := view.Version(p.Version)
	if p.RFC {
		words += " RFC"
	}
	if p.Resend {
		words += ", sent again"
	}
	return words + ", " + s.when(p.Posted).Day()
}

// fillRange compares two revisions.
func (s *Server) fillRange(ctx context.Context, v *view.Range, old, newer store.Posting, pair string) {
	v.Old, v.New = fmt.Sprint(old.ID), fmt.Sprint(newer.ID)
	if s.config.PatchText == nil {
		v.Notes = []string{"The mails cannot be read here."}
		return
	}
	budget := rangeBytes
	a, b := s.readRevision(ctx, old, &budget), s.readRevision(ctx, newer, &budget)
	if a.word == b.word {
		a.word, b.word = "older", "newer"
	}
	v.OldWord, v.NewWord = a.word, b.word
	for _, rev := range []revisionText{a, b} {
		v.Notes = append(v.Notes, rev.notes...)
	}
	rows := pairUnread(diffmatch.Range(a.patches, b.patches), a, b)
	counts := rangeCount{}
	budget = rangeRows
	for i, r := range rows {
		row := s.rangeRow(i, r, a, b)
		if row.Relation != view.NotRead {
			counts.add(r)
		}
		alone := pair == strconv.Itoa(i+1)
		if pair == "" || alone {
			row.fill(r, a, b, &budget, v.PairURL(i+1), alone)
		}
		if pair == "" || alone {
			v.Rows = append(v.Rows, row.RangeRow)
		}
		v.Picture = append(v.Picture, row.RangeRow)
	}
	v.Alone, v.Words = pair != "", counts.words()
	if pair == "" {
		s.fillCovers(ctx, v, a, b)
	}
}

// pairUnread makes one row of two where a patch cannot be read and one of the
// other revision has its title: it is neither new nor dropped.
func pairUnread(rows []diffmatch.RangeRow, a, b revisionText) []diffmatch.RangeRow {
	for n := range rows {
		j := rows[n].New
		if j < 0 || rows[n].Old >= 0 {
			continue
		}
		gone := slices.IndexFunc(rows, func(r diffmatch.RangeRow) bool {
			return r.Old >= 0 && r.New < 0 && (a.patches[r.Old] == nil || b.patches[j] == nil) && strings.EqualFold(a.Parts[r.Old].Title, b.Parts[j].Title)
		})
		if gone >= 0 {
			rows[n].Old, rows[gone].Old = rows[gone].Old, -1
		}
	}
	return slices.DeleteFunc(rows, func(r diffmatch.RangeRow) bool { return r.Old < 0 && r.New < 0 })
}

// A rangeRow is a row of the page in the making.
type rangeRow struct{ view.RangeRow }

// rangeRow names the patches of a row.
func (s *Server) rangeRow(i int, r diffmatch.RangeRow, a, b revisionText) rangeRow {
	row := rangeRow{view.RangeRow{Number: i + 1, Relation: r.Relation}}
	if r.Old >= 0 {
		row.Old = rangePatch(a, r.Old)
	}
	if r.New >= 0 {
		row.New = rangePatch(b, r.New)
	}
	if row.Old.Unread || row.New.Unread {
		row.Relation = view.NotRead
	}
	return row
}

func rangePatch(rev revisionText, i int) view.RangePatch {
	m := rev.Parts[i]
	return view.RangePatch{Place: i + 1, Index: m.Index, Title: titleOf(m.Title), Href: view.MessageURL(m.MessageID), Unread: rev.patches[i] == nil}
}

// fill compares what the row is about: the messages, and the diffs side by side
// while there is budget for their lines.
func (row *rangeRow) fill(r diffmatch.RangeRow, a, b revisionText, budget *int, page string, whole bool) {
	if r.Old < 0 || r.New < 0 || row.Relation == diffmatch.Unchanged || row.Relation == view.NotRead {
		return
	}
	left, right := a.patches[r.Old], b.patches[r.New]
	row.Message = view.ChangedText(messageOf(left), messageOf(right))
	if r.Relation != diffmatch.Changed {
		return
	}
	c := versus(a.side(r.Old), b.side(r.New))
	c.ID = row.Number
	row.Words = c.Words
	if !whole {
		c.Shorten(page)
	}
	if n := c.Rows(); whole || n <= *budget {
		*budget -= n
		row.Compared = &c
	} else {
		row.Page = page
	}
}

func (rev revisionText) side(i int) side {
	m := rev.Parts[i]
	what := view.Link{Text: fmt.Sprintf("patch %d of %s", m.Index, rev.word), Href: view.MessageURL(m.MessageID)}
	return side{named: view.Named{What: what, Word: rev.word}, patch: rev.patches[i], files: rev.patches[i].Files}
}

// messageOf is what a patch says of itself.
func messageOf(p *patch.Patch) string {
	return p.Subject + "\n\n" + strings.TrimSpace(p.Body) + "\n"
}

// fillCovers adds what the author says that changed, and how the cover letters
// differ.
func (s *Server) fillCovers(ctx context.Context, v *view.Range, a, b revisionText) {
	budget := rangeBytes
	var texts [2]string
	for i, id := range []string{a.Cover, b.Cover} {
		if id == "" {
			continue
		}
		text, why := s.mailText(ctx, id, &budget)
		if why != "" {
			v.Notes = append(v.Notes, "A cover letter is not compared: "+why+".")
		}
		before, _, _ := strings.Cut(string(text), "\n-- \n")
		texts[i] = before
	}
	if texts[0] != "" && texts[1] != "" {
		v.Cover = view.ChangedText(texts[0], texts[1])
	}
	said := changelog(texts[1])
	for i, p := range b.patches {
		if p == nil {
			continue
		}
		if own := changelog(p.Notes); own != "" {
			said += fmt.Sprintf("\n\nPatch %d:\n%s", b.Parts[i].Index, own)
		}
	}
	v.Said = view.SafeText(said)
}
