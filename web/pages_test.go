package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/web"
	"github.com/upstreamd/upstreamd/web/view"
)

// newWorld is a site with the small world in it, and its one member.
func newWorld(t *testing.T) (*site, *browser) {
	t.Helper()
	var s *site
	s = newSite(t, func(c *web.Config) {
		c.CommitDiff = func(_ context.Context, project, hash string) ([]byte, error) {
			switch hash {
			case commit:
				if s.diff != nil {
					return s.diff(), nil
				}
				return []byte(mergedDiff), nil
			case firstPiece:
				return []byte(pieceDiff), nil
			}
			return nil, errors.New("no such commit: secret detail")
		}
		c.Pins = func(context.Context) ([]change.Pin, error) { return pins, nil }
		c.PatchText = func(ctx context.Context, g change.Sighting) ([]byte, error) {
			if s.lost != "" && g.Key == change.PostedKey(s.lost) {
				return nil, errors.New("no such mail: secret detail")
			}
			return worldPatch(ctx, g)
		}
		c.LayerFile = worldFile
		c.Project = func(_ context.Context, pn string) (string, error) {
			return map[string]string{"emberfs-utils": "emberfs-utils", "jsonq": "jsonq"}[pn], nil
		}
		c.Addresses = map[string]string{"ada@example.com": "Ada Larsen"}
		c.FindCommit = func(_ context.Context, project, rev string) (string, error) {
			if strings.HasPrefix(commit, rev) {
				return commit, nil
			}
			return "", errors.New("unknown revision")
		}
	})
	s.now = begin
	s.build(t)
	return s, s.member(t)
}

// text is what a person reads on a page: words between tags, blanks folded.
func text(page string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(page))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		if kind == html.TextToken {
			b.Write(z.Text())
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(html.UnescapeString(b.String())), " ")
}

func wants(t *testing.T, where, page string, words ...string) {
	t.Helper()
	read := text(page)
	for _, w := range words {
		if !strings.Contains(read, w) && !strings.Contains(page, w) {
			t.Errorf("%s does not say %q\n%.3000s", where, w, read)
		}
	}
}

func TestPages(t *testing.T) {
	s, b := newWorld(t)
	id := s.changeID(t, "xattr: write shared entries only once")
	for _, tt := range []struct {
		path  string
		words []string
	}{
		{"/", []string{"4 things to do", "1 source fails", "certificate is signed by unknown authority", "rebase 1", "Does not apply to v1.9"[1:], "Bruno Keller", "probably merged 1",
			`href="/changes?action=ping"`, "posted patches", "2 by others are watched"}},
		{"/changes", []string{"mkfs: reject block sizes", "meta-product@main", "1–4 of 4 rows", `<option value="Bruno Keller">`}},
		{"/changes?whose=all", []string{"1–6 of 6 rows", "by others"}},
		{"/changes?action=any&owner=nobody", []string{"1–1 of 1 row", "mkfs: reject"}},
		{"/changes?q=xyzzy", []string{"No change matches", "Look among everybody's"}},
		{fmt.Sprint("/changes/", id), []string{"xattr: write shared entries only once", "Carried 2026-01-05", "Merged 2026-03-05 emberfs-utils", "first in v1.8",
			"merged", "Upstream-Status says Submitted, but it is merged", "since 2026-03-05", "patch 1 of 2, v2", "3f2a91c03f2a of emberfs-utils is the same change", "97 %", "5 of 7 changed lines",
			"5 of 7 changed lines, in order, in the same file; 1 line changed: “if (!c->shared_count)” became “if (c->shared_count == 0)”; 1 line only in v2; subject equal; author equal; committed before the patch was written.",
			"speaks for it, weight 4.2", "speaks against it, weight 0.7", "−0.7", "lib/xattr.c", "5 of 6", "<mark> == 0</mark>", "Applies as it is.", "/m/q1@x", "Its lines are there already.",
			"First released in v1.8, and in 1 later release; missing in 2 of 3 that we pin.", "Why it is one change", "identical but for line numbers", "mostly the same lines", "backport gap", "stable-1", "pinned by meta-community@stable", "built by meta-old@main",
			"https://git.example.org/emberfs-utils/commit/?id=" + commit}},
		{"/gaps", []string{"Backport gaps", "1 change is upstream and missing in what we pin", "xattr: write shared entries only once", "meta-community@stable", "stable-1", "1.6", "meta-old@main"}},
		{"/gaps?place=meta-old@main", []string{"1 change is upstream and missing", "meta-old@main"}},
		{"/gaps?place=nowhere", []string{"No gap here"}},
		{"/series", []string{"emberfs: extended attributes", "v2", "1 of 2 merged", "Ada Larsen", "1–3 of 3 series", "us", "changes requested"}},
		{"/series?waiting=us&state=changes+requested&list=linux-ember&whose=ours", []string{"emberfs: extended attributes", "1–1 of 1 series"}},
		{"/series?waiting=author", []string{"1–1 of 1 series"}},
		{"/series?waiting=them", []string{"No series matches", "Show all"}},
		{"/series?q=loop+device", []string{"tests: skip without a loop device", "1–1 of 1 series"}},
		{"/layers", []string{"meta-product", "ours", "meta-community", "compared with"}},
		{"/layers/meta-product", []string{"emberfs-utils 1.7.1", "0004-dump-prefix.patch", "Upstream-Status missing", "says Submitted [https://lists.example.org/linux-ember/1]", "rebase"}},
		{"/layers/meta-product?show=duplicates", []string{"1.7.1", "1.9", "ours is older", "same diff", "appends to nothing", "meta-community"}},
		{"/layers/meta-product?show=recipes", []string{"only code could tell", "bbappend", "unknown", "builds whatever is newest"}},
		{"/layers/meta-product?q=mkfs", []string{"0003-mkfs-blocks.patch", "1–1 of 1 row"}},
		{"/sources", []string{"emberfs-utils", "works", "fails", "certificate is signed by unknown authority", "2 refs moved lately", "forced", "Lists/ember", "14 mails", "multipart", "not read yet", "read over mail accounts"}},
		{"/m/q1@x", []string{"[PATCH v2 1/2] xattr: write shared entries only once", "Signed-off-by: Ada Larsen", `href="https://example.org/bugs/12"`, `class="l add"`, "In-Reply-To", "the series"}},
		{"/m/r1@x", []string{"Why not check the count first?", `class="l quote"`}},
		{"/m/broken@x", []string{"quarantined", "without boundary"}},
	} {
		a := b.get(tt.path)
		if a.code != http.StatusOK {
			t.Errorf("GET %s = %d\n%s", tt.path, a.code, text(a.body))
			continue
		}
		wants(t, "GET "+tt.path, a.body, tt.words...)
	}
	if log := s.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("the log has errors:\n%s", log)
	}
}

// TestCompare puts what was seen of a change side by side.
func TestCompare(t *testing.T) {
	s, b := newWorld(t)
	id := s.changeID(t, "xattr: write shared entries only once")
	carried, first, second := carriedKey("0001-xattr-shared.patch"), change.PostedKey("p1@x"), change.PostedKey("q1@x")
	for _, tt := range []struct {
		left, right string
		words       []string
	}{
		{"", "", []string{"5 of 7 changed lines, in order", "speaks for it", "only in v2"}},
		{carried, change.CommitKey("emberfs-utils", commit), []string{"5 of 7 changed lines, in order", "only in the patch", "0001-xattr-shared.patch in meta-product@main", "merged, 93 % sure", "Difference 1 of 2"}},
		{first, second, []string{"All 7 changed lines, in order, in the same file.", "identical but for line numbers", "patch 1 of 2 on linux-ember", `href="/m/p1@x"`}},
		{carried, second, []string{"identical but for line numbers", "of v2"}},
	} {
		path := view.ChangeURL(id) + "/compare"
		if tt.left != "" {
			path = view.CompareURL(id, tt.left, tt.right)
		}
		a := b.get(path)
		if a.code != http.StatusOK {
			t.Errorf("GET %s = %d", path, a.code)
		}
		wants(t, path, a.body, tt.words...)
	}
	for _, path := range []string{view.CompareURL(id, carried, "posted:other@x"), view.CompareURL(id, "x", carried)} {
		if a := b.get(path); a.code != http.StatusBadRequest {
			t.Errorf("GET %s = %d", path, a.code)
		}
	}
	alone := b.get(view.ChangeURL(s.changeID(t, "dump: print xattr prefixes")) + "/compare")
	wants(t, "a change seen once", alone.body, "Nothing to compare with")
	lost := b.get(view.CompareURL(s.changeID(t, "mkfs: reject block sizes that the kernel cannot mount"), carriedKey("0003-mkfs-blocks.patch"), change.CommitKey("emberfs-utils", another)))
	wants(t, "a commit that is not there", lost.body, "No comparison: the commit is not in the mirror")
}

// TestPieces shows a change that landed in two commits, each with its share.
func TestPieces(t *testing.T) {
	s, b := newWorld(t)
	m := change.Match{
		Sighting: carriedKey("0004-dump-prefix.patch"), Project: "emberfs-utils", Tips: "t", Verdict: change.Probable, Commit: commit, Commits: []string{commit, firstPiece},
		Confidence: .8, Method: "lines", Subject: "xattr: write shared entries only once", Author: ada, CommitTime: day(60), RevertedBy: another, Branches: []string{"main"},
	}
	if err := s.db.PutMatches(t.Context(), []change.Match{m}); err != nil {
		t.Fatal(err)
	}
	a := b.get(view.ChangeURL(s.changeID(t, "dump: print xattr prefixes")))
	wants(t, "the page", a.body, "It landed in 2 pieces", "5 of 7 lines", "1 of 7 lines", "6 of 7 changed lines", "2 commits",
		"Upstream took it out again: 11aa22bb11aa reverts it")
}

// TestTooLarge compares with a commit that nobody can look at.
func TestTooLarge(t *testing.T) {
	s, b := newWorld(t)
	big := []byte(mergedDiff)
	for i := range 9000 {
		big = fmt.Appendf(big, "diff --git a/f%d b/f%d\n--- a/f%d\n+++ b/f%d\n@@ -1 +1 @@\n-%d\n+%s\n", i, i, i, i, i, strings.Repeat("x", 5000))
	}
	s.diff = func() []byte { return big }
	a := b.get(view.ChangeURL(s.changeID(t, "xattr: write shared entries only once")))
	wants(t, "the page", a.body, "The commit is too large to show: 9,001 files, of which the first", "5 of 7 changed lines")
	if len(a.body) > 8<<20 {
		t.Errorf("the page has %d bytes", len(a.body))
	}
}

// seriesPath is the page of the series that a word finds.
func (b *browser) seriesPath(word string) string {
	b.t.Helper()
	path := regexp.MustCompile(`/series/\d+`).FindString(b.get("/series?q=" + word).body)
	if path == "" {
		b.t.Fatalf("no series is found by %q", word)
	}
	return path
}

func TestSeriesPage(t *testing.T) {
	_, b := newWorld(t)
	link := b.seriesPath("extended")
	a := b.get(link)
	wants(t, link, a.body, "v2", "v1", "xattr: write shared entries only once", "reviewed-by: Mira Okafor", "ping", "Cover letter", "merged", "ignored", "Revisions 2", "compare with v1")
}

// TestLinksHold follows every link of every page: nothing leads to nowhere.
func TestLinksHold(t *testing.T) {
	_, b := newWorld(t)
	seen := map[string]bool{"/": true}
	for queue := []string{"/"}; len(queue) > 0; queue = queue[1:] {
		a := b.get(queue[0])
		if a.code != http.StatusOK {
			t.Errorf("GET %s = %d", queue[0], a.code)
		}
		for _, href := range hrefs(t, a.body) {
			u, err := url.Parse(href)
			if err != nil {
				t.Errorf("%s: link %q: %v", queue[0], href, err)
				continue
			}
			if u.Host == "" && u.Scheme == "" && strings.HasPrefix(href, "/") && !seen[href] && len(seen) < 400 {
				seen[href] = true
				queue = append(queue, href)
			}
		}
	}
	if len(seen) < 50 {
		t.Errorf("only %d links found", len(seen))
	}
}

// hrefs are the links of a page; those to nothing but a mail that is not here
// are left out.
func hrefs(t *testing.T, page string) []string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for n := range doc.Descendants() {
		for _, a := range n.Attr {
			if a.Key == "href" {
				out = append(out, a.Val)
			}
		}
	}
	return out
}

// TestNothingWithoutLogin walks all routes: a stranger gets nothing of them.
func TestNothingWithoutLogin(t *testing.T) {
	s, _ := newWorld(t)
	b := s.browser(t)
	for _, route := range web.Routes(t) {
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("{id}", "1", "*", "meta-product").Replace(path)
		switch path {
		case "/healthz", "/readyz", "/robots.txt", "/login", "/set-password", "/static/meta-product":
			continue
		}
		a := b.do(method, path, nil)
		if method == "GET" && (a.code != http.StatusSeeOther || !strings.HasPrefix(a.location(), "/login")) {
			t.Errorf("GET %s without login = %d to %q", path, a.code, a.location())
		}
		if method != "GET" && a.code != http.StatusUnauthorized {
			t.Errorf("%s %s without login = %d", method, path, a.code)
		}
		if strings.Contains(a.body, "xattr") || strings.Contains(a.body, "meta-product@") {
			t.Errorf("%s %s without login shows something", method, path)
		}
	}
	b.header.Set("HX-Request", "true")
	if a := b.get("/changes"); a.code != http.StatusUnauthorized || a.header.Get("HX-Redirect") != "/login?next=%2Fchanges" {
		t.Errorf("htmx without login = %d, %q", a.code, a.header.Get("HX-Redirect"))
	}
}

// TestFragments asks as htmx does: the part alone, with the address to show.
func TestFragments(t *testing.T) {
	_, b := newWorld(t)
	b.header.Set("HX-Request", "true")
	for path, want := range map[string][2]string{
		"/changes?q=mkfs&status=&action=&owner=&place=&whose=": {`<section id="changes"`, "/changes?q=mkfs"},
		"/series?q=loop&state=&whose=":                         {`<section id="series"`, "/series?q=loop"},
		"/layers/meta-product?show=recipes&q=odd":              {`<div id="held"`, "/layers/meta-product?q=odd&show=recipes"},
		"/versions?q=ember&layer=":                             {`<div id="versions"`, "/versions?q=ember"},
	} {
		a := b.get(path)
		if a.code != http.StatusOK || !strings.HasPrefix(a.body, want[0]) || a.header.Get("HX-Push-Url") != want[1] {
			t.Errorf("GET %s by htmx = %d, %q, %.60s", path, a.code, a.header.Get("HX-Push-Url"), a.body)
		}
	}
	b.header.Set("HX-History-Restore-Request", "true")
	if a := b.get("/changes"); !strings.HasPrefix(a.body, "<!doctype html>") {
		t.Errorf("history by htmx gets %.60s", a.body)
	}
}

func TestNotFound(t *testing.T) {
	_, b := newWorld(t)
	for _, path := range []string{"/changes/999999", "/changes/x", "/changes/99999999999999999999", "/series/999999", "/series/-1x", "/layers/none", "/layers/", "/m/none@x", "/m/", "/nothing"} {
		a := b.get(path)
		if a.code != http.StatusNotFound && a.code != http.StatusBadRequest {
			t.Errorf("GET %s = %d", path, a.code)
		}
	}
	a := b.get("/changes/999999")
	wants(t, "not found", a.body, "Not found", "Overview", "joined with another one")
}

// TestHostileWorld shows a stranger's mail that means harm on every page where
// it can stand: the pages have the same elements as for an honest one.
func TestHostileWorld(t *testing.T) {
	s, b := newWorld(t)
	id := s.changeID(t, hostileTitle)
	seriesPath := regexp.MustCompile(`/series/\d+`).FindString(b.get("/series?q=onerror").body)
	if seriesPath == "" {
		t.Fatal("the hostile series is not listed")
	}
	for _, path := range []string{"/changes?whose=all", fmt.Sprint("/changes/", id), "/series", seriesPath, view.MessageURL(hostileID), "/sources", "/", "/layers/meta-product?show=recipes", "/layers/meta-product?show=duplicates", "/layers/meta-product?show=claims", "/versions", "/versions?show=timeline&span=all", "/versions?show=moves&every=yes", "/plan",
		movedPatchPage("<i>new</i>.patch"), view.RecipeURL(hostileTitle), view.DuplicateURL(change.DuplicateName{Kind: "fork", Layer: "meta-product", Other: "meta-community", Name: hostileTitle}), duplicatePage("fork", "emberfs-utils"),
		fmt.Sprint("/changes/", s.changeID(t, "dump: print xattr prefixes")), "/search?q=onerror", "/changes?q=" + url.QueryEscape(hostileTitle) + "&whose=all", "/login?next=" + url.QueryEscape(hostileTitle)} {
		a := b.get(path)
		if a.code >= 400 {
			t.Errorf("GET %s = %d", path, a.code)
		}
		for _, bad := range []string{"<script>alert", "<img", "<b>", "<svg/onload", `href="javascript`, "<i>mail", "<i>Upstream", "\u202e"} {
			if strings.Contains(a.body, bad) {
				t.Errorf("GET %s: the page has %s", path, bad)
			}
		}
	}
}

func TestDecide(t *testing.T) {
	s, b := newWorld(t)
	id := s.changeID(t, "mkfs: reject block sizes that the kernel cannot mount")
	path, key := fmt.Sprintf("/changes/%d/decisions", id), carriedKey("0003-mkfs-blocks.patch")
	candidate := change.CommitKey("emberfs-utils", another)
	for _, tt := range []struct {
		form []string
		want change.Decision
		says string // on the page afterwards
	}{
		{[]string{"kind", "confirm", "object", candidate}, change.Decision{Kind: change.Confirm, Object: candidate}, "ada said that commit 11aa22bb11aa of emberfs-utils is the same change"},
		{[]string{"kind", "reject", "object", candidate, "note", " other blocks "}, change.Decision{Kind: change.Reject, Object: candidate, Note: "other blocks"}, "“other blocks”"},
		{[]string{"kind", "link", "project", "emberfs-utils", "commit", " 3F2A91C "}, change.Decision{Kind: change.Link, Object: change.CommitKey("emberfs-utils", commit)}, "linked it with commit 3f2a91c03f2a of emberfs-utils"},
		{[]string{"kind", "own", "object", "Ada Larsen"}, change.Decision{Kind: change.Own, Object: "Ada Larsen"}, "made Ada Larsen its owner"},
		{[]string{"kind", "own", "object", ""}, change.Decision{Kind: change.Own}, "left its owner to the rules"},
		{[]string{"kind", "replaced", "note", "by 1.9"}, change.Decision{Kind: change.Replaced, Note: "by 1.9"}, "A person closed it."},
		{[]string{"kind", "reopen"}, change.Decision{Kind: change.Reopen}, "reopened it"},
		{[]string{"kind", "never-upstream", "note", "ours alone"}, change.Decision{Kind: change.NeverUpstream, Note: "ours alone"}, "not meant for upstream"},
		{[]string{"kind", "rejected", "note", "NAK"}, change.Decision{Kind: change.Rejected, Note: "NAK"}, "upstream does not want it"},
		{[]string{"kind", "ours"}, change.Decision{Kind: change.IsOurs}, "said that it is ours"},
	} {
		before := s.nudged
		a := b.post(path, append(tt.form, "subject", key)...)
		if a.code != http.StatusSeeOther || a.location() != fmt.Sprint("/changes/", id) {
			t.Errorf("%v = %d to %s\n%s", tt.form, a.code, a.location(), text(a.body))
			continue
		}
		all, err := s.db.Decisions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := all[len(all)-1]
		if got.Kind != tt.want.Kind || got.Object != tt.want.Object || got.Note != tt.want.Note || got.Subject != key || got.By != "ada" || !got.At.Equal(s.clock()) {
			t.Errorf("%v wrote %+v", tt.form, got)
		}
		if s.nudged != before+1 {
			t.Errorf("%v: nobody was nudged", tt.form)
		}
		page := b.get(a.location()).body
		wants(t, "the page", page, tt.says, "Written down.")
		if strings.Contains(b.get(a.location()).body, "Written down.") {
			t.Errorf("%v: the notice stays", tt.form)
		}
	}
}

func TestDecideRefuses(t *testing.T) {
	s, b := newWorld(t)
	id := s.changeID(t, "mkfs: reject block sizes that the kernel cannot mount")
	path, key := fmt.Sprintf("/changes/%d/decisions", id), carriedKey("0003-mkfs-blocks.patch")
	before, _ := s.db.Decisions(t.Context())
	for _, tt := range []struct {
		form []string
		code int
		says string
	}{
		{[]string{"kind", "confirm", "subject", carriedKey("0001-xattr-shared.patch"), "object", change.CommitKey("emberfs-utils", another)}, 400, "not part of this change"},
		{[]string{"kind", "confirm", "subject", key, "object", change.CommitKey("emberfs-utils", commit)}, 400, "not part of this change"},
		{[]string{"kind", "confirm", "subject", key}, 400, "not part of this change"},
		{[]string{"kind", "become-admin", "subject", key}, 400, "not known here"},
		{[]string{"kind", "link", "subject", key, "project", "linux", "commit", commit}, 400, "no such project"},
		{[]string{"kind", "link", "subject", key, "project", "emberfs-utils", "commit", "main"}, 422, "no commit: give at least 7 digits"},
		{[]string{"kind", "link", "subject", key, "project", "emberfs-utils", "commit", "--output=x"}, 422, "give at least 7 digits"},
		{[]string{"kind", "link", "subject", key, "project", "emberfs-utils", "commit", "abcdef1"}, 422, "has no commit abcdef1"},
		{[]string{"kind", "replaced", "subject", key, "note", "  "}, 422, "by what, or why"},
		{[]string{"kind", "own", "subject", key, "object", "Mallory"}, 422, "nobody of that name"},
		{[]string{"kind", "rejected", "subject", key, "note", strings.Repeat("x", 2001)}, 422, "too long"},
	} {
		a := b.post(path, tt.form...)
		if a.code != tt.code {
			t.Errorf("%v = %d, want %d", tt.form, a.code, tt.code)
		}
		wants(t, fmt.Sprint(tt.form), a.body, tt.says)
	}
	if a := b.post("/changes/999999/decisions", "kind", "reopen", "subject", key); a.code != http.StatusNotFound {
		t.Errorf("a decision about no change = %d", a.code)
	}
	after, err := s.db.Decisions(t.Context())
	if err != nil || len(after) != len(before) || s.nudged != 0 {
		t.Errorf("%d decisions became %d, %d nudges, %v", len(before), len(after), s.nudged, err)
	}
}

// TestErrorsAreKept checks that what went wrong inside is for the log alone.
func TestErrorsAreKept(t *testing.T) {
	s, b := newWorld(t)
	id := s.changeID(t, "mkfs: reject block sizes that the kernel cannot mount")
	a := b.get(fmt.Sprint("/changes/", id))
	wants(t, "the page", a.body, "No comparison: the commit is not in the mirror")
	if strings.Contains(a.body, "secret detail") || !strings.Contains(s.log.String(), "secret detail") {
		t.Error("the error is on the page, or not in the log")
	}
	s.db.Close()
	a = s.browser(t).post("/login", "name", "ada", "password", password)
	ref := regexp.MustCompile(`<code>([0-9a-f]{8})</code>`).FindStringSubmatch(a.body)
	if a.code != http.StatusInternalServerError || ref == nil || !strings.Contains(s.log.String(), "ref="+ref[1]) || strings.Contains(a.body, "sql") {
		t.Errorf("without a database: %d\n%s", a.code, text(a.body))
	}
}
