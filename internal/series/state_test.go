package series

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

var people = map[string]mailing.Person{
	"ann": {Name: "Ann Author", Email: "ann@team.example"}, // who posts
	"tim": {Name: "Tim Team", Email: "tim@team.example"},   // her colleague
	"bob": {Name: "Bob Reviewer", Email: "bob@x"},
	"eve": {Name: "Eve Maintainer", Email: "eve@x"},
	"lab": {Name: "test robot", Email: "robot@x"},
}

func onDay(n int) time.Time { return time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, n) }

// story makes facts of events in order of time, parted by ";": "0 v1/2" is the
// first version with two patches, "0 v1/2 rfc" and "... resend" are marked so;
// "5 bob asked q why 1" is a sign of day five by mail q on patch 1, in words
// "why"; "6 ann said a to=q" answers it. Events follow the version they are of.
func story(events string) Facts {
	f := Facts{Patience: 21 * 24 * time.Hour, Side: []mailing.Person{people["ann"], people["tim"]}}
	for event := range strings.SplitSeq(events, ";") {
		w := strings.Fields(event)
		day, _ := strconv.Atoi(w[0])
		if strings.HasPrefix(w[1], "v") {
			r := Revision{Key: w[1], At: onDay(day), Poster: people["ann"], RFC: slices.Contains(w, "rfc"), Resend: slices.Contains(w, "resend")}
			fmt.Sscanf(w[1], "v%d/%d", &r.Version, &r.Patches)
			f.Revisions = append(f.Revisions, r)
			continue
		}
		s := Sign{Kind: SignKind(w[2]), MessageID: w[3], Name: people[w[1]].Name, Address: people[w[1]].Email, At: onDay(day)}
		for _, more := range w[4:] {
			if n, err := strconv.Atoi(more); err == nil {
				s.Parts = append(s.Parts, n)
			} else if to, ok := strings.CutPrefix(more, "to="); ok {
				s.To = to
			} else if more == "bad" {
				s.Bad = true
			} else {
				s.Text = more
			}
		}
		if s.To == "" {
			s.To = "patch"
		}
		review := &f.Revisions[len(f.Revisions)-1].Review
		review.Signs = append(review.Signs, s)
	}
	return f
}

// line is a judgement on one line: state, reason, who has to act and what for
// since which day, and the day on which the clock changes it.
func (j Judgement) line() string {
	day := func(t time.Time) int { return int(t.Sub(onDay(0)).Hours() / 24) }
	s := fmt.Sprintf("%s: %s", j.State, j.Reason)
	if j.WaitingOn != "" {
		s += fmt.Sprintf(" | %s since %d: %s", j.WaitingOn, day(j.WaitingSince), j.WaitingFor)
	}
	if !j.ValidUntil.IsZero() {
		s += fmt.Sprintf(" | until %d", day(j.ValidUntil))
	}
	return s
}

// TestJudge has one example or more for each row of the table in docs/mail.md.
func TestJudge(t *testing.T) {
	closed := func(how, note string) func(*Facts) {
		return func(f *Facts) { f.Closed = Closing{How: how, By: "Tim Team", At: onDay(9), Note: note} }
	}
	landed := func(n int) func(*Facts) {
		return func(f *Facts) { f.Landed, f.LandedWhy = n, "commit 0123456 of zlib" }
	}
	gone := func(f *Facts) { f.Gone = Successor{"k", "zlib: new work"} }
	outdated := func(f *Facts) { f.Outdated = Breakage{"it does not apply to main", onDay(8)} }
	for _, tt := range []struct {
		name   string
		events string
		more   func(*Facts)
		want   string
	}{
		{"a person closed it: abandoned", "0 v1/2", closed("abandoned", "no need"), "abandoned: Tim Team decided on 2024-03-10: it is abandoned: no need"},
		{"rejected", "0 v1/2", closed("rejected", ""), "rejected: Tim Team decided on 2024-03-10: upstream will not take it"},
		{"replaced", "0 v1/2", closed("replaced", ""), "superseded: Tim Team decided on 2024-03-10: something else takes its place"},
		{"never upstream", "0 v1/2; 1 eve took a", closed("never-upstream", ""), "abandoned: Tim Team decided on 2024-03-10: it is not meant for upstream"},
		{"closed with patches merged", "0 v1/2", func(f *Facts) { closed("abandoned", "")(f); landed(1)(f) },
			"abandoned: Tim Team decided on 2024-03-10: it is abandoned; 1 of 2 patches are merged: commit 0123456 of zlib"},
		{"merged", "0 v1/2; 1 bob objects a", landed(2), "merged: commit 0123456 of zlib"},
		{"another series", "0 v1/2", gone, `superseded: the series "zlib: new work" takes its place`},
		{"reverted", "0 v1/2; 4 eve took a", func(f *Facts) { f.Reverted = "commit 0123456 of zlib, reverted by 89abcde" },
			"changes requested: it was merged and taken back: commit 0123456 of zlib, reverted by 89abcde | us since 4: Ann Author to revise it"},
		{"partly merged", "0 v1/2; 3 eve said a", landed(1), "partly merged: 1 of 2 patches: commit 0123456 of zlib | them since 3: anybody to take the other patches"},
		{"applied is a claim", "0 v1/2; 4 eve took a", nil, "applied: Eve Maintainer says it was applied | them since 4: Eve Maintainer to publish it"},
		{"applied ends wishes", "0 v1/2; 1 bob wanted a; 2 bob asked b; 4 eve took c", nil, "applied: Eve Maintainer says it was applied | them since 4: Eve Maintainer to publish it"},
		{"every patch applied by itself", "0 v1/2; 4 eve took a 1; 5 eve took b 2", nil, "applied: Eve Maintainer says it was applied | them since 5: Eve Maintainer to publish it"},
		{"one of two applied", "0 v1/2; 4 eve took a 1", nil, "under review: Eve Maintainer says that 1 of 2 patches were applied | them since 4: Eve Maintainer to go on with the review | until 25"},
		{"a question after it was taken", "0 v1/1; 4 eve took a; 5 bob asked b why?", nil, `applied: Eve Maintainer says it was applied | us since 5: Ann Author to answer Bob Reviewer: "why?"`},
		{"refused", "0 v1/2; 4 eve refused a no-way", nil, `rejected: Eve Maintainer says that it will not be taken: "no-way"`},
		{"refused after it was taken", "0 v1/2; 4 eve took a; 5 eve refused b", nil, "rejected: Eve Maintainer says that it will not be taken"},
		{"refused, then taken", "0 v1/2; 4 eve refused a; 5 eve took b", nil, "applied: Eve Maintainer says it was applied | them since 5: Eve Maintainer to publish it"},
		{"NAK", "0 v1/2; 3 bob objects a", nil, "changes requested: NAK by Bob Reviewer | us since 3: Ann Author to change what Bob Reviewer wants changed, or to answer"},
		{"changes wanted", "0 v1/2; 3 bob wanted a please-rebase", nil, `changes requested: Bob Reviewer wants it changed: "please-rebase" | us since 3: Ann Author to change what Bob Reviewer wants changed, or to answer`},
		{"wanted and answered", "0 v1/2; 3 bob wanted a; 4 tim said b to=a", nil, "changes requested: Bob Reviewer wants it changed | them since 4: Bob Reviewer to answer Ann Author | until 25"},
		{"wanted and promised", "0 v1/2; 3 bob wanted a; 4 ann promised b will-do to=a", nil, "changes requested: Bob Reviewer wants it changed | us since 4: Ann Author to change it as promised"},
		{"promised unasked", "0 v1/2; 4 ann promised b will-do", nil, `changes requested: Ann Author says that it will be changed: "will-do" | us since 4: Ann Author to change it as promised`},
		{"taken back by agreement", "0 v1/1; 3 bob objects a; 4 ann said b to=a; 5 bob agreed c reviewed-by", nil, "reviewed: every patch has a review trailer, by Bob Reviewer | them since 5: anybody to take it | until 26"},
		{"who agrees all the same does not insist", "0 v1/1; 3 bob wanted a nit; 3 bob agreed a acked-by", nil, "reviewed: every patch has a review trailer, by Bob Reviewer | them since 3: anybody to take it | until 24"},
		{"an older version's wishes", "0 v1/1; 3 bob objects a; 6 v2/1", nil, "new: no answer yet | them since 6: anybody to review it | until 27"},
		{"what is said of it later", "0 v1/1; 6 v2/1", func(f *Facts) {
			f.Revisions[0].Review.Signs = story("0 v1/1; 8 bob objects a; 9 bob agreed b reviewed-by").Revisions[0].Review.Signs
		}, "changes requested: NAK by Bob Reviewer | us since 8: Ann Author to change what Bob Reviewer wants changed, or to answer"},
		{"reviewed", "0 v1/2; 2 bob agreed a reviewed-by 1; 3 eve agreed b acked-by 2", nil, "reviewed: every patch has a review trailer, by Bob Reviewer, Eve Maintainer | them since 3: anybody to take it | until 24"},
		{"reviewed by a colleague", "0 v1/1; 2 tim agreed a reviewed-by", nil, "reviewed: every patch has a review trailer, by Tim Team | them since 0: anybody to take it | until 23"},
		{"one's own trailer", "0 v1/1; 2 ann agreed a reviewed-by", nil, "new: no answer yet | them since 0: anybody to review it | until 23"},
		{"half", "0 v1/2; 2 bob agreed a reviewed-by 1", nil, "under review: 1 of 2 patches have a review trailer, by Bob Reviewer | them since 2: Bob Reviewer to go on with the review | until 23"},
		{"tested is not reviewed", "0 v1/1; 2 bob agreed a tested-by", nil, "under review: answered by Bob Reviewer | them since 2: Bob Reviewer to go on with the review | until 23"},
		{"asked", "0 v1/1; 2 bob asked a why?", nil, `under review: answered by Bob Reviewer | us since 2: Ann Author to answer Bob Reviewer: "why?"`},
		{"asked and answered further down", "0 v1/1; 2 bob asked a; 3 bob said b to=a; 4 ann said c to=b", nil, "under review: answered by Bob Reviewer | them since 4: Bob Reviewer to go on with the review | until 25"},
		{"asked, and another one answered", "0 v1/1; 2 bob asked a; 3 eve said b; 4 ann said c to=b", nil, "under review: answered by Bob Reviewer, Eve Maintainer | us since 2: Ann Author to answer Bob Reviewer"},
		{"a ping is no answer", "0 v1/1; 2 bob asked a; 4 ann pinged c to=a", nil, "under review: answered by Bob Reviewer | us since 2: Ann Author to answer Bob Reviewer"},
		{"silence", "0 v1/2; 2 ann pinged a", nil, "new: no answer yet | them since 0: anybody to review it | until 23"},
		{"not whole", "0 v1/2", func(f *Facts) { f.Revisions[0].Flaw = "without part 2 of 2" }, "new: no answer yet | them since 0: anybody to review it, which came without part 2 of 2 | until 21"},
		{"a robot is no voice", "0 v1/1; 2 lab checked a fine", nil, "new: no answer yet | them since 0: anybody to review it | until 21"},
		{"a robot found something", "0 v1/1; 2 lab checked a FAIL bad", nil, `new: no answer yet | us since 2: Ann Author to look at what test robot found: "FAIL"`},
		{"a robot is content now", "0 v1/1; 2 lab checked a FAIL bad; 3 lab checked b PASS", nil, "new: no answer yet | them since 0: anybody to review it | until 21"},
		{"stale", "0 v1/2; 1 bob said a; 19 lab checked b fine", func(f *Facts) { f.Patience = 19 * 24 * time.Hour },
			"stale: no sign of life since 2024-03-02, patience is 19 days; before: answered by Bob Reviewer | them since 1: Bob Reviewer to go on with the review"},
		{"not while we have to act", "0 v1/2; 1 bob asked a", func(f *Facts) { f.Patience = time.Hour }, "under review: answered by Bob Reviewer | us since 1: Ann Author to answer Bob Reviewer"},
		{"its branch left it behind", "0 v1/2; 1 bob said a", outdated,
			"under review: answered by Bob Reviewer; it does not apply to main | us since 8: Ann Author to rebase it"},
		{"the same, and it will not be stale", "0 v1/2", func(f *Facts) { outdated(f); f.Patience = time.Hour },
			"new: no answer yet; it does not apply to main | us since 8: Ann Author to rebase it"},
		{"the same, and asked", "0 v1/1; 2 bob asked a", outdated,
			"under review: answered by Bob Reviewer; it does not apply to main | us since 2: Ann Author to answer Bob Reviewer, and to rebase it"},
		{"the same, and half of it is there", "0 v1/2", func(f *Facts) { outdated(f); landed(1)(f) },
			"partly merged: 1 of 2 patches: commit 0123456 of zlib; it does not apply to main | us since 8: Ann Author to rebase it"},
		{"the same, but it was taken", "0 v1/2; 4 eve took a", outdated, "applied: Eve Maintainer says it was applied | them since 4: Eve Maintainer to publish it"},
		{"the same, but it was refused", "0 v1/2; 4 eve refused a", outdated, "rejected: Eve Maintainer says that it will not be taken"},
		{"the same, but it is merged", "0 v1/2", func(f *Facts) { outdated(f); landed(2)(f) }, "merged: commit 0123456 of zlib"},
		{"endless patience", "0 v1/2", func(f *Facts) { f.Patience = 0 }, "new: no answer yet | them since 0: anybody to review it"},
	} {
		f := story(tt.events)
		if tt.more != nil {
			tt.more(&f)
		}
		if got := Judge(f, onDay(20)).line(); got != tt.want {
			t.Errorf("%s (%s):\n got %s\nwant %s", tt.name, tt.events, got, tt.want)
		}
	}
}

func TestJudgePosting(t *testing.T) {
	f := story("0 v1/1 rfc; 1 v1/1; 2 v1/1 resend; 3 v1/1; 4 v2/1; 5 bob objects a; 6 v3/1; 7 eve took b")
	want := []string{
		"superseded: the patch of 2024-03-02 takes its place", "resent: sent again on 2024-03-03", "resent: sent again on 2024-03-04",
		"superseded: v2 of 2024-03-05 takes its place", "superseded: v3 of 2024-03-07 takes its place",
		"applied: Eve Maintainer says it was applied | them since 7: Eve Maintainer to publish it",
	}
	var got []string
	for n := range f.Revisions {
		got = append(got, JudgePosting(f, n, onDay(8)).line())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func anyFacts(t *rapid.T) Facts {
	names := []string{"ann", "tim", "bob", "eve", "lab"}
	kinds := []SignKind{Said, Asked, Wanted, Objects, Refused, Promised, Agreed, Took, Pinged, Checked}
	f := Facts{
		Side: []mailing.Person{people["tim"]}, Patience: time.Duration(rapid.IntRange(0, 40).Draw(t, "patience")) * 24 * time.Hour,
		Landed: max(0, rapid.IntRange(-3, 3).Draw(t, "landed")), LandedWhy: "commit",
	}
	f.Reverted = rapid.SampledFrom([]string{"", "", "", "commit, reverted"}).Draw(t, "reverted")
	f.Closed.How = rapid.SampledFrom([]string{"", "", "", "rejected", "abandoned"}).Draw(t, "closed")
	id := 0
	for v := range rapid.IntRange(1, 3).Draw(t, "revisions") {
		r := Revision{Version: v + 1, Patches: rapid.IntRange(1, 3).Draw(t, "patches"), At: onDay(10 * v), Poster: people["ann"]}
		for range rapid.IntRange(0, 8).Draw(t, "signs") {
			who := people[rapid.SampledFrom(names).Draw(t, "who")]
			s := Sign{
				Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), MessageID: strconv.Itoa(id), To: strconv.Itoa(rapid.IntRange(-1, id+1).Draw(t, "to")),
				Name: who.Name, Address: who.Email, At: onDay(10*v + rapid.IntRange(0, 12).Draw(t, "day")), Bad: rapid.Bool().Draw(t, "bad"),
			}
			if s.Kind == Agreed {
				s.Text = rapid.SampledFrom([]string{"reviewed-by", "tested-by"}).Draw(t, "trailer")
			}
			if n := rapid.IntRange(0, 3).Draw(t, "part"); n > 0 {
				s.Parts = []int{n}
			}
			r.Review.Signs = append(r.Review.Signs, s)
			id += rapid.IntRange(0, 1).Draw(t, "next mail")
		}
		f.Revisions = append(f.Revisions, r)
	}
	return f
}

// TestJudgeProperties holds what is true of all judgements.
func TestJudgeProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts(t)
		now := onDay(rapid.IntRange(0, 60).Draw(t, "now"))
		j := Judge(f, now)

		shuffled := f
		shuffled.Revisions = slices.Clone(f.Revisions)
		for i := range shuffled.Revisions {
			signs := &shuffled.Revisions[i].Review.Signs
			*signs = rapid.Permutation(*signs).Draw(t, "order")
		}
		if diff := cmp.Diff(j, Judge(shuffled, now)); diff != "" {
			t.Errorf("the order of signs counts (-sorted +shuffled):\n%s", diff)
		}
		if landed := j.State == Merged || j.State == PartlyMerged; landed != (f.Closed.How == "" && f.Landed > 0 && (f.Reverted == "" || f.Landed >= f.Revisions[len(f.Revisions)-1].Patches)) {
			t.Errorf("%s with %d landed", j.State, f.Landed)
		}
		if (j.WaitingOn == "") != j.WaitingSince.IsZero() || (j.WaitingOn == "") != (j.WaitingFor == "") || j.Reason == "" {
			t.Errorf("half a judgement: %+v", j)
		}
		later := now.AddDate(1, 0, 0)
		if !j.ValidUntil.IsZero() {
			if changed := Judge(f, j.ValidUntil); changed.State != Stale {
				t.Errorf("%s at the end of its time", changed.State)
			}
			later = j.ValidUntil.Add(-time.Nanosecond)
		}
		if diff := cmp.Diff(j, Judge(f, later)); diff != "" {
			t.Errorf("changed by the clock alone before its time (-now +later):\n%s", diff)
		}
	})
}

// TestJudgeTakeBack: who agrees last wants nothing any more, and a new revision
// wants nothing yet.
func TestJudgeTakeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts(t)
		f.Landed, f.Closed, f.Reverted = 0, Closing{}, ""
		newest := &f.Revisions[len(f.Revisions)-1]
		for i, name := range []string{"bob", "eve", "lab"} {
			who := people[name]
			newest.Review.Signs = append(newest.Review.Signs, Sign{
				Kind: Agreed, Text: "reviewed-by", MessageID: "last" + name, Name: who.Name, Address: who.Email, At: onDay(50 + i),
			})
		}
		if tally := f.tally(); len(tally.wishes)+len(tally.refusals)+len(tally.asked) > 0 {
			t.Errorf("still wants: %+v", tally)
		}
		f.Revisions = append(f.Revisions, Revision{Version: 9, Patches: 2, At: onDay(60), Poster: people["ann"]})
		if j := Judge(f, onDay(60)); j.State != New && f.Patience > 0 || j.WaitingOn != WaitingOnThem {
			t.Errorf("a new revision is %s", j.line())
		}
	})
}
