package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/change"
)

// TestSeriesReview: who waits for whom, what each mail means, robots apart from
// people, and what the series has to do with others.
func TestSeriesReview(t *testing.T) {
	_, b := newWorld(t)
	a := b.get(b.seriesPath("extended"))
	wants(t, "the page", a.body, "waiting on us", "6 weeks", `Ada Larsen to answer Mira Okafor: "Does this cope with <i>no index</i> at all?"`,
		"Sent twice, 4 answers by 2 people, 2 questions, 1 review trailer, 1 ping, 1 robot report.", "asks “Why not check the count first?”",
		"What robots say", "found something “FAIL: test_signed_off”", "about patch 2", "superseded", "V2 takes its place.",
		"What changed since v1 1 changed, 1 unchanged", "Meant for", "emberfs-utils@main", "its list is <b>linux-ember</b>", `href="/layers/meta-community"`, "Depends on", "20260101-gone-0123456789ab", "not here, known by change-id",
		"Cyd Moreau seems to go on with it", "Yes, it goes on with ours", "https://git.example.org/emberfs-utils/commit/?id="+commit)
	for _, lane := range []string{"sent", "us", "reviewers", "robots"} {
		wants(t, "the picture", a.body, `<span class="lane-word">`+lane+"</span>")
	}
	other := b.get(b.seriesPath("loop"))
	wants(t, "the other side", other.body, "Goes on with", "emberfs: extended attributes", "Others sent it")
	if strings.Contains(other.body, "Separate v1") || strings.Contains(other.body, "lane-word") {
		t.Error("one revision without an answer has a picture, or can be separated")
	}
}

func TestRange(t *testing.T) {
	_, b := newWorld(t)
	path := b.seriesPath("extended")
	all := b.get(path + "/range")
	wants(t, "the range", all.body, "1 changed, 1 unchanged.", "From v1 to v2", "“goto out;” became “goto clean;”", "What the author says changed", "fsck: leave by the label that cleans up (Mira)",
		"+ Write shared entries only once, and leave cleanly", "changed, now patch 2", "unchanged, was patch 1", `href="/m/p2@x"`, `href="/m/q2@x"`, "The cover letter changed", "+ Changes in v2:")
	one := b.get(path + "/range?pair=2")
	wants(t, "one pair", one.body, "One patch alone.", "<details open", "goto <mark>clean</mark>")
	if strings.Contains(one.body, "What the author says") {
		t.Error("the page of one pair has more")
	}
	none := b.get(b.seriesPath("loop") + "/range")
	wants(t, "one revision", none.body, "One revision only")
	for _, q := range []string{"?old=x", "?new=999999", "?old=1&new=0"} {
		if a := b.get(path + "/range" + q); a.code != http.StatusBadRequest {
			t.Errorf("GET range%s = %d", q, a.code)
		}
	}
	if a := b.get("/series/999999/range"); a.code != http.StatusNotFound {
		t.Errorf("the range of no series = %d", a.code)
	}
}

// TestRangeUnread compares what is left when a mail cannot be read, and says so.
func TestRangeUnread(t *testing.T) {
	s, b := newWorld(t)
	s.lost = "q2@x"
	path := b.seriesPath("extended")
	a := b.get(path + "/range")
	wants(t, "the range", a.body, "Patch 2 of v2 is not compared: the patch is not here any more.", "1 unchanged.", "not read", "not read, now patch 2")
	if strings.Contains(a.body, "secret detail") || !strings.Contains(s.log.String(), "secret detail") {
		t.Error("the error is on the page, or not in the log")
	}
	page := b.get(path).body
	wants(t, "the series", page, "What changed since v1")
	if strings.Contains(text(page), "1 unchanged") {
		t.Error("the series sums up what could not be read")
	}
}

func TestDecideSeries(t *testing.T) {
	s, b := newWorld(t)
	path := b.seriesPath("extended")
	first, second, other := change.PostedKey("c1@x"), change.PostedKey("c2@x"), change.PostedKey("s1@x")
	for _, tt := range []struct {
		form []string
		want []string
		says string
	}{
		{[]string{"kind", "not-ours", "subject", second}, []string{"not-ours c2@x "}, "said that it is not ours"},
		{[]string{"kind", "ours", "subject", second}, []string{"ours c2@x "}, "said that it is ours"},
		{[]string{"kind", "abandoned", "subject", second, "note", "nobody has <b>time</b>"}, []string{"abandoned c2@x "}, "closed it: nobody goes on with it"},
		{[]string{"kind", "reopen", "subject", second}, []string{"reopen c2@x "}, "reopened it"},
		{[]string{"kind", "rejected", "subject", second, "note", "no"}, []string{"rejected c2@x "}, "A person closed it"},
		{[]string{"kind", "separate", "subject", second, "note", "another thing"}, []string{"separate c2@x c1@x"}, "are not one series"},
		{[]string{"kind", "separate", "subject", first}, []string{"separate c1@x c2@x"}, "are not one series"},
		{[]string{"kind", "join", "subject", second, "object", other}, []string{"join c2@x s1@x"}, "both become one"},
		{[]string{"kind", "separate", "subject", second, "object", other}, []string{"separate c2@x s1@x"}, "A person said that it does not"},
		{[]string{"kind", "join", "subject", first, "object", other}, []string{"join c1@x s1@x", "join c2@x s1@x"}, "both become one"},
	} {
		before, nudged := len(s.decisions(t)), s.nudged
		a := b.post(path+"/decisions", tt.form...)
		if a.code != http.StatusSeeOther || a.location() != path {
			t.Errorf("%v = %d to %s\n%s", tt.form, a.code, a.location(), text(a.body))
			continue
		}
		var got []string
		for _, d := range s.decisions(t)[before:] {
			got = append(got, strings.ReplaceAll(string(d.Kind)+" "+d.Subject+" "+d.Object, "posted:", ""))
			if d.By != "ada" || !d.At.Equal(s.clock()) {
				t.Errorf("%v wrote %+v", tt.form, d)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || s.nudged != nudged+1 {
			t.Errorf("%v: %d nudges, decisions (-want +got):\n%s", tt.form, s.nudged-nudged, diff)
		}
		wants(t, "the page", b.get(path).body, tt.says, "Written down.")
		s.advance(1e9)
	}
	wants(t, "all that was said", b.get(path).body, "nobody has <b>time</b>", "said that v2, 2026-02-13 and s1@x are not one series", "said that it is not ours")
}

func (s *site) decisions(t *testing.T) []change.Decision {
	t.Helper()
	all, err := s.db.Decisions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestDecideSeriesRefuses(t *testing.T) {
	s, b := newWorld(t)
	path, key := b.seriesPath("extended"), change.PostedKey("c2@x")
	before := len(s.decisions(t))
	for _, tt := range []struct {
		form []string
		code int
		says string
	}{
		{[]string{"kind", "ours", "subject", change.PostedKey("s1@x")}, 400, "not part of this series"},
		{[]string{"kind", "become-admin", "subject", key}, 400, "not known here"},
		{[]string{"kind", "own", "subject", key, "object", "Mallory"}, 400, "not known here"},
		{[]string{"kind", "abandoned", "subject", key, "note", " "}, 422, "Say why"},
		{[]string{"kind", "rejected", "subject", key, "note", strings.Repeat("x", 2001)}, 422, "too long"},
		{[]string{"kind", "join", "subject", key}, 400, "names no other series"},
		{[]string{"kind", "join", "subject", key, "object", change.PostedKey("p1@x")}, 400, "names no other series"},
		{[]string{"kind", "join", "subject", key, "object", "commit:x:y"}, 400, "names no other series"},
		{[]string{"kind", "join", "subject", key, "object", change.PostedKey("gone@x")}, 404, "Not found"},
	} {
		a := b.post(path+"/decisions", tt.form...)
		if a.code != tt.code {
			t.Errorf("%v = %d, want %d", tt.form, a.code, tt.code)
		}
		wants(t, strings.Join(tt.form, " "), a.body, tt.says)
	}
	alone := b.post(b.seriesPath("loop")+"/decisions", "kind", "separate", "subject", change.PostedKey("s1@x"))
	wants(t, "one revision", alone.body, "It is the only revision")
	if n := len(s.decisions(t)); n != before || s.nudged != 0 {
		t.Errorf("%d decisions became %d, %d nudges", before, n, s.nudged)
	}
}

// TestJoinSearch finds the series to join with by whatever a person has of it.
func TestJoinSearch(t *testing.T) {
	_, b := newWorld(t)
	path := b.seriesPath("loop")
	const yes = `name="object" value="posted:c1@x"`
	for query, found := range map[string]bool{
		"extended": true, "q1@x": true, "<r1@x>": true, "https://lore.example.org/linux-ember/q2@x/": true, "https://lore.example.org/r/p1%40x/T/%23u": true,
		"loop": false, "s1@x": false, "xyzzy": false, "https://lore.example.org/": false, `" OR *`: false,
	} {
		a := b.get(path + "?join=" + strings.NewReplacer("%", "%25", " ", "+", "<", "%3C", ">", "%3E", `"`, "%22").Replace(query))
		if got := strings.Contains(a.body, yes); a.code != http.StatusOK || got != found {
			t.Errorf("join=%s: %d, found %v, want %v", query, a.code, got, found)
		}
	}
}
