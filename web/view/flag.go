package view

import (
	"fmt"
	"math"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

// A Flag is what a test of a carried or posted patch against a version found.
type Flag struct {
	Where    Link   // the layer branch, the mail
	Role     string // as change.Flag has it
	Version  string
	Outcome  string
	Detail   string
	At       When   // commit time of the version
	Commit   Link   // that has the change, or that broke the patch; no text if there is none
	Since    string // first version with this outcome; ""
	SinceAt  When
	ThreeWay string // clean, conflict, ""
	Write    string // the command that writes the refreshed patch; ""
	Clone    string // what of the command's repository is a clone of; ""
	Hunks    []FlagHunk
	Likely   []Likelihood // of an outlook, the likeliest first
}

// A FlagHunk is what became of one hunk of a tested patch.
type FlagHunk struct {
	File    string
	Hunk    int // from 1 in each file; 0 for a change without hunks
	Outcome string
	Line    int    // from 1; 0 if unknown
	Blame   []Link // commits that touched these lines
}

// A Likelihood is how likely a patch that was not tested has an outcome.
type Likelihood struct {
	Outcome string
	Share   float64 // 0 to 1
}

// The limits of what one flag shows.
const (
	hunksShown = 40
	blameShown = 4
)

// A fate is what an outcome means for who carries the patch.
type fate int

const (
	fateUnknown fate = iota
	fateApplies      // nothing to do
	fateWork         // somebody has to look at it
	fateGo           // the file can go
)

func fateOf(outcome string) fate {
	switch outcome {
	case rebase.Applies, rebase.Offset, layer.PatchKept, layer.PatchOffsets:
		return fateApplies
	case rebase.Fuzz, rebase.Conflict, rebase.Gone, layer.PatchRefreshed:
		return fateWork
	case rebase.Merged, layer.PatchDropped:
		return fateGo
	}
	return fateUnknown
}

// outcomeTone is the colour of what a rebase test found.
func outcomeTone(outcome string) tone {
	switch outcome {
	case rebase.Applies, rebase.Offset, layer.PatchKept, layer.PatchOffsets:
		return toneGood
	case rebase.Merged, layer.PatchDropped:
		return toneWin
	case rebase.Fuzz:
		return toneLook
	case layer.PatchRefreshed:
		return toneWarn
	case rebase.Conflict, rebase.Gone:
		return toneBad
	}
	return toneCalm
}

func outcomeIcon(outcome string) string {
	switch outcome {
	case rebase.Applies, rebase.Offset, layer.PatchKept, layer.PatchOffsets:
		return "check"
	case rebase.Merged:
		return "git-merge"
	case layer.PatchDropped:
		return "scissors"
	case layer.PatchRefreshed:
		return "pencil-line"
	case rebase.Fuzz:
		return "circle-question-mark"
	case rebase.Conflict, rebase.Gone:
		return "git-merge-conflict"
	}
	return "circle-dashed"
}

// outcomeWords is what a rebase test found, for people who see it first.
func outcomeWords(outcome string) string {
	switch outcome {
	case rebase.Applies:
		return "applies as it is"
	case rebase.Offset:
		return "applies, at other lines"
	case rebase.Fuzz:
		return "applies where context differs: look at it"
	case rebase.Conflict:
		return "does not apply"
	case rebase.Merged:
		return "its lines are there already"
	case rebase.Gone:
		return "a file that it changes is gone"
	case rebase.UnappliedBefore:
		return "does not apply, nor did it to the version before"
	case rebase.Untried:
		return "could not be tried"
	}
	return outcome
}

// roleWords says which version a test was made on.
func roleWords(role string) string {
	switch role {
	case change.PinnedFlag:
		return "the version that the recipe has"
	case change.NewestFlag:
		return "the newest version"
	case change.BranchFlag:
		return "the branch that it is meant for, as it is now"
	case change.OutlookFlag:
		return "likely, not tested: source unknown"
	}
	return role
}

// word is the outcome as its badge has it.
func (f Flag) word() string {
	if f.Role == change.OutlookFlag {
		return "likely " + f.Outcome
	}
	return f.Outcome
}

// because stands before the commit of the flag.
func (f Flag) because() string {
	if f.Outcome == rebase.Merged {
		return "by"
	}
	return "because of"
}

// lead are the words before the version since when it is so.
func (f Flag) lead() string {
	if f.Since != "" && f.Since == f.Version {
		return "new in"
	}
	return "since"
}

// toLook are the hunks to show: those that do not apply come first where not
// all fit.
func (f Flag) toLook() []FlagHunk {
	if len(f.Hunks) <= hunksShown {
		return f.Hunks
	}
	var first, rest []FlagHunk
	for _, h := range f.Hunks {
		if fateOf(h.Outcome) == fateApplies {
			rest = append(rest, h)
		} else {
			first = append(first, h)
		}
	}
	return append(first, rest...)[:hunksShown]
}

// hunkWords sum up the hunks: "3 hunks: 2 applies, 1 conflict".
func (f Flag) hunkWords() string {
	counts, order := map[string]int{}, []string{}
	for _, h := range f.Hunks {
		if counts[h.Outcome] == 0 {
			order = append(order, h.Outcome)
		}
		counts[h.Outcome]++
	}
	if len(order) == 1 {
		return plural(len(f.Hunks), "hunk") + ": " + outcomeWords(order[0])
	}
	var words []string
	for _, o := range order {
		words = append(words, Count(counts[o])+" "+o)
	}
	return plural(len(f.Hunks), "hunk") + ": " + strings.Join(words, ", ")
}

// opens says whether the hunks are shown at once: where there is something to
// look at.
func (f Flag) opens() bool { return fateOf(f.Outcome) == fateWork }

// at is where a hunk belongs: "lib/xattr.c:120".
func (h FlagHunk) at() string {
	if h.Line > 0 {
		return fmt.Sprintf("%s:%d", h.File, h.Line)
	}
	return h.File
}

// threeWayWords say what a three-way merge makes of a patch that does not apply.
func threeWayWords(threeWay string) string {
	switch threeWay {
	case "clean":
		return "A three-way merge is clean: the refreshed patch can be written without a person."
	case "conflict":
		return "A three-way merge has conflicts, too: they can be written as a diff3 file to work on."
	}
	return ""
}

// percents are the likelihoods as whole percents that come to about 100.
func (f Flag) percents() []Slice {
	var out []Slice
	for _, l := range f.Likely {
		out = append(out, Slice{Tone: outcomeTone(l.Outcome), Word: l.Outcome, Count: int(math.Round(100 * min(1, max(0, l.Share))))})
	}
	return out
}

// NeedsWork says whether somebody has to look at the patch.
func (f Flag) NeedsWork() bool { return fateOf(f.Outcome) == fateWork }

// queueID is where a page has the queue of the nth layer.
func queueID(n int) string {
	if n == 0 {
		return "queue"
	}
	return fmt.Sprintf("queue-%d", n+1)
}

// Broken says whether the patch does not apply any more.
func (f Flag) Broken() bool { return f.Outcome == rebase.Conflict || f.Outcome == rebase.Gone }

// rebaseWords say how much of a series needs a rebase.
func (r SeriesRow) rebaseWords() string {
	if r.Parts <= 1 {
		return NeedsRebase
	}
	return fmt.Sprintf("%s: %d of %d", NeedsRebase, r.Broken, r.Parts)
}

// firstBroken is the first patch of the newest revision that does not apply any
// more to its branch, with the test that shows it.
func (v Series) firstBroken() (Part, Flag, bool) {
	if len(v.Revisions) == 0 {
		return Part{}, Flag{}, false
	}
	for _, p := range v.Revisions[0].Parts {
		for _, f := range p.Flags {
			if f.Broken() {
				return p, f, true
			}
		}
	}
	return Part{}, Flag{}, false
}
