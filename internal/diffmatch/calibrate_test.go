//go:build calibrate

package diffmatch

import (
	"context"
	flags "flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

var write = flags.Bool("write", false, "write weights.go")

// Calibration. The weights are fitted to labelled patches in the format of the
// corpus, the candidates of each being the examples. Each patch that is merged
// counts once more with its own commits taken out of the history: what is then
// most like it are siblings, follow-ups and other attempts. So are some commits
// of each repository, as patches looked for in the history before them.
const (
	ridge     = 0.2 // of the weights; chosen by the figures of projects left out
	cutWeight = 0.3 // of the examples without the own commits, as they are less usual than others
	perPatch  = 10  // candidates of a patch that are examples
)

// A sample is a labelled patch with its candidates.
type sample struct {
	labelled
	cut      bool // its own commits are taken out
	diffOnly bool
	list     []candidate
	right    []bool
	lines    [][]float64 // features by candidate
	whole    [][]float64
}

// TestCalibrate fits the models and prints what they reach on projects that
// they were not fitted to.
func TestCalibrate(t *testing.T) {
	samples := readSamples(t, corpus(t))
	repos := map[string]bool{}
	for _, s := range samples {
		repos[s.Repo] = true
	}
	// First scores from models that know nothing of a sample's project, then
	// limits that know nothing of it either.
	for repo := range repos {
		lines, whole := fitModels(samples, func(s *sample) bool { return s.Repo != repo })
		for _, s := range samples {
			if s.Repo == repo {
				s.score(lines, whole)
			}
		}
	}
	var table score
	for _, repo := range slices.Sorted(maps.Keys(repos)) {
		limits = fitLimits(samples, func(s *sample) bool { return s.Repo != repo })
		for _, s := range samples {
			if s.Repo == repo {
				table.add(s)
			}
		}
	}
	table.print(os.Stdout)
	limits = fitLimits(samples, func(*sample) bool { return true })
	lines, whole := fitModels(samples, func(*sample) bool { return true })
	if *write {
		if err := os.WriteFile("weights.go", []byte(generated(samples, lines, whole, len(repos))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// readSamples looks for every labelled patch, with and without its header.
func readSamples(t *testing.T, dir string) []*sample {
	views := map[string]*View{}
	indexes := map[string]*Index{}
	var samples []*sample
	g := errgroup.Group{}
	g.SetLimit(3)
	for _, e := range truth(t, dir) {
		key := e.Repo + " " + e.Rev
		if indexes[e.Repo] == nil {
			repo, err := git.OpenAny(context.Background(), filepath.Join(dir, "repos", e.Repo+".bundle"), filepath.Join(os.TempDir(), "upstreamd-calibrate"))
			if err != nil {
				t.Fatal(err)
			}
			if indexes[e.Repo], err = Open(context.Background(), repo, "", nil); err != nil {
				t.Fatal(err)
			}
		}
		if views[key] == nil {
			views[key] = view(t, indexes[e.Repo], e.Rev)
		}
		b, err := os.ReadFile(filepath.Join(dir, "diffmatch", e.Path))
		if err != nil {
			t.Fatal(err)
		}
		p, err := patch.Parse(b)
		if err != nil {
			t.Logf("%s: %v", e.ID, err)
			continue
		}
		for _, diffOnly := range []bool{false, true} {
			pair := []*sample{{labelled: e, diffOnly: diffOnly}, {labelled: e, diffOnly: diffOnly, cut: true}}
			if e.Kind == "negative" {
				pair = pair[:1]
			}
			samples = append(samples, pair...)
			g.Go(func() error {
				return views[key].sample(p, pair)
			})
		}
	}
	for _, repo := range slices.Sorted(maps.Keys(indexes)) {
		samples = append(samples, readBefore(t, repo, indexes[repo], &g)...)
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	return samples
}

// readBefore takes commits of a repository as patches that are to be merged
// into the history before them: what is found there is not it.
func readBefore(t *testing.T, name string, x *Index, g *errgroup.Group) (samples []*sample) {
	const most = 250
	var commits []*git.Commit
	all := 0
	err := x.repo.Log(context.Background(), git.LogQuery{Diff: true}, func(c *git.Commit) error {
		if all++; len(c.Parents) == 1 && len(c.Diff) > 0 && len(c.Diff) < 100_000 {
			commits = append(commits, c)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(commits); i += max(1, len(commits)/most) {
		c := commits[i]
		files, err := patch.ParseDiff(c.Diff)
		if err != nil {
			continue
		}
		p := &patch.Patch{
			Subject: c.Subject, Body: c.Body, Author: patch.Person{Name: c.Author.Name, Email: c.Author.Email}, Date: c.AuthorTime,
			Files: files, Diff: c.Diff,
		}
		e := labelled{ID: c.Hash[:12], Repo: name, Kind: "negative", Stratum: "before"}
		for _, diffOnly := range []bool{false, true} {
			s := &sample{labelled: e, diffOnly: diffOnly}
			samples = append(samples, s)
			g.Go(func() error {
				v, err := x.Within(context.Background(), c.Parents[0])
				if err != nil {
					return err
				}
				return v.sample(p, []*sample{s})
			})
		}
	}
	return samples
}

// sample fills in the candidates of a patch.
func (v *View) sample(p *patch.Patch, pair []*sample) error {
	q := newProbe(p, Options{DiffOnly: pair[0].diffOnly})
	found := v.candidates(q)
	setRivals(found)
	var closer []*candidate
	for i := range found {
		closer = append(closer, &found[i])
	}
	slices.SortStableFunc(closer, func(a, b *candidate) int { // no score yet: it is to be fitted
		return cmpFloat(b.likeness()+b.headers(), a.likeness()+a.headers())
	})
	closer = closer[:min(len(closer), perPatch)]
	if err := v.lookCloser(context.Background(), &q, closer); err != nil {
		return err
	}
	for _, s := range pair {
		for _, c := range closer {
			right := slices.Contains(s.Targets, v.name(c.row))
			if right && s.cut {
				continue
			}
			one := *c
			one.found = nil
			s.list, s.right = append(s.list, one), append(s.right, right)
		}
		setRivals(s.list)
		for i := range s.list {
			s.lines = append(s.lines, values(&s.list[i], lineFeatures))
			s.whole = append(s.whole, append(values(&s.list[i], lineFeatures), values(&s.list[i], headFeatures)...))
		}
	}
	return nil
}

func values(c *candidate, features []feature) []float64 {
	list := make([]float64, len(features))
	for i := range features {
		list[i] = features[i].of(c)
	}
	return list
}

// hard says whether a sample is one that labels would seldom give.
func (s *sample) hard() bool { return s.cut || s.Stratum == "before" }

// headed says whether a sample is judged by more than its lines.
func (s *sample) headed() bool { return !s.diffOnly && len(s.list) > 0 && s.list[0].headed() }

// fitModels fits both models to some samples.
func fitModels(samples []*sample, of func(*sample) bool) (lines, whole *regression) {
	var byLines, byAll []example
	for _, s := range samples {
		if !of(s) {
			continue
		}
		weight := 1.0
		if s.hard() {
			weight = cutWeight
		}
		for i := range s.list {
			switch {
			case s.diffOnly:
				byLines = append(byLines, example{s.lines[i], s.right[i], weight})
			case s.headed():
				byAll = append(byAll, example{s.whole[i], s.right[i], weight})
			}
		}
	}
	return fitLogistic(byLines, ridge), fitLogistic(byAll, ridge)
}

// score gives all candidates their scores.
func (s *sample) score(lines, whole *regression) {
	for i := range s.list {
		c := &s.list[i]
		c.lines = lines.score(s.lines[i])
		c.all = c.lines
		if s.headed() {
			c.all = whole.score(s.whole[i])
		}
	}
}

// fitLimits finds the limits: merged where hardly anything passes that is not
// the own commit, probable where few of those do that are not merged yet. As the
// rules keep out much of it besides, few examples are left, and no limit for
// merged is far below even odds.
func fitLimits(samples []*sample, of func(*sample) bool) limitSet {
	var wrong struct{ merged, lines, only, probable, onlyProbable []float64 }
	hard, unmerged := 0, 0 // samples
	for _, s := range samples {
		if !of(s) {
			continue
		}
		unmergedYet := s.Stratum == "not-yet-merged"
		if s.hard() && !s.diffOnly {
			hard++
		}
		if unmergedYet && !s.diffOnly {
			unmerged++
		}
		var merged, lines, only, probable = math.Inf(-1), math.Inf(-1), math.Inf(-1), math.Inf(-1)
		for i := range s.list {
			c := &s.list[i]
			switch {
			case s.right[i] || c.patchID:
			case !s.headed():
				if c.placed() || unmergedYet {
					only = max(only, c.lines)
				}
			default:
				if c.shown() {
					merged = max(merged, c.all-c.doubt())
				}
				if !c.reworked() && c.placed() {
					lines = max(lines, c.lines)
				}
				if c.touched() {
					probable = max(probable, c.all-c.doubt()/4)
				}
			}
		}
		if s.hard() {
			wrong.merged = append(wrong.merged, merged)
			wrong.lines = append(wrong.lines, lines)
			wrong.only = append(wrong.only, only)
		} else if unmergedYet {
			wrong.probable = append(wrong.probable, probable)
			wrong.onlyProbable = append(wrong.onlyProbable, only)
		}
	}
	l := limitSet{
		merged:            max(passing(wrong.merged, hard*3/1000), -0.7),
		linesMerged:       max(passing(wrong.lines, hard*2/1000), 0.7),
		linesOnly:         max(passing(wrong.only, hard*6/1000), 0.15),
		probable:          passing(wrong.probable, unmerged*5/1000),
		linesOnlyProbable: passing(wrong.onlyProbable, unmerged*8/1000),
	}
	l.linesProbable = l.linesOnlyProbable + 1.5
	l.slope, l.level = 1, 3
	limits = l
	var tops []example
	for _, s := range samples {
		if j, right := s.best(); of(s) && !s.hard() && j.candidate != nil {
			tops = append(tops, example{[]float64{j.above()}, right, 1})
		}
	}
	f := fitLogistic(tops, 0.01)
	l.slope, l.level = f.weights[0], f.intercept
	return l
}

// passing is the lowest limit that no more than n scores pass.
func passing(scores []float64, n int) float64 {
	slices.SortFunc(scores, func(a, b float64) int { return cmpFloat(b, a) })
	return math.Round(100*(scores[min(n, len(scores)-1)]+0.005))/100 + 0.01
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// best is the candidate that would be answered.
func (s *sample) best() (best judged, right bool) {
	list := order(s.list)
	if len(list) == 0 {
		return judged{verdict: None}, false
	}
	best = list[0]
	best.unsure(list[1:])
	return best, s.right[slices.IndexFunc(s.list, func(c candidate) bool { return c.row == best.row })]
}

// generated is the text of weights.go.
func generated(samples []*sample, lines, whole *regression, repos int) string {
	var b strings.Builder
	patches := map[string]bool{}
	for _, s := range samples {
		patches[s.ID] = true
	}
	fmt.Fprintf(&b, "// Code generated by make calibrate; DO NOT EDIT.\n\npackage diffmatch\n\n")
	fmt.Fprintf(&b, "// Fitted to %d labelled patches of %d projects: see docs/matching.md.\n\n", len(patches), repos)
	for _, m := range []struct {
		name, doc string
		f         *regression
		features  []feature
		values    func(s *sample, i int) ([]float64, bool)
	}{
		{"lineModel", "judges by lines alone", lines, lineFeatures, func(s *sample, i int) ([]float64, bool) { return s.lines[i], s.diffOnly }},
		{"wholeModel", "judges by all that patch and commit say", whole, append(slices.Clone(lineFeatures), headFeatures...),
			func(s *sample, i int) ([]float64, bool) { return s.whole[i], s.headed() }},
	} {
		even := evens(samples, len(m.features), m.values)
		fmt.Fprintf(&b, "// %s %s.\nvar %s = model{\n\tintercept: %.3f,\n\tterms: map[string]term{\n", m.name, m.doc, m.name, m.f.intercept)
		for i, f := range m.features {
			fmt.Fprintf(&b, "\t\t%-28s {%.3f, %.3f},\n", fmt.Sprintf("%q:", f.name), m.f.weights[i], even[i])
		}
		fmt.Fprintf(&b, "\t},\n}\n\n")
	}
	fmt.Fprintf(&b, "// limits are the scores that verdicts need.\nvar limits = limitSet{\n\tmerged: %.2f, probable: %.2f,\n\tlinesMerged: %.2f, linesProbable: %.2f,\n\tlinesOnly: %.2f, linesOnlyProbable: %.2f,\n\tslope: %.2f, level: %.2f,\n}\n",
		limits.merged, limits.probable, limits.linesMerged, limits.linesProbable, limits.linesOnly, limits.linesOnlyProbable, limits.slope, limits.level)
	return b.String()
}

// evens is for each feature the middle between what right candidates have on
// average and what the best wrong one of each patch has.
func evens(samples []*sample, n int, values func(s *sample, i int) ([]float64, bool)) []float64 {
	var sum [2][]float64
	var count [2]float64
	for k := range sum {
		sum[k] = make([]float64, n)
	}
	for _, s := range samples {
		wrong := false
		for i := range s.list {
			x, ok := values(s, i)
			if !ok || !s.right[i] && wrong {
				continue
			}
			k := 0
			if s.right[i] {
				k = 1
			} else {
				wrong = true
			}
			count[k]++
			for j, v := range x {
				sum[k][j] += v
			}
		}
	}
	even := make([]float64, n)
	for j := range even {
		even[j] = (sum[0][j]/count[0] + sum[1][j]/count[1]) / 2
	}
	return even
}
