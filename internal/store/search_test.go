package store_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/query"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// search is what a search finds: message-ids, the newest first, and the titles
// of changes.
func search(t *testing.T, db *store.DB, text string, limit, offset int) string {
	t.Helper()
	q, err := query.Parse(text, day(20))
	if err != nil {
		t.Fatal(err)
	}
	f, err := db.Search(t.Context(), q, limit, offset)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var got []string
	for _, m := range f.Mails {
		got = append(got, m.MessageID)
	}
	if f.More {
		got = append(got, "...")
	}
	for _, c := range f.Changes {
		got = append(got, c.Path[strings.LastIndexByte(c.Path, '/')+1:])
	}
	return strings.Join(got, " ")
}

func TestSearch(t *testing.T) {
	eachFilled(t, func(t *testing.T, db *store.DB) {
		for _, tt := range []struct{ text, want string }{
			{"question", "o1@x"},
			{"QUESTION everybody", "o1@x"},
			{"everybody question nothing", ""},
			{`"is everybody"`, "o1@x"},
			{`"everybody is"`, ""},
			{"every*", "o1@x"},
			{"every", ""},
			{"subject:question", "o1@x"},
			{"subject:everybody", ""},
			{"from:carl", "s1@x"},
			{"from:Carl@example.net", "s1@x"},
			{"from:example.net", "s1@x"},
			{"zlib", "s1@x r2@x q2@x q1@x c2@x r1@x p2@x p1@x c1@x one.patch two.patch local.patch"},
			{"zlib from:ann is:patch", "q2@x q1@x p2@x p1@x"},
			{"zlib is:patch -from:ann", "s1@x"},
			{"-zlib", "o1@x"},
			{"-zlib -question", ""},
			{"file:one.c", "q1@x p1@x"},
			{"file:one.c newer", "q1@x"},
			{"file:files/two.patch", "two.patch"},
			{"is:reply", "r2@x r1@x"},
			{"list:ZLIB is:cover", "c2@x c1@x"},
			{"list:other", ""},
			{"-list:zlib is:cover", ""},
			{"since:2026-01-13", "o1@x s1@x"},
			{"zlib since:2026-01-09 before:2026-01-10", "q2@x q1@x c2@x"},
			{"is:reply before:2026-01-10", "r1@x"},
			{"msgid:<q1@x>", "q1@x"},
			{"msgid:https://example.org/list/q1@x/ zlib", "q1@x"},
			{`100% faster_`, "s1@x"},
		} {
			if got := search(t, db, tt.text, 50, 0); got != tt.want && !sameWords(got, tt.want) {
				t.Errorf("search for %s = %q, want %q", tt.text, got, tt.want)
			}
		}
		if got := search(t, db, "zlib is:patch", 2, 0); got != "s1@x q2@x ..." {
			t.Errorf("first page = %q", got)
		}
		if got := search(t, db, "zlib is:patch", 2, 4); got != "p1@x" {
			t.Errorf("last page = %q", got)
		}
	})
}

// sameWords says if two lists have the same words: what was sent in one second
// has no order.
func sameWords(a, b string) bool {
	count := map[string]int{}
	for _, w := range strings.Fields(a) {
		count[w]++
	}
	for _, w := range strings.Fields(b) {
		count[w]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

// TestSearchAgain: what a mail no longer says is not found any more.
func TestSearchAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if _, err := db.PutRawMails(t.Context(), rawMails()); err != nil {
			t.Fatal(err)
		}
		mails, err := db.UnreadMails(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, word := range []string{"first", "second", "second"} {
			m := manyMessages(mails[:1])
			m[0].Text, m[0].Sent = word, day(len(got)+1)
			if err := db.PutMessages(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			got = append(got, search(t, db, "first", 5, 0)+"|"+search(t, db, "second", 5, 0))
		}
		if diff := cmp.Diff([]string{"p0@x|", "|p0@x", "|p0@x"}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestSearchOdd: no text can break the language of an engine, and both
// engines find the same.
func TestSearchOdd(t *testing.T) {
	db := storetest.SQLite(t)
	fill(t, db)
	texts := []string{"'", `a"b"`, "NOT", "AND OR NEAR", "a:b:c \"x", "(", "*", "x*", "xyz*", "fix*", `\`, "from:'", "{subject}", "1e5 0x1f 2.5", "ﬁ ß İ", "日本語", "-'", "%_!", "a\x00b"}
	storetest.Each(t, func(t *testing.T, other *store.DB) {
		fill(t, other)
		for _, text := range texts {
			if _, err := query.Parse(text, day(20)); err != nil {
				continue
			}
			if a, b := search(t, db, text, 50, 0), search(t, other, text, 50, 0); !sameWords(a, b) {
				t.Errorf("%s: %q on SQLite, %q on %s", text, a, b, other.Driver())
			}
		}
	})
}
