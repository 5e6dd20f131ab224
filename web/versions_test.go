package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/web/view"
)

// movedPatchPage is the page of a patch of the last move of the upstream layer.
func movedPatchPage(name string) string {
	return view.MovedPatchURL("meta-community", "emberfs-utils", firstPiece, name)
}

func TestVersionPages(t *testing.T) {
	s, b := newWorld(t)
	for _, tt := range []struct {
		path  string
		words []string
		not   string
	}{
		{"/versions", []string{"2 recipes of ours are behind", "all 4", "behind 2", "patches need work 1", "patches can go 1", "not behind 2", "emberfs-utils", "1.7.1", "meta-community 1.9 newer",
			"v1.9", "2026-03-05", "2 need work, 1 can go, 1 not tested", "likely, not all tested", "meta-community 1.5 older", "no project is configured for https://evil.example", "since when is not known",
			"builds whatever is newest", "https://git.example.org/emberfs-utils/tag/?h=v1.9", "1–4 of 4 recipes"}, ""},
		{"/versions?kind=behind", []string{"1–2 of 2 recipes"}, "meta-community 1.5"},
		{"/versions?kind=current&q=jsonq", []string{"1–1 of 1 recipe"}, "1.7.1"},
		{"/versions?q=xyzzy", []string{"Nothing matches", "Show all"}, "1.7.1"},
		{"/versions?layer=none", []string{"Nothing matches"}, "1.7.1"},
		{"/versions?show=timeline", []string{"9 moves, 1 of them back", "1.7.1 → 1.9", "2026-04-16: meta-community, 1.7 → 1.9, new version; 4 patches: 1 other line numbers, 1 refreshed, 1 dropped, 1 added",
			"emberfs-utils, v1.8 → v1.9, released", "move-mark tone-go back", "back to an older version", "ours is behind", "As a table", `href="https://git.example.org/emberfs-utils/tag/?h=v1.9"`}, "unknown-here"},
		{"/versions?show=timeline&q=xyzzy", []string{"Nothing matches"}, "As a table"},
		{"/versions?show=moves", []string{"new revision", "111111111111 to"[:12], "released", "tag names another commit", "back to an older version", "the commit says: merged", "before and after", "commit/?id=" + firstPiece}, "unknown-here"},
		{"/versions?show=moves&every=yes", []string{"unknown-here"}, ""},
		{"/versions?show=moves&q=jsonq", []string{"new revision", "222222222222"}, "released"},
		{view.RecipeURL("emberfs-utils"), []string{"1.7.1", "2 need work, 1 can go", "7 moves, 1 of them back", "How it moved", "Carried by meta-product", "Does not apply. since v1.8", "because of 11aa22bb11aa",
			"dump/main.c:120, touched by", "likely refreshed", "refreshed 55 %", "2026-03-05: meta-community, 1.7.2 → 1.7, back to an older version"}, "Applies as it is. because"},
		{view.RecipeURL("unknown-here"), []string{"In no layer any more", "1 move", "How it moved"}, "Carried by"},
		{movedPatchPage("mkfs.patch"), []string{"mkfs.patch", "refreshed", "Before and after", "patch before", "patch after", "lib/xattr.c", "new version"}, "No comparison"},
		{movedPatchPage("old.patch"), []string{"No comparison: there is only one side"}, ""},
		{movedPatchPage("lines.patch"), []string{"No comparison: the files are not here"}, "secret detail"},
	} {
		a := b.get(tt.path)
		if a.code != http.StatusOK {
			t.Errorf("GET %s = %d\n%s", tt.path, a.code, text(a.body))
			continue
		}
		wants(t, "GET "+tt.path, a.body, tt.words...)
		if tt.not != "" && strings.Contains(text(a.body), tt.not) {
			t.Errorf("GET %s says %q", tt.path, tt.not)
		}
	}
	for _, path := range []string{"/versions/patch", movedPatchPage("none"), view.MovedPatchURL("meta-product", "emberfs-utils", firstPiece, "mkfs.patch"), view.MovedPatchURL("meta-community", "emberfs-utils", "x", "mkfs.patch")} {
		if a := b.get(path); a.code != http.StatusNotFound {
			t.Errorf("GET %s = %d", path, a.code)
		}
	}
	if log := s.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("the log has errors:\n%s", log)
	}
}

// TestMovesPages walks through many moves: every one is on exactly one page.
func TestMovesPages(t *testing.T) {
	s, b := newWorld(t)
	var moves []pipeline.Move
	for i := range 120 { // three of each commit time, so that pages end within one
		m := pipeline.Move{Branch: "main"}
		m.Source, m.PN, m.Kind, m.To, m.At = "meta-community", "odd", "version", fmt.Sprintf("step-%03d", i), day(i/3)
		m.Commit = fmt.Sprintf("%040x", i+1)
		moves = append(moves, m)
	}
	if err := s.db.PutMoves(t.Context(), s.source(t.Context(), "meta-community"), moves, true); err != nil {
		t.Fatal(err)
	}
	seen, pages := map[string]int{}, 0
	for path := "/versions?show=moves&q=odd"; path != ""; pages++ {
		a := b.get(path)
		path = ""
		for _, word := range strings.Fields(text(a.body)) {
			if strings.HasPrefix(word, "step-") {
				seen[word]++
			}
		}
		for _, href := range hrefs(t, a.body) {
			if u, err := url.Parse(href); err == nil && u.Path == "/versions" && u.Query().Get("after") != "" {
				path = href
			}
		}
	}
	if len(seen) != 120 || pages != 3 {
		t.Errorf("%d moves on %d pages, want 120 on 3", len(seen), pages)
	}
	for name, n := range seen {
		if n != 1 {
			t.Errorf("%s is shown %d times", name, n)
		}
	}
	if a := b.get("/versions?show=moves&q=odd&after=x.y"); a.code != http.StatusOK || !strings.Contains(a.body, "step-119") {
		t.Errorf("an odd cursor = %d", a.code)
	}
}

// TestFlagsShown shows what a test of a patch found, and what to do about it.
func TestFlagsShown(t *testing.T) {
	s, b := newWorld(t)
	page := func(title string) string { return b.get(view.ChangeURL(s.changeID(t, title))).body }
	wants(t, "a conflict", page("dump: print xattr prefixes"), "Does not apply.", "since v1.8 2026-04-12", "because of 11aa22bb11aa", "commit/?id="+another,
		"A three-way merge is clean", "upstreamd rebase --repo emberfs-utils.git --from v1.7.1 --to v1.9 --write refreshed "+layerDir+"0004-dump-prefix.patch",
		"emberfs-utils.git is a clone of https://git.example.org/emberfs-utils", "3 hunks: 1 offset, 1 conflict, 1 gone", "dump/main.c:120", "77ee88ff77ee")
	wants(t, "what is merged", page("xattr: write shared entries only once"), "Its lines are there already.", "since v1.8", "by 3f2a91c03f2a")
	likely := page("fsck: check xattr index blocks")
	wants(t, "an outlook", likely, "likely refreshed", "likely, not tested: source unknown", "kept 21 %", "refreshed 55 %", "dropped 24 %", "the branch that it is meant for", "because of 77ee88ff77ee")
	if n := strings.Count(likely, "upstreamd rebase"); n != 0 {
		t.Errorf("a mail has a command to write a patch file, %d times", n)
	}
}

// TestSeriesNeedsRebase shows that the branch of a series went on.
func TestSeriesNeedsRebase(t *testing.T) {
	_, b := newWorld(t)
	page := b.get(b.seriesPath("extended")).body
	wants(t, "the series", page, "Needs a rebase since 3 days because of 77ee88ff77ee", "1 patch of v2 does not apply to main any more", "fsck: check xattr index blocks", "Does not apply.", "lib/fsck.c, hunk 1 at line 10",
		"commit/?id="+firstPiece)
	wants(t, "the list", b.get("/series").body, "needs rebase: 1 of 2")
	wants(t, "those that need one", b.get("/series?state=needs+rebase").body, "1–1 of 1 series", "emberfs: extended attributes")
	wants(t, "and no other", b.get("/series?state=needs+rebase&q=loop").body, "No series matches")
	if other := b.get(b.seriesPath("loop")).body; strings.Contains(other, "Needs a rebase") {
		t.Error("a series that applies needs a rebase")
	}
}
