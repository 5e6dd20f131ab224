package view

import (
	"fmt"

	"github.com/upstreamd/upstreamd/internal/change"
)

// A SeriesRow is one series in a list.
type SeriesRow struct {
	ID       int64
	Title    string
	Version  int // of the newest revision
	List     string
	Author   string
	Ours     bool
	State    string // as series.State
	Reason   string
	Parts    int // patches of the newest revision
	Merged   int // of these
	LastSign When
	Posted   When
}

// SeriesList is the list of series.
type SeriesList struct {
	Filter SeriesFilter
	Rows   []SeriesRow
	Pager  Pager
	States []string // to choose from
	Any    bool     // whether there is any series at all
}

// A Series is one series with all its revisions.
type Series struct {
	SeriesRow
	Branch    string // that it is meant for; ""
	TakenOver int    // series by others that go on with it
	Revisions []Revision
}

// A Revision is one sent revision, newest first in a series.
type Revision struct {
	Version  int
	Title    string
	Author   string
	Posted   When
	Cover    string // message-id of the cover letter; ""
	Total    int    // patches that it announces
	Flaw     string // why it is not whole; ""
	RFC      bool
	Resend   bool
	Parts    []Part
	Replies  []Reply   // to the cover or to the whole
	Trailers []Trailer // for the whole
}

// A Part is one patch of a revision.
type Part struct {
	Index     int
	Title     string
	MessageID string // "" where the mail never came
	ChangeID  int64  // 0 if it is not known as a change
	Status    change.Status
	Compare   Link // with the same patch of the revision before; "" if there is none
	Replies   []Reply
	Trailers  []Trailer
}

// A Reply is one answer to a posting.
type Reply struct {
	MessageID string
	Subject   string
	From      string
	Action    string // "ping", "applied" or "other"
	At        When
	Depth     int // 0 answers the posted mail itself
}

// A Trailer is a review trailer of a reply.
type Trailer struct {
	Kind string // "reviewed-by"
	Name string
}

// version is a revision as people write it.
func version(n int) string {
	if n <= 1 {
		return "v1"
	}
	return fmt.Sprintf("v%d", n)
}

// landed says how many parts are merged.
func (r SeriesRow) landed() string {
	if r.Parts <= 1 {
		return "1 patch"
	}
	return fmt.Sprintf("%d of %d merged", r.Merged, r.Parts)
}

// dots are the parts of the newest revision as a picture.
func (r SeriesRow) dots() []string {
	out := make([]string, 0, r.Parts)
	for i := range min(r.Parts, 41) {
		if i < r.Merged {
			out = append(out, string(toneGood))
		} else {
			out = append(out, string(toneCalm))
		}
	}
	return out
}

// dots are the parts of a revision as a picture.
func (r Revision) dots() []string {
	out := make([]string, 0, len(r.Parts))
	for _, p := range r.Parts {
		out = append(out, string(statusTone(p.Status)))
	}
	return out
}

// missing is how many announced parts never came.
func (r Revision) missing() int {
	n := r.Total
	for _, p := range r.Parts {
		if p.MessageID != "" {
			n--
		}
	}
	return max(0, n)
}

func trailerTone(kind string) tone {
	switch kind {
	case "reviewed-by", "acked-by", "tested-by":
		return toneGood
	case "nacked-by":
		return toneBad
	}
	return toneCalm
}

func replyIcon(action string) string {
	switch action {
	case "ping":
		return "bell-ring"
	case "applied":
		return "git-merge"
	}
	return "message-square"
}

// replyClass indents an answer to an answer.
func replyClass(depth int) string {
	if depth <= 0 {
		return ""
	}
	return fmt.Sprintf("depth-%d", min(depth, 6))
}
