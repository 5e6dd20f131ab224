package rebase

import (
	"bytes"
	"fmt"
	"math"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// A feature is one thing that the model may ask about.
type feature struct {
	name string
	say  func(x float64) string // what its value says, in words; nil or "": nothing that a person would look at
}

// unknownValue is the value of a feature of which nothing is known.
const unknownValue = -1

// is has words for a feature that holds.
func is(words string) func(float64) string {
	return func(x float64) string {
		if x > 0 {
			return words
		}
		return ""
	}
}

// count has words with a number.
func count(format string) func(float64) string {
	return func(x float64) string {
		if x < 0 {
			return ""
		}
		return fmt.Sprintf(format, int(math.Round(x)))
	}
}

// days has words for a time.
func days(format string) func(float64) string {
	return func(x float64) string {
		switch {
		case x < 0:
			return ""
		case x < 60:
			return fmt.Sprintf(format, fmt.Sprintf("%d days", int(x)))
		case x < 730:
			return fmt.Sprintf(format, fmt.Sprintf("%d months", int(x/30.4)))
		}
		return fmt.Sprintf(format, fmt.Sprintf("%d years", int(x/365)))
	}
}

// share has words for a part of a whole.
func share(format string) func(float64) string {
	return func(x float64) string {
		if x < 0 {
			return ""
		}
		return fmt.Sprintf(format, int(math.Round(100*x)))
	}
}

// features are what the model may ask, in the order of Step.features.
var features = []feature{
	{"backport", is("it says that it is a backport")},
	{"submitted", is("it says that it was submitted")},
	{"pending", is("it says that it waits to be submitted")},
	{"inappropriate", is("it says that it is not meant for upstream")},
	{"denied", is("upstream has denied it")},
	{"no status", is("it says nothing of upstream")},
	{"status: commit", is("its status names a commit")},
	{"status: link", is("its status names a link")},
	{"status: request", is("its status names a pull or merge request")},
	{"status: own", is("it is said to be for this build only")},
	{"status: merged words", is("its status says that it was taken")},
	{"status: length", nil},
	{"CVE", is("it mends a CVE")},
	{"named CVE", is("it is named after a CVE")},
	{"revert", is("it reverts something")},
	{"numbered", nil},
	{"from git", nil},
	{"cherry-picked", is("it was picked from a commit")},
	{"major", is("the step is a major one")},
	{"minor", is("the step is a minor one")},
	{"patch level", is("the step is at patch level")},
	{"revision", is("only the revision moves")},
	{"date", is("the versions are dates")},
	{"back", is("the step goes backwards")},
	{"step level", nil},
	{"step delta", count("the number moves by %d")},
	{"in the tree", nil},
	{"lines", count("it changes %d lines")},
	{"added share", nil},
	{"files", count("it touches %d files")},
	{"hunks", count("it has %d hunks")},
	{"new files only", is("it only adds files")},
	{"new files", nil},
	{"build files", share("%d %% of its files are for the build")},
	{"test files", share("%d %% of its files are tests")},
	{"code files", nil},
	{"deepest line", count("it reaches to line %d of a file")},
	{"header lines", nil},
	{"patch age", days("it was written %s before")},
	{"after last move", is("it is newer than the version that the recipe has")},
	{"carried for", days("it has been carried for %s")},
	{"since last move", days("the recipe moved %s ago")},
	{"survived", count("it has survived %d moves")},
	{"refreshed before", share("it was made anew at %d %% of the moves before")},
	{"anew at last", is("it was made anew at the last move")},
	{"recipe moves", nil},
	{"recipe refreshed", share("%d %% of the recipe's patches were made anew at moves before")},
	{"recipe dropped", share("%d %% of the recipe's patches were dropped at moves before")},
	{"last refreshed", share("%d %% of the recipe's patches were made anew at the last move")},
	{"last dropped", share("%d %% of the recipe's patches were dropped at the last move")},
	{"queue", count("the recipe has %d patches")},
	{"position", nil},
	{"deep version", nil},
	{"version mentioned", is("its header mentions the new version")},
	{"index lines", nil},
	{"sections", nil},
	{"wide context", nil},
	{"status: year", days("its status speaks of a date %s before")},
}

var (
	hexName     = regexp.MustCompile(`\b[0-9a-f]{10,40}\b`)
	requestLink = regexp.MustCompile(`(?i)/pull/|/merge_requests/|/\+/|pull request|github.com/\S+/issues|/msg|lore\.|lists?\.|mail`)
	ownWords    = regexp.MustCompile(`(?i)oe|embedded|cross|config|distro|upstream (does|won)|native|specific|build`)
	takenWords  = regexp.MustCompile(`(?i)merged|applied|accepted|upstreamed|master|in version|fixed in|since|will be|next release`)
	cveName     = regexp.MustCompile(`(?i)cve-?\d{4}`)
	buildName   = regexp.MustCompile(`(?i)(^|/)(configure(\.(ac|in))?|[^/]*makefile[^/]*|[^/]*\.mk|[^/]*\.m4|meson[^/]*|cmakelists\.txt|[^/]*\.cmake|setup\.(py|cfg)|pyproject\.toml|[^/]*\.(pc|pro|am|gyp|gypi)(\.in)?|sconstruct|wscript|build\.[a-z]+|cargo\.(toml|lock))$`)
	testName    = regexp.MustCompile(`(?i)(^|/)(tests?|testsuite|t|check)/|test[^/]*$`)
	codeName    = regexp.MustCompile(`(?i)\.(c|h|cc|cpp|hpp|cxx|py|rs|go|java|js|s)$`)
	yearName    = regexp.MustCompile(`\b20[0-3]\d-\d{2}-\d{2}\b`)
)

// features are the values of what the model may ask about.
func (s Step) features() []float64 {
	x := make([]float64, 0, len(features))
	x = s.ofStatus(x)
	x = s.ofStep(x)
	x = s.ofDiff(x)
	x = s.ofPast(x)
	return s.ofRest(x)
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (s Step) ofStatus(x []float64) []float64 {
	kind, detail := s.Status.Kind, s.Status.Detail
	for _, k := range []string{"Backport", "Submitted", "Pending", "Inappropriate", "Denied", ""} {
		x = append(x, flag(kind == k))
	}
	subject, from := "", ""
	if s.Patch != nil {
		subject, from = s.Patch.Subject, s.Patch.From
	}
	return append(x,
		flag(hexName.MatchString(detail)), flag(strings.Contains(detail, "://")), flag(requestLink.MatchString(detail)),
		flag(ownWords.MatchString(detail)), flag(takenWords.MatchString(detail)), float64(len(detail)),
		flag(bytes.Contains(s.head(), []byte("CVE: CVE")) || cveName.MatchString(subject)), flag(cveName.MatchString(s.Name)),
		flag(strings.HasPrefix(strings.ToLower(subject), "revert") || strings.Contains(strings.ToLower(s.Name), "revert")),
		flag(len(s.Name) > 4 && s.Name[0] == '0' && s.Name[4] == '-'), flag(from != ""),
		flag(bytes.Contains(s.head(), []byte("cherry picked from commit"))))
}

// head is the patch file above its diff.
func (s Step) head() []byte {
	if s.Patch == nil {
		return nil
	}
	return s.Data[:max(0, len(s.Data)-len(s.Patch.Diff))]
}

func (s Step) ofStep(x []float64) []float64 {
	step := stepOf(s.From, s.To)
	for _, w := range []string{stepMajor, stepMinor, stepPatch, stepRevision, stepDate, stepBack} {
		x = append(x, flag(step.word == w))
	}
	return append(x, float64(step.level), float64(step.delta), flag(s.Kind != "rename" && s.Kind != ""))
}

func (s Step) ofDiff(x []float64) []float64 {
	if s.Patch == nil || len(s.Patch.Files) == 0 {
		for range 11 {
			x = append(x, unknownValue)
		}
		return x
	}
	var added, removed, hunks, fresh, build, test, code, deepest int
	for _, f := range s.Patch.Files {
		name := f.Path()
		fresh, build, test, code = fresh+int(flag(f.Old == "")), build+int(flag(buildName.MatchString(name))), test+int(flag(testName.MatchString(name))), code+int(flag(codeName.MatchString(name)))
		hunks += len(f.Hunks)
		for _, h := range f.Hunks {
			deepest = max(deepest, h.OldStart)
			for _, l := range h.Lines {
				added, removed = added+int(flag(l.Op == '+')), removed+int(flag(l.Op == '-'))
			}
		}
	}
	files := float64(len(s.Patch.Files))
	return append(x, float64(added+removed), float64(added)/float64(max(1, added+removed)), files, float64(hunks),
		flag(fresh == len(s.Patch.Files)), float64(fresh), float64(build)/files, float64(test)/files, float64(code)/files,
		float64(deepest), float64(bytes.Count(s.head(), []byte("\n"))))
}

// daysTo is how long before at something was; unknown where it was not.
func daysTo(at, from time.Time) float64 {
	if from.IsZero() || at.IsZero() {
		return unknownValue
	}
	return max(0, math.Floor(at.Sub(from).Hours()/24))
}

func (s Step) ofPast(x []float64) []float64 {
	var written time.Time
	if s.Patch != nil {
		written = s.Patch.Date
	}
	p := s.Past
	anew := float64(unknownValue)
	if p.Moves > 0 {
		anew = float64(p.Refreshed) / float64(p.Moves)
	}
	x = append(x, daysTo(s.At, written), flag(!p.LastMove.IsZero() && written.After(p.LastMove)), daysTo(s.At, p.Since),
		daysTo(s.At, p.LastMove), float64(p.Moves), anew, flag(p.LastAnew), float64(p.Recipe))
	for _, n := range [][3]int{p.OfRecipe, p.LastRecipe} {
		total := n[0] + n[1] + n[2]
		if total == 0 {
			x = append(x, unknownValue, unknownValue)
			continue
		}
		x = append(x, float64(n[1])/float64(total), float64(n[2])/float64(total))
	}
	return x
}

func (s Step) ofRest(x []float64) []float64 {
	head := s.head()
	said := ""
	if v := strings.SplitN(s.To, "+", 2)[0]; len(v) > 2 {
		said = v
	}
	index, sections, context, hunks := 0, 0, 0, 0
	if s.Patch != nil {
		for _, f := range s.Patch.Files {
			index += int(flag(f.OldBlob != ""))
			for _, h := range f.Hunks {
				hunks++
				sections += int(flag(h.Section != ""))
				for _, l := range h.Lines {
					context += int(flag(l.Op == ' '))
				}
			}
		}
	}
	spoken := float64(unknownValue)
	if d := yearName.FindString(s.Status.Detail); d != "" {
		if t, err := time.Parse(time.DateOnly, d); err == nil {
			spoken = daysTo(s.At, t)
		}
	}
	return append(x, float64(s.Queue), float64(s.Position), float64(len(numbers(s.From))),
		flag(said != "" && bytes.Contains(head, []byte(said))), flag(index > 0), flag(sections > 0),
		float64(context)/float64(max(1, hunks)), spoken)
}

// stem is the name of a patch file without number and suffix, by which it is
// known again after others were dropped.
func stem(name string) string {
	name = strings.TrimSuffix(strings.TrimSuffix(path.Base(name), ".patch"), ".diff")
	if i := strings.IndexByte(name, '-'); i > 0 && i <= 4 && strings.Trim(name[:i], "0123456789") == "" {
		name = name[i+1:]
	}
	return name
}

// sameChange says whether two texts of a patch differ in header or name only.
func sameChange(a, b *patch.Patch) bool {
	return a != nil && b != nil && bytes.Equal(a.Diff, b.Diff)
}
