package series

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

var dayOne = time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)

// posted is a small set of lone patches: message-id, sender, subject.
func posted(rows ...[3]string) []Mail {
	var mails []Mail
	for n, r := range rows {
		who := mailing.Person{Name: r[1] + " Example", Email: r[1] + "@example.org"}
		mails = append(mails, Mail{MessageID: r[0], From: who, Author: who, Subject: r[2], Tag: mailing.ParseTag(r[2]), HasDiff: true, Date: dayOne.AddDate(0, 0, n)})
	}
	return mails
}

// TestHands shows that what a person decided counts before all rules, and by
// whatever chain the rules would go.
func TestHands(t *testing.T) {
	mails := posted(
		[3]string{"a1", "ann", "[PATCH] zlib: fix build"},
		[3]string{"a2", "ann", "[PATCH v2] zlib: fix build"},
		[3]string{"a3", "ann", "[PATCH v3] zlib: fix build"},
		[3]string{"b1", "bob", "[PATCH] bash: another thing"},
		[3]string{"k1", "ann", "[kirkstone][PATCH] zlib: fix build"},
	)
	mails[0].InnerID = "inner"
	mails[3].Links = []Link{{MessageID: "a1", Earlier: true}}
	mails[3].Tag.Title = mails[0].Tag.Title // so it is a take-over
	for _, tt := range []struct {
		name  string
		hands []Hand
		want  string
	}{
		{"rules alone", nil, "a1 a2 a3 (taken over by b1), b1, k1"},
		{"other authors and branches", []Hand{{A: "b1", B: "a2"}, {A: "k1", B: "a1"}}, "a1 a2 a3 b1 k1"},
		{"apart, though the third joins both", []Hand{{A: "a1", B: "a2", Apart: true}}, "a1 (taken over by b1), a2 a3, b1, k1"},
		{"apart, and joined by hand with what is between", []Hand{{A: "a1", B: "a2", Apart: true}, {A: "a1", B: "a3"}}, "a1 a3 (taken over by b1), a2, b1, k1"},
		{"no take-over", []Hand{{A: "b1", B: "a3", Apart: true}}, "a1 a2 a3, b1, k1"},
		{"against itself: apart counts", []Hand{{A: "a1", B: "a2"}, {A: "a2", B: "a1", Apart: true}}, "a1 (taken over by b1), a2 a3, b1, k1"},
		{"said anew of the same two postings", []Hand{{A: "a1", B: "b1", Apart: true, Said: 1}, {A: "inner", B: "b1", Said: 2}}, "a1 a2 a3 b1, k1"},
		{"and taken back", []Hand{{A: "a1", B: "b1", Said: 1}, {A: "b1", B: "inner", Apart: true, Said: 2}}, "a1 a2 a3, b1, k1"},
		{"mails that are not here", []Hand{{A: "a1", B: "lost"}, {A: "a1", B: "a1", Apart: true}}, "a1 a2 a3 (taken over by b1), b1, k1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 {
				got := lines(Assemble(mails, tt.hands...))
				if got != tt.want {
					t.Errorf("Assemble = %s, want %s", got, tt.want)
				}
				slices.Reverse(tt.hands)
			}
		})
	}
}

// lines is the series of a result on one line.
func lines(r Result) string {
	var l []string
	for _, s := range r.Series {
		one := strings.Join(s.Postings, " ")
		if len(s.TakenOverBy) > 0 {
			one += " (taken over by " + strings.Join(s.TakenOverBy, " ") + ")"
		}
		l = append(l, one)
	}
	return strings.Join(l, ", ")
}

// TestHandTies shows that a decision brings two parts together.
func TestHandTies(t *testing.T) {
	mails := posted([3]string{"a1", "ann", "[PATCH] zlib: one"}, [3]string{"b1", "bob", "[PATCH] bash: two"})
	hands := []Hand{{A: "b1", B: "a1"}}
	if parts := connected(mails, hands); len(parts) != 1 {
		t.Fatalf("%d parts, want 1", len(parts))
	}
	if diff := cmp.Diff("a1 b1", lines(Assemble(mails, hands...))); diff != "" {
		t.Error(diff)
	}
}
