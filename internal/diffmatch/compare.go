package diffmatch

import (
	"math"

	"github.com/cespare/xxhash/v2"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// A Similarity says how alike two patches are.
type Similarity struct {
	// Same is the closest relation that holds: "identical" (the diffs are the
	// same bytes but for the offsets of hunks), "patch-id", "changes" (the same
	// changed lines in the same order; context may differ), "near" (mostly the
	// same lines), or "".
	Same     string
	Score    float64 // 0..1; 1 for the first three
	Evidence []Evidence
}

// near is the likeness from which two patches are versions of one change.
const near = 0.4

// Compare sets two patches side by side: a carried patch and a posted one, or
// two versions of one patch. Subjects and authors are told in the evidence
// but count nothing.
func Compare(a, b *patch.Patch) Similarity {
	sa, sb := shapeOf(a.Files), shapeOf(b.Files)
	al := align(flatten(sa, plainWeight), flatten(sb, plainWeight))
	return similarity(newProfile(a, sa), newProfile(b, sb), al)
}

// A profile is a patch reduced to what is compared.
type profile struct {
	probe
	content uint64 // hash of all lines of the diff, without line numbers
}

func newProfile(p *patch.Patch, s *shape) profile {
	f := profile{probe: newProbe(p, Options{})}
	f.shape = s
	h := xxhash.New()
	for _, file := range p.Files {
		h.WriteString(file.Old + "\x00" + file.New + "\x00" + file.OldMode + "\x00" + file.NewMode + "\n")
		for _, hunk := range file.Hunks {
			h.WriteString("@@\n")
			for _, l := range hunk.Lines {
				h.Write([]byte{l.Op})
				h.WriteString(l.Text + "\n")
			}
		}
	}
	f.content = h.Sum64()
	return f
}

// similarity puts a comparison into words.
func similarity(a, b profile, al alignment) Similarity {
	s := Similarity{Score: al.likeness()}
	switch {
	case a.content == b.content && a.shape.lines > 0:
		s.Same = "identical"
	case a.id != 0 && a.id == b.id:
		s.Same = "patch-id"
	case al.same && al.path >= 0.8:
		s.Same = "changes"
	case s.Score >= near && (al.mass >= 2 || al.place() >= 0.6):
		s.Same = "near"
	}
	if s.Same != "" && s.Same != "near" {
		s.Score = 1
	}
	s.Evidence = al.lineEvidence()
	add := func(kind string, is bool) {
		if is {
			s.Evidence = append(s.Evidence, Evidence{Kind: kind, Score: 1, Detail: kind + " equal"})
		} else {
			s.Evidence = append(s.Evidence, Evidence{Kind: kind, Detail: kind + " differs"})
		}
	}
	add("patch-id", a.id != 0 && a.id == b.id)
	if a.subject != 0 && b.subject != 0 {
		add("subject", a.subject == b.subject)
	}
	if a.author != (authorKey{}) && b.author != (authorKey{}) {
		add("author", a.author.same(b.author))
	}
	return s
}

// trivial are lines that any two changes may share.
var trivial = func() map[uint64]bool {
	m := map[uint64]bool{}
	var h hasher
	for _, s := range []string{
		"{", "}", "};", "},", "})", "(", ")", ");", "*/", "/*", "*", "/**", "//", "#", "else", "} else {", "else {",
		"return;", "return 0;", "return 1;", "return -1;", "return ret;", "return NULL;", "break;", "continue;", "default:",
		"#endif", "#else", "goto out;", "goto err;", "out:", "fi", "then", "do", "done", "esac", ";;", "end", "endif", "[", "]", "],", "\\",
		"pass", "try:", "else:", "int i;", "int ret;", "int ret = 0;", "exit 1", "exit 0", "---", "=",
	} {
		m[h.line(s)] = true
	}
	return m
}()

// plainWeight weighs lines where no history says how frequent they are.
func plainWeight(key uint64) float64 {
	if trivial[key] {
		return 0.15
	}
	return 1
}

// frequencyWeight is the weight of a line that df of n changes have.
func frequencyWeight(df, n int) float64 {
	return max(1-math.Log(float64(max(df, 1)))/math.Log(float64(n)+2), 0.02)
}
