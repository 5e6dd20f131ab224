package diffmatch

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/git/gittest"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// A past is a generated history: random edits to a few files of made-up code.
type past struct {
	repo    *gittest.Repo
	commits []string // oldest first, without the first one
	patches [][]byte // of the commits
}

// A coder edits files at random.
type coder struct {
	r     *rand.Rand
	files map[string][]string
}

var codeFiles = []string{"src/a.c", "src/b.c", "doc/README", "Makefile", "lib/a.c"}

// line is one that many files have, or one of many that hardly any has, which
// may be too long for a mail.
func (c *coder) line() string {
	switch c.r.IntN(12) {
	case 0, 1, 2:
		return []string{"}", "{", "\treturn 0;", "\tbreak;", "\tfree(path);"}[c.r.IntN(5)]
	case 3:
		return fmt.Sprintf("\tcall_with_many_words(first_%d, second_%d, third_%d, and_so_on, until_the, line_is, too_long_%d);", c.r.IntN(300), c.r.IntN(50), c.r.IntN(300), c.r.IntN(99))
	}
	return fmt.Sprintf("\tcall_%d(%d, name_%d);", c.r.IntN(300), c.r.IntN(50), c.r.IntN(300))
}

// edit changes one to three places of a file.
func (c *coder) edit(name string) {
	for range 1 + c.r.IntN(3) {
		f := c.files[name]
		at := c.r.IntN(len(f) - 6)
		added := []string{fmt.Sprintf("\tmark_%d(%d);", c.r.IntN(1<<30), c.r.IntN(9))}
		for range c.r.IntN(6) {
			added = append(added, c.line())
		}
		c.files[name] = slices.Concat(f[:at], added, f[at+c.r.IntN(4):])
	}
}

// text is the content of some files.
func (c *coder) text(names ...string) map[string]string {
	out := map[string]string{}
	for _, name := range names {
		out[name] = strings.Join(c.files[name], "\n") + "\n"
	}
	return out
}

// history makes a past of n commits that touch one to three files each.
func history(t *testing.T, seed uint64, n int) past {
	t.Helper()
	c := &coder{rand.New(rand.NewPCG(seed, 1)), map[string][]string{}}
	p := past{repo: gittest.New(t)}
	for _, name := range codeFiles {
		for range 60 {
			c.files[name] = append(c.files[name], c.line())
		}
	}
	p.repo.Commit(c.text(codeFiles...), "start")
	for i := range n {
		var names []string
		for _, k := range c.r.Perm(len(codeFiles))[:1+c.r.IntN(3)] {
			names = append(names, codeFiles[k])
			c.edit(codeFiles[k])
		}
		p.commits = append(p.commits, p.repo.Commit(c.text(names...), fmt.Sprintf("%s: edit %d", names[0], i)))
		p.patches = append(p.patches, p.repo.Patch("HEAD"))
	}
	return p
}

// A mangle is something that happens to a patch on its way, and that must not
// change what merged it. They may happen in the order of the list.
type mangle struct {
	name string
	do   func(*rand.Rand, []byte) []byte
}

var (
	hunkLine = regexp.MustCompile(`(?m)^@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@`)
	oldName  = regexp.MustCompile(`(?m)^--- a/`)
	newName  = regexp.MustCompile(`(?m)^\+\+\+ b/`)
	gitLine  = regexp.MustCompile(`(?m)^diff --git a/(\S+) b/(\S+)\n`)
	idLine   = regexp.MustCompile(`(?m)^index .*\n`)
)

var mangles = []mangle{
	{"lines shifted", func(r *rand.Rand, b []byte) []byte {
		return hunkLine.ReplaceAll(b, fmt.Appendf(nil, "@@ -%d$1$2 +%d$3$4 @@", 1+r.IntN(9), 1+r.IntN(9)))
	}},
	{"file order", func(r *rand.Rand, b []byte) []byte {
		head, files, tail := cutFiles(b)
		r.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
		return slices.Concat(head, bytes.Join(files, nil), tail)
	}},
	{"without header", func(_ *rand.Rand, b []byte) []byte {
		_, files, tail := cutFiles(b)
		return slices.Concat(bytes.Join(files, nil), tail)
	}},
	{"no index line", func(_ *rand.Rand, b []byte) []byte { return idLine.ReplaceAll(b, nil) }},
	{"quilt prefixes", func(_ *rand.Rand, b []byte) []byte {
		b = newName.ReplaceAll(oldName.ReplaceAll(b, []byte("--- x-1.orig/")), []byte("+++ x-1/"))
		return gitLine.ReplaceAll(idLine.ReplaceAll(b, nil), []byte("Index: x-1/$1\n====\n"))
	}},
	{"no prefixes", func(_ *rand.Rand, b []byte) []byte {
		b = newName.ReplaceAll(oldName.ReplaceAll(b, []byte("--- ")), []byte("+++ "))
		return gitLine.ReplaceAll(b, []byte("diff --git $1 $2\n"))
	}},
	{"one folder more", func(_ *rand.Rand, b []byte) []byte {
		b = newName.ReplaceAll(oldName.ReplaceAll(b, []byte("--- a/meta/")), []byte("+++ b/meta/"))
		return gitLine.ReplaceAll(b, []byte("diff --git a/meta/$1 b/meta/$2\n"))
	}},
	{"spaces for tabs", func(_ *rand.Rand, b []byte) []byte { return bytes.ReplaceAll(b, []byte("\t"), []byte("        ")) }},
	{"footer", func(_ *rand.Rand, b []byte) []byte {
		return append(slices.Clone(b), "\n-=-=-=-=-=-\nLinks: You receive all messages sent to this group.\n-=-=-=-=-=-\n"...)
	}},
	{"list prefix", func(_ *rand.Rand, b []byte) []byte {
		return bytes.Replace(b, []byte("Subject: [PATCH]"), []byte("Subject: [list] [meta-x][PATCH v2 3/4]"), 1)
	}},
	{"mail wrapping", func(_ *rand.Rand, b []byte) []byte {
		return regexp.MustCompile(`(?m)^(.{72}\S*) (.+)$`).ReplaceAll(b, []byte("$1 \n$2"))
	}},
	{"CRLF", func(_ *rand.Rand, b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }},
}

// cutFiles splits a patch as git writes it.
func cutFiles(b []byte) (head []byte, files [][]byte, tail []byte) {
	if i := bytes.LastIndex(b, []byte("\n-- \n")); i >= 0 {
		b, tail = b[:i+1], b[i+1:]
	}
	at := gitLine.FindAllIndex(b, -1)
	if len(at) == 0 {
		return b, nil, tail
	}
	for i := range at {
		end := len(b)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		files = append(files, b[at[i][0]:end])
	}
	return b[:at[0][0]], files, tail
}

// TestOwnPatch wants each commit's own patch to be merged by it, whatever
// happened to it on the way: each thing alone, and some of them at once.
func TestOwnPatch(t *testing.T) {
	p := history(t, 7, 60)
	v := view(t, openIndex(t, p.repo, ""))
	r := rand.New(rand.NewPCG(7, 2))
	try := func(t *testing.T, i int, b []byte, o Options) {
		t.Helper()
		res := matchIn(t, v, parsed(t, b), o)
		if res.Verdict != Merged || res.Commit != p.commits[i] {
			t.Errorf("%s: %s %s (%s), want it merged\n%s\n%+v", p.commits[i], res.Verdict, res.Commit, res.Method, b, res)
		}
	}
	for _, m := range mangles {
		t.Run(m.name, func(t *testing.T) {
			for i, b := range p.patches {
				try(t, i, m.do(r, b), Options{DiffOnly: i%2 == 0})
			}
		})
	}
	t.Run("some at once", func(t *testing.T) {
		for range 5 {
			for i, b := range p.patches {
				var names []string
				for _, m := range mangles {
					if r.IntN(3) == 0 {
						b = m.do(r, b)
						names = append(names, m.name)
					}
				}
				try(t, i, b, Options{DiffOnly: i%2 == 0})
				if t.Failed() {
					t.Fatalf("after %q", names)
				}
			}
		}
	})
}

// TestNotMerged wants no patch to be called merged in the history before it.
func TestNotMerged(t *testing.T) {
	p := history(t, 11, 60)
	x := openIndex(t, p.repo, "")
	for i, c := range p.commits {
		before := view(t, x, c+"~1")
		for _, o := range []Options{{}, {DiffOnly: true}} {
			if res := matchIn(t, before, parsed(t, p.patches[i]), o); res.Verdict == Merged {
				t.Errorf("%s before its merge, %+v: merged by %s (%s)\n%+v", c, o, res.Commit, res.Method, res.Evidence)
			}
		}
	}
}

// TestUnrelatedCommits wants further commits to change nothing in what is said
// of a merged patch, not even the confidence; if they have such lines as every
// change has, it may move in the third digit.
func TestUnrelatedCommits(t *testing.T) {
	p := history(t, 13, 40)
	patches := edited(t, p)
	ask := func() (list []Result) {
		v := view(t, openIndex(t, p.repo, ""))
		for _, b := range patches {
			list = append(list, matchIn(t, v, b, Options{}), matchIn(t, v, b, Options{DiffOnly: true}))
		}
		return list
	}
	before := ask()
	for _, tt := range []struct {
		text string
		most float64
	}{
		{"something else %d\nmore of it %d\n", 0},
		{"even more %d\n\treturn 0;\n}\n{\n\tbreak;\nstill more %d\n", 0.001},
	} {
		for i := range 30 {
			p.repo.Commit(map[string]string{fmt.Sprintf("further/%d.txt", i%4): fmt.Sprintf(tt.text, i, i*i)}, fmt.Sprintf("further work %d", i))
		}
		after := ask()
		merged := 0
		for i, was := range before {
			if was.Verdict != Merged {
				continue
			}
			merged++
			if is := after[i]; is.Verdict != was.Verdict || is.Commit != was.Commit || is.Method != was.Method || math.Abs(is.Confidence-was.Confidence) > tt.most {
				t.Errorf("%s: %s %.6s by %s with %.6f, before commits with %q %s %.6s by %s with %.6f", patches[i/2].Subject,
					is.Verdict, is.Commit, is.Method, is.Confidence, tt.text, was.Verdict, was.Commit, was.Method, was.Confidence)
			}
		}
		if merged < len(before)/2 {
			t.Errorf("only %d of %d patches are merged", merged, len(before))
		}
	}
}

// edited are the patches of a past, and of each one a version in which some of
// the added lines are others.
func edited(t *testing.T, p past) (list []*patch.Patch) {
	t.Helper()
	r := rand.New(rand.NewPCG(17, 3))
	added := regexp.MustCompile(`(?m)^\+\t.*$`)
	for _, b := range p.patches {
		list = append(list, parsed(t, b), parsed(t, added.ReplaceAllFunc(b, func(l []byte) []byte {
			if r.IntN(4) == 0 {
				return fmt.Appendf(nil, "+\tother_%d();", r.IntN(1<<30))
			}
			return l
		})))
	}
	return list
}

// TestStrictRevision wants nothing outside the revision to be named, on two branches
// that have much in common.
func TestStrictRevision(t *testing.T) {
	p := history(t, 19, 40)
	p.repo.Git("checkout", "--quiet", "-b", "stable", p.commits[19])
	for _, c := range p.commits[20:] {
		if p.repo.Git("cherry-pick", "--allow-empty", "-x", c) == "" {
			t.Fatal("nothing was picked")
		}
	}
	x := openIndex(t, p.repo, "")
	for _, rev := range []string{p.commits[0], p.commits[10], p.commits[25], "stable~15", "stable", "main"} {
		v := view(t, x, rev)
		inside := strings.Fields(p.repo.Git("rev-list", rev))
		for _, b := range edited(t, p) {
			for _, o := range []Options{{}, {DiffOnly: true}} {
				res := matchIn(t, v, b, o)
				named := append(slices.Clone(res.Commits), res.Commit, res.RevertedBy)
				for _, c := range res.Candidates {
					named = append(named, c.Commit)
				}
				for _, c := range named {
					if c != "" && !slices.Contains(inside, c) {
						t.Errorf("within %s, %s names %s", rev, b.Subject, c)
					}
				}
			}
		}
	}
}
