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
	Branch   string // that it is meant for; ""
	Author   string
	Ours     bool
	State    string // as series.State
	Reason   string
	Parts    int // patches of the newest revision
	Merged   int // of these
	LastSign When
	Posted   When
	Waiting  Waiting
	Broken   int // patches that no longer apply to the branch that they are meant for
}

// NeedsRebase is what the list of series can be narrowed to like to a state:
// patches no longer apply to the branch that they are meant for.
const NeedsRebase = "needs rebase"

// Waiting says who has to act on a series.
type Waiting struct {
	On    string // "us" or "them"; "" is nobody
	Words string // who that is and what for; ""
	Since When
}

// SeriesList is the list of series.
type SeriesList struct {
	Filter SeriesFilter
	Rows   []SeriesRow
	Pager  Pager
	States []string // to choose from
	Lists  []string // to choose from
	Any    bool     // whether there is any series at all
}

// A Series is one series with all its revisions.
type Series struct {
	SeriesRow
	Chart     ReviewChart
	Needs     []Needed
	Base      Link        // commit that it says it applies to; no text if it does not
	Over      []SeriesTie // by others, that go on with it
	From      []SeriesTie // by others, that it goes on with
	Siblings  []SeriesTie // with patches of the same changes
	Targets   []Target
	Revisions []Revision // newest first
	Decisions []Decision // newest first
	Forms     SeriesForms
}

// A SeriesTie is another series that this one has to do with.
type SeriesTie struct {
	SeriesRow
	Branch string // ""
	Key    string // of decisions about it
	Why    string // what it has to do with this one; ""
	Said   string // what a person decided of both: "join", "separate", ""
}

// A Needed is something that a series depends on.
type Needed struct {
	Kind   string     // change-id, message-id, patch-id
	Name   string     // of that kind
	Series *SeriesTie // nil where it is not here
}

// A Target is where a series is meant to go.
type Target struct {
	Kind  string // layer or project
	Where Link   // layer or project, with its branch
	Why   string // in words
}

// SeriesForms are the choices of those who decide about a series.
type SeriesForms struct {
	Subject string // key of its newest revision
	Closed  bool   // a person closed it
	Problem string // what was wrong with a form; ""
	Text    string // what is looked for to join with; ""
	Found   []SeriesTie
}

// A Revision is one sent revision, newest first in a series.
type Revision struct {
	Key      string // of decisions about it
	Version  int
	Title    string
	Author   string
	Posted   When
	Cover    string // message-id of the cover letter; ""
	Total    int    // patches that it announces
	Flaw     string // why it is not whole; ""
	RFC      bool
	Resend   bool
	State    string // as series.State; "" where it was not judged
	Reason   string
	Changed  Link   // what changed since the revision before; no Href if there is none
	Figures  string // "2 changed, 1 new"; ""
	Parts    []Part
	Replies  []Reply // to the cover or to the whole
	Trailers []Trailer
	Robots   []Reply // what robots say of it
	Lone     bool    // the only one: there is nothing to separate it from
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
	Flags     []Flag // of tests on the branch that it is meant for
}

// A Reply is one answer to a posting.
type Reply struct {
	MessageID string
	Subject   string
	From      string
	Action    string // "ping", "applied" or "other"
	At        When
	Depth     int // 0 answers the posted mail itself
	Signs     []Sign
}

// A Sign is what a mail means for the review.
type Sign struct {
	Kind string // as series.SignKind
	Text string // the words that say so; ""
	Bad  bool   // of a robot: something is wrong
}

// A Trailer is a review trailer of a reply.
type Trailer struct {
	Kind string // "reviewed-by"
	Name string
}

// Version is a revision as people write it.
func Version(n int) string {
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

// whose is who "us" is: of a series by others it is its author.
func (w Waiting) whose(ours bool) string {
	switch {
	case w.On == "us" && ours:
		return "us"
	case w.On == "us":
		return "its author"
	case w.On == "them" && ours:
		return "them"
	}
	return "others"
}

// tone warns where we are to act.
func (w Waiting) tone(ours bool) tone {
	if w.On == "us" && ours {
		return toneWarn
	}
	return toneCalm
}

// decideSeriesURL is where decisions about a series are sent.
func decideSeriesURL(id int64) string { return SeriesURL(id) + "/decisions" }

// needWords say what kind of name a dependency is known by.
func (n Needed) words() string { return "by " + n.Kind }

// replyClass indents an answer to an answer.
func replyClass(depth int) string {
	if depth <= 0 {
		return ""
	}
	return fmt.Sprintf("depth-%d", min(depth, 6))
}
