// Package change holds the idea that carries the program: a change is one
// modification that the team wants upstream, seen in several places, and what
// is to be done about it follows from what was seen by pure rules.
//
// The nouns, in the order in which they are met: a [Sighting] is one place
// where a change was seen; a [Match] says that a sighting and a commit, or two
// sightings, are the same change, with the evidence; a [Claim] is what a file
// or a mail says about it; a [Decision] is what a person said, and always
// wins; a [Flag] is what a rebase test found; a [Standing] is one change in
// one local layer branch, or at one upstream. [Judge] derives the [Status] and
// the next [Action] of a standing from all of these and the clock.
//
// The package knows no SQL, no git and no mail: only values and rules.
package change

import (
	"errors"
	"time"
)

// ErrNotFound means that no such change is known.
var ErrNotFound = errors.New("change not found")

// A Change is one modification that the team wants upstream, or that somebody
// posted to a list that the team watches.
type Change struct {
	ID    int64
	Title string // the subject of its newest sighting
	Ours  bool   // carried by a local layer, posted by the team, or said to be ours
}

// A Kind says where a sighting was made.
type Kind string

// The kinds of sightings.
const (
	Carried   Kind = "carried"   // a patch file of a recipe in a local layer
	Posted    Kind = "posted"    // patch i of one sent revision of a series
	Committed Kind = "committed" // a commit on a branch of an upstream repository
	Queued    Kind = "queued"    // the same on a staging branch
	Dropped   Kind = "dropped"   // a local layer does not carry it any more
	// Offered is a patch file that a patch posted to a layer's list adds or
	// edits: somebody wants the layer to carry it. That is no posting to the
	// project it is meant for.
	Offered Kind = "offered"
	// Elsewhere is a patch file that an upstream layer carries, or once carried.
	Elsewhere Kind = "elsewhere"
)

// A Sighting is one place where a change was seen.
type Sighting struct {
	ID       int64
	ChangeID int64
	Kind     Kind
	Key      string // natural key, see [CarriedKey], [PostedKey], [OfferedKey], [ElsewhereKey], [CommitKey]
	Source   string // name of the layer, list or project
	Branch   string // of the layer, or the branch that the posting is meant for; ""
	Path     string // of the patch file in the layer; ""
	Recipe   string // PN; ""
	Subject  string
	Author   string    // address, lower case; ""
	At       time.Time // when it was added, posted or committed; zero if not known
	Note     string    // in words: "zlib 1.2.11, third of 4 patches"
}

// CarriedKey is the natural key of a patch file in a layer branch. It stays
// the same when the file is edited.
func CarriedKey(layer, branch, path string) string {
	return "carried:" + layer + "@" + branch + ":" + path
}

// PostedKey is the natural key of a posted patch.
func PostedKey(messageID string) string { return "posted:" + messageID }

// OfferedKey is the natural key of a patch file in a posted patch.
func OfferedKey(messageID, path string) string { return "offered:" + messageID + ":" + path }

// ElsewhereKey is the natural key of a patch file of an upstream layer branch,
// whatever version of it.
func ElsewhereKey(layer, branch, path string) string {
	return "elsewhere:" + layer + "@" + branch + ":" + path
}

// DuplicateKey is the key of what a local layer has and another layer has, too.
// Name is the PN of recipes and appends, else the path: it stays the same when
// either side moves to another version.
func DuplicateKey(kind, layer, name, other string) string {
	return "duplicate:" + kind + ":" + layer + ":" + other + ":" + name
}

// RecipeVerdicts are what people can say of a duplicated recipe: cover_status of
// layerindex-web's comparison with other distributions.
func RecipeVerdicts() []string {
	return []string{
		"Direct match", "Equivalent", "Provided (BBCLASSEXTEND)", "Provided (PACKAGECONFIG)", "Replaced", "Distro-specific",
		"Obsolete", "Not available",
	}
}

// PatchVerdicts are what people can say of a duplicated patch file:
// PatchDisposition of layerindex-web.
func PatchVerdicts() []string {
	return []string{"Apply", "Further review", "Existing", "Not needed", "Different version", "Invalid"}
}

// CommitKey is the natural key of a commit of a project.
func CommitKey(project, hash string) string { return "commit:" + project + ":" + hash }

// A Verdict says how sure a match is.
type Verdict string

// The verdicts, as in the match command.
const (
	Merged   Verdict = "merged"   // a person need not look
	Probable Verdict = "probable" // a person should confirm
	None     Verdict = "none"
)

// Evidence is one thing that speaks for or against a match.
type Evidence struct {
	Kind   string  `json:"kind"`
	Score  float64 `json:"score"`  // 0..1, 1 = agrees wholly
	Weight float64 `json:"weight"` // log-odds: > 0 speaks for it, < 0 against, 0 is only told
	Detail string  `json:"detail"` // in words a person can check
}

// A Match is the answer of the matching engine for one sighting in one
// upstream repository. Verdict None is kept too: it says that one has looked.
type Match struct {
	Sighting   string // key
	Project    string // name of the upstream source
	Tips       string // fingerprint of the project's tips that were searched
	Verdict    Verdict
	Commit     string   // full hash; "" with None
	Commits    []string // all that hold the change, Commit first; several if it landed in pieces
	Confidence float64
	Method     string
	Subject    string    // of the commit
	Author     string    // of the commit, "Name <address>"
	CommitTime time.Time // of the commit
	RevertedBy string    // hash; "" if it stands
	Queued     bool      // reachable from staging branches only
	Branches   []string  // that contain the commit
	Tags       []string  // that contain it, oldest version first
	Evidence   []Evidence
}

// FirstTag is the oldest tag that contains the commit, or "".
func (m Match) FirstTag() string {
	if len(m.Tags) == 0 {
		return ""
	}
	return m.Tags[0]
}

// A Likeness says why two sightings are taken for one change.
type Likeness struct {
	A, B     string // keys of the sightings, the smaller first
	Same     string // "identical", "patch-id", "changes", "near"; "title" where no diffs could be compared
	Score    float64
	Evidence []Evidence
}

// A Claim is what a file or a mail says about a change: shown beside the
// evidence, never a fact.
type Claim struct {
	Sighting string // key
	Kind     string // the Upstream-Status word, "missing", "malformed", or "applied" for a mail
	Detail   string // the rest of the line; the name of who claims for a mail
	At       time.Time
}

// A DecisionKind is what a person can decide.
type DecisionKind string

// The decisions. Subject is always a sighting's key.
const (
	Confirm       DecisionKind = "confirm"        // Object: the commit key that the sighting is the same change as
	Reject        DecisionKind = "reject"         // Object: the commit key that it is not
	Link          DecisionKind = "link"           // Object: another sighting's key, or a commit key found by hand
	Own           DecisionKind = "own"            // Object: name of the person who owns it; "" takes it back
	IsOurs        DecisionKind = "ours"           // a posting by somebody else is ours
	Replaced      DecisionKind = "replaced"       // upstream solved it otherwise; Note says by what
	Rejected      DecisionKind = "rejected"       // upstream will not take it
	NeverUpstream DecisionKind = "never-upstream" // not meant for upstream; Note says why
	Reopen        DecisionKind = "reopen"         // takes back replaced, rejected, never-upstream and abandoned
	// About a series. The subject is the [PostedKey] of any mail of one of its
	// postings, cover letters too; a newer decision about the same two wins.
	Join      DecisionKind = "join"      // Object: PostedKey of a mail of another posting: both are one series
	Separate  DecisionKind = "separate"  // Object: the same: they are not
	NotOurs   DecisionKind = "not-ours"  // takes back ours, or says that it only looks so
	Abandoned DecisionKind = "abandoned" // nobody goes on with it; Note says why
	// About a duplicate. The subject is a [DuplicateKey], Object one of
	// [RecipeVerdicts] or [PatchVerdicts], "" takes the verdict back.
	Disposition DecisionKind = "disposition"
)

// A Decision is what one person said at one moment. Decisions are appended,
// never edited: of those of one family about one thing the newest wins.
type Decision struct {
	ID      int64
	Kind    DecisionKind
	Subject string
	Object  string
	Note    string
	By      string // name of the account
	At      time.Time
}

// The roles of flags: which version a patch was tried on.
const (
	PinnedFlag  = "pinned"  // the version that the recipe has
	NewestFlag  = "newest"  // the newest release of the project
	BranchFlag  = "branch"  // the branch that a posting is meant for, as it is now
	OutlookFlag = "outlook" // no source to try it on: what such patches mostly become at such a step
)

// A Flag is what a test of a carried or posted patch against a version of its
// project found.
type Flag struct {
	Sighting string    // key of the carried or posted patch
	Role     string    // one of the roles
	Version  string    // PV, tag or branch as shown
	Outcome  string    // as in the rebase command: applies, offset, fuzz, conflict, merged, gone, unapplied-before; of an outlook: kept, refreshed, dropped
	Detail   string    // file and line, and the commits that touched it
	At       time.Time // commit time of the version
	Commit   string    // hash of the commit that has the change, or that broke the patch first; ""
	Since    string    // first version with this outcome; "" where it is not known
	SinceAt  time.Time // commit time of that version or of Commit; zero
	ThreeWay string    // clean, conflict, or ""
}
