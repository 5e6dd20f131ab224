package pipeline_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// diffs makes a commit of edit on a branch of extfs-tools that nobody sees, one
// for each, and returns their diffs.
func (tn *town) diffs(edits ...func(dir string)) (all []string) {
	tn.t.Helper()
	const repo = "extfs-tools"
	tn.git(repo, "branch", "unseen", "main")
	for _, edit := range edits {
		hash := tn.commit(repo, "unseen", "edit", edit)
		all = append(all, tn.git(repo, "format-patch", "--stdout", "-1", "--format=", hash)+"\n")
	}
	tn.git(repo, "branch", "-D", "unseen")
	return all
}

// replace is an edit of one file.
func (tn *town) replace(file, old, text string) func(string) {
	return func(dir string) { tn.edit(filepath.Join(dir, file), old, text) }
}

// tried are the flags of role branch of patches whose message-ids begin so:
// outcome, branch, and the commit to blame with the day.
func tried(t *testing.T, db *store.DB, prefix string) string {
	t.Helper()
	all, err := db.Flags(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range all {
		id, ok := strings.CutPrefix(f.Sighting, change.PostedKey(prefix))
		if !ok || f.Role != change.BranchFlag {
			continue
		}
		line := name(id) + ": " + f.Outcome + " on " + f.Version
		if f.Commit != "" {
			line += " by " + f.Commit[:12] + " on " + f.SinceAt.Format("2006-01-02")
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

// TestBranchMoves follows a series of ours while its branch moves: past other
// files, over its own lines, and to where it is taken.
func TestBranchMoves(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		tn := newTown(t)
		const list, at, readme, news = "extfs-devel", "@harbor.example.com", "README: check in two steps", "NEWS: mention labels"
		day := 0
		expect := func(when, done, flags, stand string) {
			t.Helper()
			tn.now = moment.AddDate(0, 0, day).Add(1)
			day++
			if got := tn.sync(db)["rebase"]; day > 1 && got != done {
				t.Errorf("%s: %q, want %q", when, got, done)
			}
			if got := tried(t, db, "steps-"); got != flags {
				t.Errorf("%s:\n got %s\nwant %s", when, got, flags)
			}
			if got := stands(t, db, readme); !strings.Contains(got, stand) {
				t.Errorf("%s: %q, want %q", when, got, stand)
			}
			if again := tn.sync(db); len(again) > 0 {
				t.Errorf("%s: a second pass found %v", when, again)
			}
		}
		post := func(version int, edits ...func(string)) {
			t.Helper()
			for i, diff := range tn.diffs(edits...) {
				id, first := fmt.Sprintf("steps-%d-%d%s", version, i+1, at), fmt.Sprintf("steps-%d-1%s", version, at)
				if i == 0 {
					first = ""
				}
				tn.mailOn(day, list, ana, id, first, fmt.Sprintf("[PATCH v%d %d/2] %s", version, i+1, []string{readme, news}[i]), "Why.\n\n---\n"+diff)
			}
		}

		post(1, tn.replace("README", "make && make check", "make; make check"), tn.replace("NEWS", " - extfsck: do not", " - labels\n - extfsck: do not"))
		expect("posted", "", "1-1: applies on main; 1-2: applies on main", "in review, wait")

		tn.commit("extfs-tools", "main", "po: say it otherwise", tn.replace("po/de.po", "zu viele", "viel zu viele"))
		expect("the branch moves elsewhere", "", "1-1: applies on main; 1-2: applies on main", "in review, wait")

		culprit := tn.commit("extfs-tools", "main", "ship no configure", tn.replace("README", "  ./configure", "  autoreconf -i\n  ./configure"))
		tn.commit("extfs-tools", "main", "README: one more line", tn.replace("README", "Releases are", "All releases are"))
		because := fmt.Sprintf("does not apply to main since 2026-05-20, because of %.12s: README, hunk 1 at line", culprit)
		expect("it moves over the lines", "2 tests of patches on versions, 1 need work",
			fmt.Sprintf("1-1: conflict on main by %.12s on 2026-05-20; 1-2: applies on main", culprit), "in review, rebase: it "+because)
		if s := reviewOf(t, db, "steps-1-1"+at); s.WaitingOn != "us" || !strings.HasSuffix(s.WaitingFor, "to rebase it") ||
			!strings.Contains(s.Reason, "patch 1 of 2 "+because) || s.WaitingSince.Before(moment) {
			t.Errorf("the series: %+v", s.ReviewState)
		}

		post(2, tn.replace("README", "make && make check", "make; make check"), tn.replace("NEWS", " - extfsck: do not", " - labels\n - extfsck: do not"))
		expect("rebased", "2 tests of patches on versions, 0 need work", "2-1: applies on main; 2-2: applies on main", "in review, wait")

		tn.commit("extfs-tools", "main", readme, tn.replace("README", "make && make check", "make; make check"))
		tn.commit("extfs-tools", "main", news, tn.replace("NEWS", " - extfsck: do not", " - labels\n - extfsck: do not"))
		expect("merged", "0 tests of patches on versions, 0 need work", "", "merged, wait")
	})
}
