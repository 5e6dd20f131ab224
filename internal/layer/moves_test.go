package layer_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
	"github.com/upstreamd/upstreamd/internal/layer"
)

// change is a patch of a line in a file, at a place.
func change(header string, line int, context, old, now string) string {
	return fmt.Sprintf("%s\n---\n--- a/x.c\n+++ b/x.c\n@@ -%d,2 +%d,2 @@\n %s\n-%s\n+%s\n", header, line, line, context, old, now)
}

// tell is a line for each move, and one for each of its patches.
func tell(moves []layer.Move) string {
	var b strings.Builder
	for _, m := range moves {
		back := ""
		if m.Back {
			back = " back"
		}
		fmt.Fprintf(&b, "%s %s %s -> %s%s", m.Kind, m.PN, m.From, m.To, back)
		if m.ToRev != "" {
			fmt.Fprintf(&b, " (%.4s -> %.4s)", m.FromRev, m.ToRev)
		}
		b.WriteString("\n")
		for _, p := range m.Patches {
			b.WriteString(strings.TrimRight(fmt.Sprintf("  %s %s %s", p.Outcome, p.Name, p.Words), " ") + "\n")
		}
	}
	return b.String()
}

// A past is what commits do to a layer, oldest first.
type past []struct {
	message string
	files   map[string]string
}

func (p past) moves(t *testing.T, o layer.MoveOptions) ([]layer.Move, []string) {
	t.Helper()
	r := gittest.New(t)
	var hashes []string
	for _, c := range p {
		hashes = append(hashes, r.Commit(c.files, c.message))
	}
	repo, err := git.Open(t.Context(), r.Path)
	if err != nil {
		t.Fatal(err)
	}
	moves, err := layer.Moves(t.Context(), layer.Source{Name: "core", Repo: repo}, o)
	if err != nil {
		t.Fatal(err)
	}
	return moves, hashes
}

var rev = func(c string) string { return `SRCREV = "` + strings.Repeat(c, 40) + "\"\n" }

func TestMoves(t *testing.T) {
	gone := gittest.Gone
	for _, tt := range []struct {
		name string
		past past
		want string
	}{
		{"renamed, and what became of the patches", past{
			{"begin", map[string]string{
				"r/foo_1.0.bb":     "SRC_URI = \"file://same.patch file://place.patch file://0003-new.patch \\\n  file://fixed.patch file://dull.patch ${@f('file://old.patch')}\"\n",
				"r/foo/same.patch": change("a", 1, "c", "a", "b"), "r/foo/place.patch": change("a", 1, "c", "d", "e"),
				"r/foo/0003-new.patch": change("a", 1, "c", "f", "g"), "r/foo/fixed.patch": change("a", 1, "c", "h", "i"),
				"r/foo/dull.patch": change("a", 1, "c", "k", "l"), "r/foo/old.patch": change("a", 1, "c", "m", "n"),
			}},
			{"foo: upgrade\n\nfixed.patch was merged upstream.", map[string]string{
				"r/foo_1.0.bb": gone, "r/foo_1.1.bb": "SRC_URI = \"file://same.patch file://place.patch file://0001-new.patch \\\n  file://dull-too.patch file://more.patch\"\n",
				"r/foo/same.patch": change("other words", 1, "c", "a", "b"), "r/foo/place.patch": change("a", 9, "c", "d", "e"),
				"r/foo/0003-new.patch": gone, "r/foo/0001-new.patch": change("a", 1, "x", "f", "g"), "r/foo/fixed.patch": gone,
				"r/foo/dull.patch": gone, "r/foo/dull-too.patch": change("a", 3, "c", "k", "l"), "r/foo/more.patch": change("a", 1, "c", "y", "z"),
			}},
		}, `rename foo 1.0 -> 1.1
  kept same.patch
  offsets place.patch
  refreshed 0001-new.patch
  dropped fixed.patch merged
  offsets dull-too.patch
  dropped old.patch merged
  added more.patch
`},
		{"back, then with another epoch", past{
			{"1", map[string]string{"r/foo_2.0.bb": ""}},
			{"2", map[string]string{"r/foo_2.0.bb": gone, "r/foo_1.9.bb": ""}},
			{"3", map[string]string{"r/foo_1.9.bb": "PE = \"1\"\n"}},
		}, "rename foo 2.0 -> 1.9 back\nversion foo 1.9 -> 1:1.9\n"},
		{"a line in the recipe, a revision, words that say nothing", past{
			{"1", map[string]string{"r/foo_git.bb": "PV = \"1.0+git${SRCPV}\"\n" + rev("a")}},
			{"2", map[string]string{"r/foo_git.bb": "PV = \"1.0+git\"\n" + rev("a")}},
			{"upgrade to 3.0", map[string]string{"r/foo_git.bb": "PV = \"1.0+git\"\n" + rev("b")}},
			{"3", map[string]string{"r/foo_git.bb": "BASE = \"1.2\"\nPV = \"${BASE}+git\"\n" + rev("c")}},
			{"4", map[string]string{"r/foo_git.bb": "BASE = \"1.2\"\nPV = \"${BASE}+git\"\nSRCREV = \"${AUTOREV}\"\n"}},
		}, "srcrev foo 1.0+git -> 1.0+git (aaaa -> bbbb)\nversion foo 1.0+git -> 1.2+git (bbbb -> cccc)\n"},
		{"an include file concerns those that include it then", past{
			{"1", map[string]string{"r/foo.inc": "PV = \"1\"\n", "r/foo.bb": "require foo.inc\n", "r/foo-tools.bb": "require r/foo.inc\n", "r/bar_7.bb": ""}},
			{"2", map[string]string{"r/foo.inc": "PV = \"2\"\n"}},
			{"3", map[string]string{"r/foo-tools.bb": "PV = \"2\"\n"}},
			{"4", map[string]string{"r/foo.inc": "PV = \"3\"\n"}},
		}, "version foo-tools 1 -> 2\nversion foo 1 -> 2\nversion foo 2 -> 3\n"},
		{"several versions beside each other, and a directory that moves", past{
			{"1", map[string]string{"r/foo_1.2.bb": "", "r/foo_2.4.bb": ""}},
			{"2", map[string]string{"r/foo_1.2.bb": gone, "r/foo_2.4.bb": gone, "r/foo_1.3.bb": "", "r/foo_2.5.bb": ""}},
			{"3", map[string]string{"r/foo_3.0.bb": ""}},
			{"4", map[string]string{"r/foo_1.4.bb": ""}},
			{"5", map[string]string{"r/foo_3.0.bb": gone}},
			{"6", map[string]string{"r/foo_2.5.bb": gone, "s/foo_2.5.bb": ""}},
			{"7", map[string]string{"s/foo_2.5.bb": gone, "u/foo_2.6.bb": ""}},
		}, "rename foo 1.2 -> 1.3\nrename foo 2.4 -> 2.5\nrename foo 2.5 -> 3.0\nrename foo 3.0 -> 2.5 back\nrename foo 2.5 -> 2.6\n"},
		{"hostile", past{
			{"1", map[string]string{"r/a.bb": "require a.bb\ninclude ../../../etc/passwd\nPV = \"${PV}${PV}\"\n", "r/b_1.bb": "\x00", "r/c_1.bb": "A = \"${A}\"\nPV = \"${A}\"\n"}},
			{"2", map[string]string{"r/a.bb": "require a.bb\n", "r/b_1.bb": gone, "r/b_2.bb": "\x00\x00"}},
		}, "version a  -> 1.0\nrename b 1 -> 2\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			moves, _ := tt.past.moves(t, layer.MoveOptions{})
			if diff := cmp.Diff(tt.want, tell(moves)); diff != "" {
				t.Errorf("moves (-want +got):\n%s", diff)
			}
		})
	}
}

// TestMovesSince: what is told since a commit is the end of all, and only of
// those asked for.
func TestMovesSince(t *testing.T) {
	p := past{
		{"1", map[string]string{"r/foo_1.bb": "SRC_URI = \"file://a.patch\"\n", "r/foo/a.patch": change("", 1, "c", "a", "b"), "r/bar_1.bb": ""}},
		{"2", map[string]string{"r/foo_1.bb": gittest.Gone, "r/foo_2.bb": "SRC_URI = \"file://a.patch\"\n", "r/bar_1.bb": gittest.Gone, "r/bar_2.bb": ""}},
		{"3", map[string]string{"r/foo/a.patch": change("", 5, "c", "a", "b")}},
		{"4", map[string]string{"r/foo_2.bb": gittest.Gone, "r/foo_3.bb": "SRC_URI = \"file://a.patch\"\n", "r/foo/a.patch": change("", 5, "x", "a", "b")}},
	}
	all, _ := p.moves(t, layer.MoveOptions{})
	if len(all) != 3 {
		t.Fatalf("moves:\n%s", tell(all))
	}
	last, hashes := p.moves(t, layer.MoveOptions{Max: 1})
	if diff := cmp.Diff(tell(all[2:]), tell(last)); diff != "" || last[0].Commit != hashes[3] {
		t.Errorf("the newest (-want +got):\n%s", diff)
	}
	since, _ := p.moves(t, layer.MoveOptions{Since: hashes[2], Only: func(pn string) bool { return pn == "foo" }})
	if diff := cmp.Diff(last, since); diff != "" {
		t.Errorf("since a commit (-want +got):\n%s", diff)
	}
	if none, _ := p.moves(t, layer.MoveOptions{Only: func(pn string) bool { return pn == "baz" }}); len(none) != 0 {
		t.Errorf("of no recipe:\n%s", tell(none))
	}
}
