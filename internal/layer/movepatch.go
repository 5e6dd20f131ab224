package layer

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// samePatch is the part of changed lines that two patch files of other names
// share if they are one.
const samePatch = 0.7

// matchPatches says what became of the patch files of a recipe. Files are
// matched one to one: of one name, of one content, of one name but for its
// number, and else those that change the same lines, the most alike first.
func (b *blobs) matchPatches(before, after []patchFile) (out []PatchMove) {
	partner := make([]int, len(before))
	taken := make([]bool, len(after))
	for i := range partner {
		partner[i] = -1
	}
	pair := func(same func(x, y patchFile) bool) {
		for i, x := range before {
			for j, y := range after {
				if partner[i] < 0 && !taken[j] && same(x, y) {
					partner[i], taken[j] = j, true
				}
			}
		}
	}
	pair(func(x, y patchFile) bool { return x.path == y.path })
	pair(func(x, y patchFile) bool { return x.blob == y.blob && path.Base(x.path) == path.Base(y.path) })
	pair(func(x, y patchFile) bool { return x.blob == y.blob })
	pair(func(x, y patchFile) bool { return path.Base(x.path) == path.Base(y.path) })
	pair(func(x, y patchFile) bool { return unnumbered(x.path) == unnumbered(y.path) })
	b.pairAlike(before, after, partner, taken)
	for i, x := range before {
		p := PatchMove{Name: path.Base(x.path), Outcome: PatchDropped, BlobBefore: x.blob}
		if j := partner[i]; j >= 0 {
			p.Name, p.Blob = path.Base(after[j].path), after[j].blob
			p.Outcome = b.outcome(x.blob, p.Blob)
		}
		out = append(out, p)
	}
	for j, y := range after {
		if !taken[j] {
			out = append(out, PatchMove{Name: path.Base(y.path), Outcome: PatchAdded, Blob: y.blob})
		}
	}
	return out
}

// pairAlike pairs those that are left by what they change.
func (b *blobs) pairAlike(before, after []patchFile, partner []int, taken []bool) {
	const most = 60 // of each side, so that what is compared stays small
	lines := func(list []patchFile, free func(int) bool) map[int][]uint64 {
		sets := map[int][]uint64{}
		for i, f := range list {
			if free(i) && len(sets) < most {
				if p, err := patch.Parse(b.data(f.blob)); err == nil {
					sets[i] = linesOf(p).set
				}
			}
		}
		return sets
	}
	y := lines(after, func(j int) bool { return !taken[j] })
	if len(y) == 0 {
		return
	}
	x := lines(before, func(i int) bool { return partner[i] < 0 })
	type like struct {
		i, j int
		much float64
	}
	var all []like
	for i := range before {
		for j := range after {
			if len(x[i]) > 0 && len(y[j]) > 0 {
				if much := jaccard(x[i], y[j]); much >= samePatch {
					all = append(all, like{i, j, much})
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b like) int {
		if a.much > b.much {
			return -1
		} else if a.much < b.much {
			return 1
		}
		return 0
	})
	for _, l := range all {
		if partner[l.i] < 0 && !taken[l.j] {
			partner[l.i], taken[l.j] = l.j, true
		}
	}
}

// outcome is what turned one version of a patch file into another. What stands
// above and below the diff, and blobs in it, do not count.
func (b *blobs) outcome(old, new string) string {
	if old == new {
		return PatchKept
	}
	x, y := hunksOf(b.data(old)), hunksOf(b.data(new))
	switch {
	case x == nil || y == nil:
		return PatchRefreshed
	case slices.Equal(x.text, y.text) && slices.Equal(x.places, y.places):
		return PatchKept
	case slices.Equal(x.text, y.text):
		return PatchOffsets
	}
	return PatchRefreshed
}

// hunks are the lines of all hunks of a patch file, and where these are.
type hunks struct {
	text   []string
	places [][4]int
}

// hunksOf reads a patch file; nil if it is none.
func hunksOf(b []byte) *hunks {
	p, err := patch.Parse(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")))
	if err != nil {
		return nil
	}
	h := &hunks{}
	for _, f := range p.Files {
		for _, k := range f.Hunks {
			h.places = append(h.places, [4]int{k.OldStart, k.OldLines, k.NewStart, k.NewLines})
			for _, l := range k.Lines {
				h.text = append(h.text, string(l.Op)+strings.TrimRight(l.Text, " \t"))
			}
			h.text = append(h.text, "@")
		}
	}
	if len(h.text) == 0 {
		return nil
	}
	return h
}

// Words that commit messages have for dropped patches.
var (
	mergedWords   = regexp.MustCompile(`(?i)\b(merged|upstreamed|backport\w*|(already|now|fixed|included|applied|accepted|present|is|are|been|part of|in) (\w+ )?(in|by|upstream|this|new|release)\b[^.]*|integrated|in upstream)`)
	obsoleteWords = regexp.MustCompile(`(?i)\b(obsolete|no longer|not needed|not required|unneeded|unnecessary|unused|not applicable|not necessary|superseded|redundant|don'?t need)`)
)

// droppedWords is what a commit message says of a patch that it drops.
func droppedWords(message, name string) string {
	stem := strings.TrimSuffix(strings.TrimSuffix(name, ".patch"), ".diff")
	named := strings.Contains(message, stem)
	switch {
	case mergedWords.MatchString(message):
		return "merged"
	case obsoleteWords.MatchString(message):
		return "obsolete"
	case named:
		return "named"
	}
	return ""
}
