package view

import (
	"fmt"

	"github.com/upstreamd/upstreamd/internal/change"
)

// A Change is one change: where it was seen, what that shows, what is next.
type Change struct {
	ID        int64
	Title     string
	Ours      bool
	Recipe    string // PN; ""
	Journey   []Step
	Standings []Standing
	Seen      []Sighting // oldest first
	Evidence  []Evidence // best first
	Looked    []string   // projects that were searched without finding it
	Unread    []string   // what could not be searched for, with the reason
	Claims    []Claim
	Flags     []Flag
	Decisions []Decision // newest first
	Forms     Forms
}

// A Step is one of the steps from a local patch to one that can be dropped.
type Step struct {
	Word, Icon string
	Reached    bool
	At         When
	Note       string // "v2", "v1.8", "v1.7, as pinned"
}

// A Standing is the change in one layer branch, or at one upstream.
type Standing struct {
	Place  string
	Local  bool
	Status change.Status
	Reason string
	Action change.Action
	Why    string
	Owner  string
	Since  When
	Until  When // when the clock alone may change it; a zero At is never
}

// A Sighting is one place where the change was seen.
type Sighting struct {
	Kind    change.Kind
	Where   Link   // "meta-product@main", "linux-fs", "erofs-utils"
	What    Link   // the patch file, the mail, the commit
	Code    bool   // whether What is a path or hash
	Subject string // where it differs from the change's title; ""
	Author  string
	Note    string // in words
	At      When
}

// Evidence is what speaks for one commit being the change.
type Evidence struct {
	Project    string
	Commit     string // full hash
	Key        string // of the commit, for decisions
	Subject    string
	Author     string
	At         When
	RevertedBy string // hash; ""
	Queued     bool
	Branches   []string
	Tags       []string // oldest version first
	Matches    []Match  // best first
	Said       string   // what a person decided about it, with name and date; ""
	Confirmed  bool     // that decision is yes
	Rejected   bool     // that decision is no
	Compared   *Comparison
	WhyNot     string // why there is no comparison; ""
}

// A Match is how like one sighting is to the commit.
type Match struct {
	Sighting   string // key, for decisions
	Where      string // in words
	Verdict    change.Verdict
	Confidence float64
	Method     string
	Points     []change.Evidence
}

// A Claim is what a file or a mail says of the change.
type Claim struct {
	Says  string // "Submitted [https://...]", "Upstream-Status missing"
	Where Link   // the file or mail that says so
	At    When
}

// A Flag is what a test of the carried patch against a version found.
type Flag struct {
	Where   string // the layer branch
	Role    string // "pinned", "newest"
	Version string
	Outcome string
	Detail  string
	At      When
}

// A Decision is what one person said at one moment.
type Decision struct {
	Words string // "said that commit 1234 of zlib is the same change"
	Note  string
	By    string
	At    When
}

// Forms are the choices of the forms in which a person decides.
type Forms struct {
	Subject  string   // key of the sighting that decisions are about; "" leaves the forms out
	Owner    string   // who a person said owns it; ""
	People   []string // who can own it
	Projects []string // where a commit can be
	Closed   bool     // a person closed it: it can be reopened
	Problem  string   // why the last form was refused; ""
}

// bestVerdict is the verdict of the best match.
func (e Evidence) bestVerdict() change.Verdict {
	if len(e.Matches) == 0 {
		return change.None
	}
	return e.Matches[0].Verdict
}

// headline says what the evidence amounts to.
func (e Evidence) headline() string {
	switch {
	case e.Confirmed:
		return "is the same change"
	case e.Rejected:
		return "is another change"
	case e.bestVerdict() == change.Merged:
		return "is the same change"
	case e.bestVerdict() == change.Probable:
		return "is probably the same change"
	}
	return "is not the same change"
}

// tone is the colour of the evidence.
func (e Evidence) tone() tone {
	switch {
	case e.Rejected:
		return toneDone
	case e.Confirmed:
		return toneGood
	case e.RevertedBy != "":
		return toneBad
	}
	return verdictTone(e.bestVerdict())
}

// subject is the sighting that a decision about the evidence is about.
func (e Evidence) subject() string {
	if len(e.Matches) == 0 {
		return ""
	}
	return e.Matches[0].Sighting
}

// reach says where the commit can be had.
func (e Evidence) reach() string {
	switch {
	case e.Queued:
		return "on a staging branch only"
	case len(e.Tags) > 0:
		return "first released in " + e.Tags[0]
	case len(e.Branches) > 0:
		return "in no release yet"
	}
	return ""
}

func percent(share float64) string {
	switch {
	case share >= 0.995 && share < 1:
		return "99 %" // never quite sure
	case share > 0 && share < 0.005:
		return "1 %"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// evidenceWords is a kind of evidence as people say it.
func evidenceWords(kind string) string {
	switch kind {
	case "lines":
		return "changed lines"
	case "order":
		return "their order"
	case "context":
		return "lines around"
	case "cited":
		return "named origin"
	}
	return kind
}

// counted says how much two sides share.
func (c Comparison) counted() string {
	total := c.Same + c.OnlyLeft
	words := fmt.Sprintf("%s of %s on the left are on the right", Count(c.Same), plural(total, "changed line"))
	if c.OnlyRight > 0 {
		words += fmt.Sprintf("; the right has %s more", Count(c.OnlyRight))
	}
	return words
}
