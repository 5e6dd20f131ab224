package view

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/upstreamd/upstreamd/internal/diffmatch"
)

// A Range says what became of the patches of one revision in another.
type Range struct {
	ID               int64 // of the series
	Title            string
	Choices          []Choice // the revisions, newest first
	Old, New         string   // keys of the chosen ones
	OldWord, NewWord string   // "v1", "v2"
	Words            string   // "2 changed, 1 new"
	Notes            []string // what could not be compared, and why
	Picture          []RangeRow
	Rows             []RangeRow // that are shown: all, or the one that was asked for
	Alone            bool       // only one was asked for
	Cover            Text       // how the cover letters differ; no lines if they do not
	Said             string     // what the author says that changed; ""
}

// A RangeRow is one patch in both revisions, or in one.
type RangeRow struct {
	Number   int // from 1
	Relation string
	Old, New RangePatch  // zero where there is none
	Words    string      // how the diffs differ; ""
	Message  Text        // how the messages differ; no lines if they do not
	Compared *Comparison // the diffs side by side; nil where nothing differs, or it is too much
	Page     string      // where both stand side by side, if not here; ""
}

// A RangePatch is one patch of one revision.
type RangePatch struct {
	Place  int // from 1; 0 is no patch
	Index  int // n of n/m
	Title  string
	Href   string
	Unread bool // nobody knows what it does
}

// RangeURL is what changed from one revision to another, by their keys; with ""
// the newest two.
func RangeURL(id int64, old, newer string) string {
	return withQuery(SeriesURL(id)+"/range", []string{"old", old, "new", newer})
}

// PairURL is the page of one pair of patches alone, every line of it.
func (v Range) PairURL(n int) string {
	return RangeURL(v.ID, v.Old, v.New) + "&" + url.Values{"pair": {fmt.Sprint(n)}}.Encode()
}

// NotRead is the relation of a patch that nobody could read.
const NotRead = "not read"

// rangeTone is the colour of a relation.
func rangeTone(relation string) tone {
	switch relation {
	case diffmatch.Changed:
		return toneLook
	case diffmatch.Reworded:
		return toneGo
	case diffmatch.Added:
		return toneGood
	case diffmatch.Gone:
		return toneWarn
	case NotRead:
		return toneDone
	}
	return toneCalm
}

func rangeIcon(relation string) string {
	switch relation {
	case diffmatch.Changed:
		return "pencil-line"
	case diffmatch.Reworded:
		return "message-square"
	case diffmatch.Added:
		return "sparkles"
	case diffmatch.Gone:
		return "archive"
	case NotRead:
		return "circle-question-mark"
	}
	return "check"
}

// relations are the keys to the picture, of what there is.
func (v Range) relations() []Key {
	var list []Key
	for _, r := range []string{diffmatch.Changed, diffmatch.Reworded, diffmatch.Added, diffmatch.Gone, diffmatch.Unchanged, NotRead} {
		for _, row := range v.Picture {
			if row.Relation == r {
				list = append(list, Key{rangeTone(r), r})
				break
			}
		}
	}
	return list
}

// column are the rows that have a patch in the old or the new revision, in its
// order.
func (v Range) column(old bool) []RangeRow {
	list := make([]RangeRow, 0, len(v.Picture))
	for place := 1; len(list) < len(v.Picture); place++ {
		before := len(list)
		for _, r := range v.Picture {
			if r.side(old).Place == place {
				list = append(list, r)
			}
		}
		if len(list) == before {
			return list
		}
	}
	return list
}

func (r RangeRow) side(old bool) RangePatch {
	if old {
		return r.Old
	}
	return r.New
}

// fate is what became of a patch, in words for those who do not see the line.
func (r RangeRow) fate(old bool) string {
	other := r.side(!old)
	switch {
	case other.Place == 0:
		return r.Relation
	case old:
		return fmt.Sprintf("%s, now patch %d", r.Relation, other.Index)
	}
	return fmt.Sprintf("%s, was patch %d", r.Relation, other.Index)
}

// head is a row as a heading.
func (r RangeRow) head() string {
	if r.New.Place > 0 {
		return r.New.Title
	}
	return r.Old.Title
}

// renamed is the old title where it is another one; "".
func (r RangeRow) renamed() string {
	if r.Old.Place > 0 && r.New.Place > 0 && r.Old.Title != r.New.Title {
		return r.Old.Title
	}
	return ""
}

// open says whether there is anything to unfold.
func (r RangeRow) opens() bool {
	return r.Compared != nil || r.Page != "" || len(r.Message.Lines) > 0
}

func (r RangeRow) anchor() string { return fmt.Sprintf("pair-%d", r.Number) }

// Sizes of the picture in units of its own: every patch has one row.
const (
	ribbonRow  = 10
	ribbonWide = 100
)

// pictureRows is how many rows the higher column has.
func (v Range) pictureRows() int {
	return max(len(v.column(true)), len(v.column(false)), 1)
}

func (v Range) pictureBox() string {
	return fmt.Sprintf("0 0 %d %d", ribbonWide, ribbonRow*v.pictureRows())
}

// pictureHeight is as high as the columns: a row is 2.25rem in the style sheet.
func (v Range) pictureHeight() string { return fmt.Sprintf("%.2frem", 2.25*float64(v.pictureRows())) }

// ribbon is the outline of the band from a patch to what it became; "" where it
// is on one side only.
func (r RangeRow) ribbon() string {
	if r.Old.Place == 0 || r.New.Place == 0 {
		return ""
	}
	const mid, edge, high = ribbonWide / 2, 2.0, ribbonRow - 4.0
	l, n := float64((r.Old.Place-1)*ribbonRow)+edge, float64((r.New.Place-1)*ribbonRow)+edge
	return fmt.Sprintf("M0 %.1fC%d %.1f %d %.1f %d %.1fV%.1fC%d %.1f %d %.1f 0 %.1fZ",
		l, mid, l, mid, n, ribbonWide, n, n+high, mid, n+high, mid, l+high, l+high)
}

// pairsWord is the heading of what is shown of the patches.
func (v Range) pairsWord() string {
	if v.Alone {
		return "The patch"
	}
	return "Patch by patch"
}

// whatChanged is the number of rows that are not the same, in words.
func (v Range) whatChanged() string {
	if strings.TrimSpace(v.Words) == "" {
		return "Nothing could be compared."
	}
	return sentence(v.Words)
}
