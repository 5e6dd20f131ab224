package web_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/web/view"
)

// duplicatePage is the page of a duplicate of the two layers of the world.
func duplicatePage(kind, name string) string {
	return view.DuplicateURL(change.DuplicateName{Kind: kind, Layer: "meta-product", Other: "meta-community", Name: name})
}

func TestLayerPages(t *testing.T) {
	s, b := newWorld(t)
	delta := regexp.MustCompile(`/changes/\d+`).FindString(b.get(duplicatePage("fork", "emberfs-utils")).body)
	for _, tt := range []struct {
		path  string
		words []string
		not   string
	}{
		{"/layers", []string{"from 2 to 12 patches over its history", "wrong claims 1", "forks 2"}, ""},
		{"/layers/meta-product", []string{"from 2 to 12 patches, from 2 to 2 forks", "made anew 9 times", "307 lines", "bruno@example.com", "CVE-2026-1234", "claim not so", "it was merged as commit",
			"claim so, and the file can go", "2026-03-15: 11 patches, 2 forks, 11 recipes", "commit/?id=" + fmt.Sprintf("%040x", 9)}, "what is ours"},
		{"/layers/meta-product?q=CVE-2026-1234", []string{"0004-dump-prefix.patch", "1–1 of 1 row"}, ""},
		{"/layers/meta-product?show=first", []string{"dump: print xattr prefixes", "delta of a fork", "made anew 9 times +26", "does not apply to v1.9 +17", "mends CVE-2026-1234 +10", "Bruno Keller",
			"Not ranked: 1 because it is upstream; 1 because its Upstream-Status says Backport.", "1–3 of 3 rows"}, "mkfs: reject"},
		{"/layers/meta-product?show=first&owner=Bruno+Keller", []string{"dump: print", "1–1 of 1 row"}, "fsck: check"},
		{"/layers/meta-product?show=duplicates", []string{"62 % alike", "we had it first", "upstream had it first", "had it, and dropped it", "without verdict 4"}, ""},
		{"/layers/meta-product?show=claims", []string{"not so 1", "stale 1", "it was merged as commit 3f2a91c03f2a"[3:], "commit 3f2a91c03f2a of emberfs-utils", `href="/m/q2@x"`, "Upstream-Status: Backport [https://git", "delete the file and its entry",
			"in what meta-community has", "upstreamd fix", "javascript:alert(1)"}, ""},
		{"/layers/meta-product?show=claims&kind=drop", []string{"1–1 of 1 row", "1.9 has it"}, "Pending for 3 years"},
		{"/layers/meta-product?show=news", []string{"upstream dropped it", "upstream is newer", "theirs 1.9, ours 1.7.1", "upstream got it", "1–3 of 3 rows"}, ""},
		{"/layers/meta-product?show=news&kind=added", []string{"1–1 of 1 row"}, "dropped it 20"},
		{"/layers/meta-community?show=news", []string{"No recipes"}, "Upstream this first"},
		{duplicatePage("fork", "emberfs-utils"), []string{"ours is older", "62 % alike", "meta-fs/recipes-filesystems", "What upstream did since", "Direct match", "what is ours, as a change", delta,
			"lines of theirs are in ours", "&lt;b&gt;", "<mark>", "zstd", "commit/?id=" + commit}, "Take back"},
		{duplicatePage("patch", layerDir+"0003-mkfs-blocks.patch"), []string{"same diff", "It had it, and dropped it by", "Further review", "lib/xattr.c", "5 of 6"}, "Direct match"},
		{duplicatePage("fork", hostileTitle), []string{"the files are not here"}, "secret detail"},
		{"/duplicates?kind=append-dangling&layer=meta-product&name=jsonq", []string{"no recipe of that name", "there is only one side"}, ""},
		{"/recipes/emberfs-utils", []string{"meta-product", "1.7.1", "ours is older", "Carried by meta-product", "0004-dump-prefix.patch", "emberfs-utils_1.7.1.bb"}, "delta"},
		{"/search?q=ember", []string{"emberfs-utils", "1 layer", `href="/recipes/emberfs-utils"`}, ""},
		{"/", []string{"Claims found wrong", "1 not so", "1 can go", "News of upstream layers", "upstream is newer", "3 in 90 days", "Moved versions 2 recipes behind", "need work at the newest version 1", "are in it and can go 1", "1.7.1 → 1.9", "Move to next/<b>release</b>"}, ""},
		{fmt.Sprint("/changes/", s.changeID(t, "dump: print xattr prefixes")), []string{"Carrying it", "“This is <b>for us</b> alone. There is no plan.”", "made anew 9 times", "claim malformed or missing", "Upstream-Status: Pending"}, ""},
		{delta, []string{"side by side with meta-community", "/duplicates?kind=fork"}, ""},
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
	if log := s.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("the log has errors:\n%s", log)
	}
	for _, path := range []string{"/recipes/none", "/recipes/", "/duplicates", duplicatePage("fork", "none"), duplicatePage("fork", "emberfs-utils") + "x"} {
		if a := b.get(path); a.code != http.StatusNotFound {
			t.Errorf("GET %s = %d", path, a.code)
		}
	}
	if a := b.get(duplicatePage("fork", "emberfs-utils") + "&pair=99999999999999999999&all=yes"); a.code != http.StatusOK || strings.Contains(a.body, "left out") {
		t.Errorf("the last pair, whole = %d", a.code)
	}
}

// TestVerdict gives a verdict on a duplicate, and takes it back.
func TestVerdict(t *testing.T) {
	s, b := newWorld(t)
	page := duplicatePage("fork", "emberfs-utils")
	about := []string{"kind", "fork", "layer", "meta-product", "other", "meta-community", "name", "emberfs-utils"}
	send := func(more ...string) reply {
		return b.post("/duplicates/decisions", append(append([]string{}, about...), more...)...)
	}
	for _, tt := range []struct {
		form []string
		want int
	}{
		{[]string{"object", "Whatever"}, http.StatusBadRequest},
		{[]string{"object", "Apply"}, http.StatusBadRequest}, // a word for patches
		{[]string{"object", "Replaced", "note", strings.Repeat("x", 2001)}, http.StatusUnprocessableEntity},
		{[]string{"object", "Equivalent", "note", "theirs is <b>newer</b>"}, http.StatusSeeOther},
	} {
		if a := send(tt.form...); a.code != tt.want {
			t.Errorf("POST %q = %d, want %d", tt.form, a.code, tt.want)
		}
	}
	if a := b.post("/duplicates/decisions", "kind", "fork", "layer", "meta-product", "other", "meta-community", "name", "none", "object", "Equivalent"); a.code != http.StatusNotFound {
		t.Errorf("a verdict on nothing = %d", a.code)
	}
	wants(t, page, b.get(page).body, "ada said: Equivalent", "“theirs is <b>newer</b>”", "Now: Equivalent", "Take back", `selected>Equivalent`)
	wants(t, "the list", b.get("/layers/meta-product?show=duplicates").body, "Equivalent", "without verdict 3")
	wants(t, "without verdict", b.get("/layers/meta-product?show=duplicates&open=yes").body, "1–3 of 3 rows")
	if s.nudged != 1 {
		t.Errorf("the stages were told %d times", s.nudged)
	}
	if a := send("object", ""); a.code != http.StatusSeeOther {
		t.Errorf("taken back = %d", a.code)
	}
	body := b.get(page).body
	wants(t, page, body, "ada took the verdict back", "ada said: Equivalent")
	if strings.Contains(body, "Take back") {
		t.Error("it can be taken back twice")
	}
	all, err := s.db.Decisions(t.Context())
	last := all[len(all)-1]
	if err != nil || last.Kind != change.Disposition || last.Subject != change.DuplicateKey("fork", "meta-product", "emberfs-utils", "meta-community") || last.By != "ada" {
		t.Errorf("decision = %+v, %v", last, err)
	}
}
