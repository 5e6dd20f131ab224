package view

import (
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
	Alike     []Alike
	Looked    []string // projects that were searched without finding it
	Unread    []string // what could not be searched for, with the reason
	Carried   []CarriedFact
	Claims    []Claim
	Flags     []Flag
	Decisions []Decision // newest first
	Forms     Forms
}

// A CarriedFact is what a layer knows of carrying the change.
type CarriedFact struct {
	Where Link // "meta-product@main"
	PatchFacts
	Added When
	Plan  string // what the file says in free text of its way upstream; ""
	Check CheckRow
	Fork  Link // of a forked recipe: the page of both sides; ""
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
	Compare Link // with what was seen before it; "" if there is nothing
}

// Alike says why two sightings are taken for one change.
type Alike struct {
	A, B    Link   // where they were seen
	Words   string // "the same changed lines"
	Same    bool   // it is the same change, not only near it
	Points  []Point
	Compare string // the page that shows both
}

// A Claim is what a file or a mail says of the change.
type Claim struct {
	Says  string // "Submitted [https://...]", "Upstream-Status missing"
	Where Link   // the file or mail that says so
	At    When
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
