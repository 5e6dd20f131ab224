package change

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// forked is a recipe of Ann's that is a fork of one of layer up.
func forked(r Relation, theirs string) *CarriedFact {
	c := carried("1.0", "")
	c.Sighting.Path = "recipes-x/libx/libx_1.0.bb"
	c.Fork = &ForkFact{Layer: "up", File: "recipes-x/libx/libx_" + theirs + ".bb", Version: theirs, Relation: r}
	return c
}

func renamed(c *CarriedFact) *CarriedFact { c.Fork.Renamed = true; return c }

func floating(c *CarriedFact) *CarriedFact { c.Floating = true; return c }

// said is what Bob says of duplicates, the oldest first.
func said(words ...string) (all []Decision) {
	for i, w := range words {
		all = append(all, Decision{ID: int64(i + 1), Kind: Disposition, Subject: "duplicate:fork:prod:up:libx", Object: w, By: "Bob", At: ago(9 - i)})
	}
	return all
}

// TestForks has one example for each rule of docs/status.md about forked
// recipes, verdicts and recipes that build whatever is newest.
func TestForks(t *testing.T) {
	for _, tt := range []struct {
		name   string
		facts  Facts
		status Status
		action Action
		told   string // part of reason or why
	}{
		{"upstream has the same recipe", Facts{Carried: forked(Identical, "1.0")}, Droppable, DropIt, "up has the same recipe|remove the recipe and what only it uses: recipes-x/libx/libx_1.0.bb"},
		{"the same, with other files", Facts{Carried: forked(Beside, "1.0")}, Local, UpdateFork, "by a bbappend to up's"},
		{"upstream went on, nothing is ours", Facts{Carried: forked(LeftBehind, "1.2")}, Local, UpdateFork, "it is what up's was before, which has 1.2 now|drop the fork"},
		{"upstream overtook it", Facts{Carried: forked(Older, "1.2")}, Local, UpdateFork, "up has 1.2: rebase the fork onto it, or drop the fork"},
		{"upstream is behind", Facts{Carried: forked(Newer, "0.9")}, Local, PostIt, "up has 0.9 only: send it the upgrade"},
		{"the same version, edited", Facts{Carried: forked(Same, "1.0")}, Local, PostIt, "send what differs to up"},
		{"versions without order", Facts{Carried: forked(Unordered, "git")}, Local, UpdateFork, "cannot be told"},
		{"upstream dropped its recipe", Facts{Carried: forked(Gone, "")}, Local, NoAction, "up dropped its recipe: only we have it now"},
		{"of another name", Facts{Carried: renamed(forked(Older, "1.2"))}, Local, NoAction, "a fork of up's recipes-x/libx/libx_1.2.bb"},
		{"what differs is on the list", Facts{Carried: forked(Same, "1.0"), Posted: []PostedFact{posted("ann@example.org", 3, "new")}}, InReview, Wait, "posted 2026-02-26"},
		{"what differs is on another branch of theirs", Facts{Carried: forked(Same, "1.0"), Matches: []Match{landed()}}, InUpstream, Wait, "drop the fork when up comes to what has it"},
		{"the layer dropped it", Facts{Carried: func() *CarriedFact { c := forked(Identical, "1.0"); c.Gone = ago(7); return c }()}, NotCarried, NoAction, "2026-02-22"},

		{"said to be ours alone", Facts{Carried: forked(Older, "1.2"), Verdicts: said("Distro-specific")}, StaysLocal, NoAction, `Bob said "Distro-specific" of it on 2026-02-20`},
		{"said to be the same", Facts{Carried: forked(Older, "1.2"), Verdicts: said("Equivalent")}, Droppable, DropIt, `Bob said "Equivalent"`},
		{"said to be needed no more", Facts{Carried: renamed(forked(Older, "1.2")), Verdicts: said("Obsolete")}, Droppable, DropIt, "remove the recipe"},
		{"said to be nowhere else", Facts{Carried: forked(Older, "1.2"), Verdicts: said("Not available")}, Local, PostIt, "up has nothing like it"},
		{"somebody thought better of it", Facts{Carried: forked(Older, "1.2"), Verdicts: said("Equivalent", "Distro-specific")}, StaysLocal, NoAction, ""},
		{"and takes it back", Facts{Carried: forked(Older, "1.2"), Verdicts: said("Equivalent", "Distro-specific", "")}, Local, UpdateFork, ""},
		{"opened again since", Facts{Carried: forked(Older, "1.2"), Verdicts: said("Distro-specific"), Decisions: []Decision{{Kind: Reopen, At: ago(1)}}}, Local, UpdateFork, ""},
		{"a patch that is not needed", Facts{Carried: carried("1.0", ""), Claims: claimed("Pending"), Verdicts: said("Not needed")}, Droppable, DropIt, "remove the patch file"},
		{"a patch to be looked at", Facts{Carried: carried("1.0", ""), Claims: claimed("Pending"), Verdicts: said("Further review")}, Local, PostIt, ""},

		{"builds whatever is newest", Facts{Carried: floating(carried("1.1", "v1.1")), Claims: claimed("Backport"), Matches: []Match{landed("v1.1")}},
			InUpstream, Wait, "first in v1.1; whether that is built is not known, the recipe builds whatever is newest (AUTOREV)"},
		{"the same, in no tag", Facts{Carried: floating(carried("1.1", "")), Claims: claimed("Pending"), Matches: []Match{landed()}}, InUpstream, CorrectTag, "(AUTOREV)"},
	} {
		tt.facts.Ours = true
		j := Judge(tt.facts, team, now)
		if told := j.Reason + "|" + j.Why; j.Status != tt.status || j.Action != tt.action || !strings.Contains(told, tt.told) {
			t.Errorf("%s: %s, action %q (%s), want %s, %q, with %q", tt.name, j.Status, j.Action, told, tt.status, tt.action, tt.told)
		}
	}
}

func TestCheckDisposition(t *testing.T) {
	recipe, file := DuplicateKey("fork", "prod", "libx", "up"), DuplicateKey("patch", "prod", "a:b/c.patch", "up")
	for _, tt := range []struct {
		subject, object, want string // part of the error; "" for none
	}{
		{recipe, "Equivalent", ""},
		{recipe, "", ""},
		{file, "Not needed", ""},
		{recipe, "Not needed", `"Not needed": no such verdict; it can be Direct match, Equivalent, Provided`},
		{file, "equivalent", "it can be Apply, Further review"},
		{"carried:prod@main:a.patch", "Equivalent", "is no duplicate"},
		{"duplicate:fork:prod", "Equivalent", "is no duplicate"},
	} {
		err := CheckDisposition(Decision{Kind: Disposition, Subject: tt.subject, Object: tt.object})
		if (err == nil) != (tt.want == "") || err != nil && (!errors.Is(err, ErrVerdict) || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%q of %s: %v, want %q", tt.object, tt.subject, err, tt.want)
		}
	}
	if n, ok := ParseDuplicateKey(file); !ok || n != (DuplicateName{"patch", "prod", "up", "a:b/c.patch"}) {
		t.Errorf("ParseDuplicateKey(%s) = %+v, %v", file, n, ok)
	}
}

// Every word means something for the kind that it is of, and each effect has
// one.
func TestEffects(t *testing.T) {
	has := map[effect]bool{}
	for _, w := range append(RecipeVerdicts(), PatchVerdicts()...) {
		has[effectOf(w)] = true
	}
	for _, w := range RecipeVerdicts() {
		if effectOf(w) == onlyTold {
			t.Errorf("nothing follows from %q", w)
		}
	}
	if len(has) != 4 || effectOf("anything") != onlyTold {
		t.Errorf("effects of all words: %v", has)
	}
}

func anyFork(t *rapid.T) *ForkFact {
	return &ForkFact{
		Layer: "up", File: "libx_2.bb", Version: rapid.SampledFrom([]string{"", "2"}).Draw(t, "theirs"), Renamed: rapid.Bool().Draw(t, "renamed"),
		Relation: rapid.SampledFrom([]Relation{Identical, Beside, LeftBehind, Gone, Same, Older, Newer, Unordered}).Draw(t, "relation"),
	}
}

func anyVerdicts(t *rapid.T) (all []Decision) {
	for i := range rapid.IntRange(0, 3).Draw(t, "verdicts") {
		all = append(all, Decision{
			ID: int64(i + 1), Kind: Disposition, Subject: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "about"),
			Object: rapid.SampledFrom(append(RecipeVerdicts(), "", "Not needed", "Apply")).Draw(t, "word"),
			By:     "Ann", At: now.Add(-time.Duration(rapid.IntRange(0, 99).Draw(t, "hours")) * time.Hour),
		})
	}
	return all
}
