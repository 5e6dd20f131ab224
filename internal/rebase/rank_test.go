package rebase

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// a patch of a made-up project.
func rankPatch(status string) string {
	return "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\nFrom: Ann <ann@example.org>\n" +
		"Date: Mon, 3 Feb 2025 10:00:00 +0000\nSubject: [PATCH] reader: check the length\n\n" + status +
		"\nSigned-off-by: Ann <ann@example.org>\n---\n a.c | 2 +-\n\ndiff --git a/a.c b/a.c\nindex 1111111..2222222 100644\n--- a/a.c\n+++ b/a.c\n" +
		"@@ -10,3 +10,3 @@ int read(void)\n {\n-\treturn 0;\n+\treturn len;\n }\n"
}

func rankStep(status, from, to string) Step {
	e := Event{Commit: "c", Recipe: "tool", Date: "2025-06-01T00:00:00Z", From: from, To: to, Kind: "rename", Patch: "0001-reader.patch", Blob: "b"}
	return Steps([]Event{e}, func(Event) []byte { return []byte(rankPatch(status)) })[0]
}

func TestRank(t *testing.T) {
	for _, tt := range []struct{ status, from, to, fate, reason string }{
		{"Upstream-Status: Backport [https://example.org/tool/commit/0123456789abcdef]", "1.2.3", "1.3.0", FateDropped, "Backport, and a minor step: "},
		{"Upstream-Status: Inappropriate [oe specific]", "1.2.3", "1.2.4", FateKept, "Inappropriate, and a patch-level step: "},
		{"Upstream-Status: Pending", "1.2.3", "1.2.4", FateKept, "of 10 such patches are kept"},
		{"", "1.2.3", "1.2.4", "", "no Upstream-Status, and a patch-level step"},
	} {
		o := Rank(rankStep(tt.status, tt.from, tt.to))
		if sum := o.Kept + o.Refreshed + o.Dropped; math.Abs(sum-1) > 1e-9 {
			t.Errorf("%q: likelihoods add up to %v", tt.status, sum)
		}
		if tt.fate != "" && o.Fate != tt.fate || len(o.Reasons) == 0 || !strings.Contains(o.Reasons[0], tt.reason) {
			t.Errorf("%q %s -> %s: %+v, want %s because %q", tt.status, tt.from, tt.to, o, tt.fate, tt.reason)
		}
	}
}

// TestRankUnknown: what cannot be read is ranked by what is left.
func TestRankUnknown(t *testing.T) {
	for _, s := range []Step{{}, {Data: []byte("no patch")}, {Patch: &patch.Patch{Diff: []byte("longer than the data")}}, {At: time.Unix(0, 0), From: "git", To: "99999999999999999999"}} {
		if o := Rank(s); o.Fate == "" || math.IsNaN(o.Kept) {
			t.Errorf("%+v: %+v", s, o)
		}
	}
}

func TestStepOf(t *testing.T) {
	for _, tt := range []struct{ from, to, want string }{
		{"1.2.3", "1.2.4", stepPatch}, {"1.2.3", "1.3.0", stepMinor}, {"1.9", "2.0", stepMajor}, {"1.2", "1.2.1", stepPatch},
		{"1.3", "1.2.9", stepBack}, {"2024.01", "2024.04", stepDate}, {"20240101", "20240301", stepDate},
		{"1.2+git", "1.2+git", stepRevision}, {"", "", stepRevision}, {"1.2.3.4", "1.2.3.5", stepPatch},
	} {
		if got := stepOf(tt.from, tt.to).word; got != tt.want {
			t.Errorf("%s -> %s: %s, want %s", tt.from, tt.to, got, tt.want)
		}
	}
}

// TestPast: what happened to a patch shows in what the recipe carries later,
// and nothing later is known.
func TestPast(t *testing.T) {
	row := func(commit, day, patch, blob string) Event {
		return Event{Repo: "layer", Commit: commit, Date: "2025-0" + day + "-01T00:00:00Z", Recipe: "tool", Patch: patch, Blob: blob, Kind: "rename"}
	}
	events := []Event{
		row("1", "1", "0001-a.patch", "a"), row("1", "1", "0002-b.patch", "b"), row("1", "1", "0003-c.patch", "c"),
		row("2", "2", "0001-b.patch", "b"), row("2", "2", "0002-c.patch", "c2"),
		row("3", "3", "0001-b.patch", "b"), row("3", "3", "0002-c.patch", "c2"),
	}
	steps := Steps(events, func(Event) []byte { return nil })
	for i, want := range []Past{
		{}, {}, {},
		{Moves: 1, Recipe: 1, OfRecipe: [3]int{1, 1, 1}}, {Moves: 1, Refreshed: 1, LastAnew: true, Recipe: 1, OfRecipe: [3]int{1, 1, 1}},
		{Moves: 2, Recipe: 2, OfRecipe: [3]int{3, 1, 1}}, {Moves: 2, Refreshed: 1, Recipe: 2, OfRecipe: [3]int{3, 1, 1}},
	} {
		got := steps[i].Past
		got.Since, got.LastMove, got.LastRecipe = time.Time{}, time.Time{}, [3]int{}
		if got != want {
			t.Errorf("row %d: %+v, want %+v", i, got, want)
		}
		end := []int{3, 3, 3, 5, 5, 7, 7}[i] // what the recipe carries at a move is known then
		early := Steps(events[:end], func(Event) []byte { return nil })[i]
		if early.Past != steps[i].Past {
			t.Errorf("row %d: its past %+v depends on later moves: %+v", i, steps[i].Past, early.Past)
		}
	}
}

func TestReadEvents(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{`{"commit":"c","recipe":"r","path_before":"p"}` + "\n\n", ""},
		{`{"commit":"c","recipe":"r"}`, "line 1: not an event"},
		{"{", "line 1: not an event"},
		{`{"commit":"c","recipe":"r","patch":"p"}` + "\n[]", "line 2: not an event"},
	} {
		events, err := ReadEvents(strings.NewReader(tt.in))
		if tt.want == "" {
			if err != nil || len(events) != 1 {
				t.Errorf("%s: %v, %v", tt.in, events, err)
			}
		} else if !errors.Is(err, ErrBadEvent) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.in, err, tt.want)
		}
	}
}

func FuzzEvents(f *testing.F) {
	f.Add([]byte(`{"commit":"c","recipe":"r","patch":"0001-a.patch","from_pv":"1.2","to_pv":"1.3","date":"2025-01-01T00:00:00Z"}`), []byte(rankPatch("Upstream-Status: Pending")))
	f.Add([]byte(`{"commit":"c","recipe":"r","path_before":"-","from_pv":"v99999999999"}`), []byte("--- a\n+++ b\n"))
	f.Fuzz(func(t *testing.T, rows, data []byte) {
		events, err := ReadEvents(bytes.NewReader(rows))
		if err != nil {
			return
		}
		for _, s := range Steps(events, func(Event) []byte { return data }) {
			if o := Rank(s); math.IsNaN(o.Kept+o.Refreshed+o.Dropped) || o.Fate == "" {
				t.Fatalf("%+v", o)
			}
		}
	})
}

// TestRankFloor fits a smaller model to some recipes of the corpus and asks it
// about others.
func TestRankFloor(t *testing.T) {
	_, _, list := rankCorpus(t)
	m := fitBoosted(pick(list, func(e *example) bool { return foldOf(e.recipe, "", 4) != 1 }), chosen)
	var a tally
	for _, e := range pick(list, func(e *example) bool { return foldOf(e.recipe, "", 4) == 1 }) {
		p := m.likely(e.x)
		a.add(p, decide(p, rankBias), e.fate)
	}
	t.Log(a.String())
	if a.accuracy() < .66 || a.macroF1() < .46 {
		t.Errorf("accuracy %.3f, macro-F1 %.3f", a.accuracy(), a.macroF1())
	}
}
