package diffmatch

import (
	"fmt"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

func pullWords(rows []PullRow) string {
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprintf("%v>%v %s", r.Patches, r.Commits, r.Relation))
	}
	return strings.Join(got, ", ")
}

// TestPull has lists of commits as words; see series.
func TestPull(t *testing.T) {
	for _, tt := range []struct{ name, patches, commits, want string }{
		{"one and one", "a:a:6 b:b:6", "b:b:6 a:a:6", "[0]>[1] unchanged, [1]>[0] unchanged"},
		{"not there, and another", "a:a:6", "b:b:6", "[0]>[] dropped, []>[0] new"},
		{"a patch in two commits", "a:a:10", "x:a:1-5 y:a:6-10", "[0]>[0 1] reworded"},
		{"a patch in three commits, between others", "a:a:12", "q:q:4 x:a:1-4 y:a:5-8 r:r:4 z:a:9-12", "[0]>[1 2 4] reworded, []>[0] new, []>[3] new"},
		{"two patches squashed", "a:a:1-5 b:a:6-10", "x:a:10", "[0 1]>[0] reworded"},
		{"a commit that cannot be read", "a:a:6", "? a:a:6", "[0]>[1] unchanged, []>[0] new"},
		{"nothing", "", "", ""},
	} {
		if got := pullWords(MatchCommits(series(t, tt.patches), series(t, tt.commits))); got != tt.want {
			t.Errorf("%s: MatchCommits(%q, %q) =\n%s, want\n%s", tt.name, tt.patches, tt.commits, got, tt.want)
		}
	}
}

// TestReadCommits reads a range of a repository.
func TestReadCommits(t *testing.T) {
	r := gittest.New(t)
	base := r.Commit(map[string]string{"a.c": "int x;\n"}, "base")
	r.Commit(map[string]string{"a.c": "int x;\na line 1 of many;\na line 2 of many;\n"}, "a\n\nwhy false\n")
	r.Commit(nil, "nothing")
	two := r.Commit(map[string]string{"b.c": "b line 1 of many;\n"}, "b")
	repo, err := git.Open(t.Context(), r.Path)
	if err != nil {
		t.Fatal(err)
	}
	list, err := ReadCommits(t.Context(), repo, git.LogQuery{Revs: []string{"main"}, Not: []string{base}, Reverse: true})
	if err != nil || len(list) != 3 || list[1] != nil || list[2].From != two || list[0].Author.Email == "" {
		t.Fatalf("ReadCommits = %v, %v", list, err)
	}
	if got, want := pullWords(MatchCommits(series(t, "a:a:2"), list)), "[0]>[0] unchanged, []>[1] new, []>[2] new"; got != want {
		t.Errorf("MatchCommits = %s, want %s", got, want)
	}
}
