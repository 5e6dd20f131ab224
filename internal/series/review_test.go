package series

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

// TestStates holds who counts: the author's own trailers and claims do not, one
// on the cover letter is for all patches, and agreeing takes a NAK back.
func TestStates(t *testing.T) {
	ann, bob := mailing.Person{Name: "Ann Example", Email: "ann@x"}, mailing.Person{Name: "Bob Example", Email: "bob@x"}
	posted := []Mail{
		{MessageID: "c", From: ann, Tag: mailing.ParseTag("[PATCH 0/2] t"), Titles: []string{"t one"}},
		{MessageID: "1", From: ann, Tag: mailing.ParseTag("[PATCH 1/2] t one"), HasDiff: true, InReplyTo: "c"},
		{MessageID: "2", From: ann, Tag: mailing.ParseTag("[PATCH 2/2] t two"), HasDiff: true, InReplyTo: "c"},
	}
	reply := func(id string, from mailing.Person, to, kind string, action mailing.Action) Mail {
		m := Mail{MessageID: id, From: from, InReplyTo: to, Tag: mailing.ParseTag("Re: t"), Action: action}
		if kind != "" {
			m.Trailers = []mailing.Trailer{{Kind: kind, Person: from}}
		}
		return m
	}
	for _, tt := range []struct {
		name    string
		replies []Mail
		want    State
	}{
		{"author's own", []Mail{reply("r", ann, "c", "reviewed-by", mailing.Applied)}, New},
		{"on one patch", []Mail{reply("r", bob, "1", "reviewed-by", "")}, UnderReview},
		{"on the cover letter", []Mail{reply("r", bob, "c", "acked-by", "")}, Reviewed},
		{"tested is not reviewed", []Mail{reply("r", bob, "c", "tested-by", "")}, UnderReview},
		{"nak", []Mail{reply("r", bob, "1", "nak", "")}, ChangesRequested},
		{"nak, then agreed", []Mail{reply("r", bob, "c", "nak", ""), reply("s", bob, "c", "acked-by", "")}, Reviewed},
		{"applied", []Mail{reply("r", bob, "c", "", mailing.Applied)}, Applied},
		{"applied in part", []Mail{reply("r", bob, "2", "", mailing.Applied)}, UnderReview},
	} {
		mails := append(append([]Mail(nil), posted...), tt.replies...)
		r := Assemble(mails)
		if len(r.Series) != 1 {
			t.Fatalf("%s: %d series", tt.name, len(r.Series))
		}
		if got := States(r, mails)[r.Series[0].Key]; got.State != tt.want {
			t.Errorf("%s: %s (%s), want %s", tt.name, got.State, got.Reason, tt.want)
		}
	}
}

func FuzzNewMail(f *testing.F) {
	f.Add([]byte("Message-ID: <a@b>\nSubject: [PATCH v2 1/2] t\n\nv1: https://x.org/a@b/\n---\n--- a\n+++ b\n@@ -1 +1 @@\n-a\n+b\n"))
	f.Add([]byte("Subject: [PATCH 0/1] t\n\nAnn (1):\n  t\n    folded\n\n a | 2 +-\n 1 file changed, 1 insertion(+)\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := NewMail(mailing.Parse(raw))
		r := Assemble([]Mail{m, m})
		if len(r.Mails) != 1 || r.Mails[0].MessageID == "" {
			t.Errorf("%d mails placed", len(r.Mails))
		}
		States(r, []Mail{m})
	})
}

// TestReviews holds which mails count for which posting, and that a mail within
// a mail is found below its own name.
func TestReviews(t *testing.T) {
	ann, bob := mailing.Person{Name: "Ann Example", Email: "ann@x"}, mailing.Person{Name: "Bob Example", Email: "Bob@X"}
	mails := []Mail{
		{MessageID: "1", From: ann, Tag: mailing.ParseTag("[PATCH 1/2] t one"), HasDiff: true},
		{MessageID: "2", From: ann, Tag: mailing.ParseTag("[PATCH 2/2] t two"), HasDiff: true, InReplyTo: "1"},
		{MessageID: "outer", InnerID: "inner", From: bob, InReplyTo: "2", Tag: mailing.ParseTag("Re: [PATCH 2/2] t two"),
			Words: mailing.Words{Question: "Why?", Wish: "Please split this."}},
		{MessageID: "answer", From: ann, InReplyTo: "inner", Tag: mailing.ParseTag("Re: [PATCH 2/2] t two"), Words: mailing.Words{Promise: "Will do."}},
		{MessageID: "done", From: bob, InReplyTo: "1", Tag: mailing.ParseTag("Re: [PATCH 1/2] t one"), Action: mailing.Applied},
		{MessageID: "robot", From: mailing.Person{Email: "ci@x"}, InReplyTo: "1", Tag: mailing.ParseTag("Re: [PATCH 1/2] t one"),
			Check: mailing.Check{Robot: true, Bad: true, Text: "FAIL: build"}, Trailers: []mailing.Trailer{{Kind: "tested-by"}}},
		{MessageID: "stray", From: bob, Tag: mailing.ParseTag("Re: other")},
	}
	got := Reviews(Assemble(mails), mails)
	want := map[string]Review{"1": {Signs: []Sign{
		{Kind: Promised, MessageID: "answer", To: "outer", Name: "Ann Example", Address: "ann@x", Text: "Will do.", Parts: []int{2}},
		{Kind: Took, MessageID: "done", To: "1", Name: "Bob Example", Address: "bob@x"}, // on the first of two: for both
		{Kind: Asked, MessageID: "outer", To: "2", Name: "Bob Example", Address: "bob@x", Text: "Why?", Parts: []int{2}},
		{Kind: Wanted, MessageID: "outer", To: "2", Name: "Bob Example", Address: "bob@x", Text: "Please split this.", Parts: []int{2}},
		{Kind: Checked, MessageID: "robot", To: "1", Address: "ci@x", Text: "FAIL: build", Parts: []int{1}, Bad: true},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestReviewsBounded: of a flood the newest signs are kept.
func TestReviewsBounded(t *testing.T) {
	mails := []Mail{{MessageID: "1", Tag: mailing.ParseTag("[PATCH] t"), HasDiff: true}}
	for n := range maxSigns + 7 {
		mails = append(mails, Mail{MessageID: "r" + strconv.Itoa(n), InReplyTo: "1", Tag: mailing.ParseTag("Re: [PATCH] t"), Date: time.Unix(int64(n), 0)})
	}
	got := Reviews(Assemble(mails), mails)["1"]
	if len(got.Signs) != maxSigns || got.More != 7 || got.Signs[0].MessageID != "r7" {
		t.Errorf("%d signs, %d more, first %s", len(got.Signs), got.More, got.Signs[0].MessageID)
	}
}
