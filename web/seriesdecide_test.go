package web

import (
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/store"
)

// TestClosedByHand: what closes a series of two patches, with a cover letter
// and without, is on its page what the rules take for it.
func TestClosedByHand(t *testing.T) {
	said := func(n int, kind change.DecisionKind, subject string) change.Decision {
		return change.Decision{ID: int64(n), Kind: kind, Subject: change.PostedKey(subject), At: time.Unix(int64(n), 0)}
	}
	patches := []store.Part{{MessageID: "a"}, {MessageID: "b"}}
	bare := store.Posting{Key: "a", Parts: patches}
	covered := store.Posting{Key: "c", Cover: "c", Parts: patches}
	for _, tt := range []struct {
		name    string
		posting store.Posting
		said    []change.Decision
		want    bool
	}{
		{"nothing said", bare, nil, false},
		{"one patch is rejected", bare, []change.Decision{said(1, change.Rejected, "a")}, false},
		{"each patch is", bare, []change.Decision{said(1, change.Rejected, "a"), said(2, change.NeverUpstream, "b")}, true},
		{"and one is reopened", bare, []change.Decision{said(1, change.Rejected, "a"), said(2, change.Rejected, "b"), said(3, change.Reopen, "b")}, false},
		{"the cover letter is rejected", covered, []change.Decision{said(1, change.Rejected, "c")}, true},
		{"and reopened", covered, []change.Decision{said(1, change.Rejected, "c"), said(2, change.Reopen, "c")}, false},
		{"each patch is, and the whole is reopened", covered, []change.Decision{said(1, change.Rejected, "a"), said(2, change.Rejected, "b"), said(3, change.Reopen, "c")}, false},
		{"abandoned", bare, []change.Decision{said(1, change.Abandoned, "b")}, true},
	} {
		if got := closedByHand(store.Series{Postings: []store.Posting{tt.posting}, Decisions: tt.said}); got != tt.want {
			t.Errorf("%s: closed %v, want %v", tt.name, got, tt.want)
		}
	}
	reject := change.Decision{Kind: change.Rejected, Subject: change.PostedKey("a")}
	if list := wholly(bare, reject); len(list) != 2 || list[0].Subject != change.PostedKey("a") || list[1].Subject != change.PostedKey("b") {
		t.Errorf("a series without a cover letter is rejected by %+v", list)
	}
	reject.Subject = change.PostedKey("c")
	if list := wholly(covered, reject); len(list) != 1 || list[0].Subject != reject.Subject {
		t.Errorf("a series with a cover letter is rejected by %+v", list)
	}
}

// TestClosedWords: of a series of two patches it is told which one was closed.
func TestClosedWords(t *testing.T) {
	s := &Server{now: time.Now}
	found := store.Series{Postings: []store.Posting{{Key: "c", Cover: "c", Version: 1, Parts: []store.Part{{MessageID: "a", Index: 1}, {MessageID: "b", Index: 2}}}}}
	for subject, want := range map[string]string{
		"c": "closed it: upstream does not want it",
		"b": "closed patch 2 of v1, 1970-01-01: upstream does not want it",
	} {
		found.Postings[0].Posted = time.Unix(0, 0)
		if got := s.seriesDecision(found, change.Decision{Kind: change.Rejected, Subject: change.PostedKey(subject)}).Words; got != want {
			t.Errorf("%s: %q, want %q", subject, got, want)
		}
	}
}
