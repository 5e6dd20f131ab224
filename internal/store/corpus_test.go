package store_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// corpus is the path of a file or directory of the corpus.
func corpus(t testing.TB, name string) string {
	t.Helper()
	root := os.Getenv("UPSTREAMD_CORPUS")
	if root == "" {
		root = "../../../shared/data"
	}
	path := filepath.Join(root, name)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no corpus: set UPSTREAMD_CORPUS")
	}
	return path
}

// TestOddMail: every one of several hundred odd mails is stored and read, with
// what was odd in it, and reading them again changes nothing.
func TestOddMail(t *testing.T) {
	dir := corpus(t, "mail-odd")
	var mails []pipeline.RawMail
	different := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Dir(path) == dir {
			return err
		}
		b, err := os.ReadFile(path)
		different[string(b)] = true
		mails = append(mails, pipeline.RawMail{Bytes: b, Source: "odd", Mailbox: path, UID: 1})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var before string
		for round := range 2 {
			added, err := db.PutRawMails(t.Context(), mails)
			if err != nil || round == 0 && added != len(different) || round == 1 && added != 0 {
				t.Errorf("PutRawMails of %d mails, %d different = %d, %v", len(mails), len(different), added, err)
			}
			rep, err := pipeline.NewAssembler(db, pipeline.Settings{}).Stage().Run(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			if round > 0 && (rep.Done != "" || before != written(t, db)) {
				t.Errorf("the second time rows were written: %s", rep.Done)
			}
			before = written(t, db)
			t.Log(rep.Done)
		}
		if n := one(t, db, "SELECT count(*) FROM message"); n != one(t, db, "SELECT count(*) FROM raw_mail") {
			t.Errorf("%s messages, not one for each of %d mails", n, len(different))
		}
		o, err := db.Overview(t.Context())
		if err != nil || o.Mails != len(different) || o.Unread != 0 {
			t.Errorf("Overview = %+v, %v", o, err)
		}
		bad, total, err := db.QuarantinedMails(t.Context(), 0)
		if err != nil || total != o.Quarantined || len(bad) != total {
			t.Errorf("QuarantinedMails = %d of %d, %v", len(bad), total, err)
		}
		for _, q := range bad {
			if q.Reason == "" {
				t.Errorf("%s is quarantined without a reason", q.MessageID)
			}
			if _, err := db.Message(t.Context(), q.MessageID); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestPieces: a real list that comes in pieces, in no order, is put together
// piece by piece to the same state as at once, and a mail that comes late has
// only its own part put together anew.
func TestPieces(t *testing.T) {
	path := corpus(t, "series/batman.mbox.gz")
	var mails []pipeline.RawMail
	err := mailing.Read(path, func(raw []byte, _ string) error {
		mails = append(mails, pipeline.RawMail{Bytes: slices.Clone(raw), Source: "batman", Mailbox: "x", UID: uint32(len(mails) + 1)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	settings := pipeline.Settings{Lists: []pipeline.List{{Name: "batman"}}}
	put := func(db *store.DB, mails []pipeline.RawMail) string {
		t.Helper()
		if _, err := db.PutRawMails(t.Context(), mails); err != nil {
			t.Fatal(err)
		}
		rep, err := pipeline.NewAssembler(db, settings).Stage().Run(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		return rep.Done
	}
	whole := storetest.SQLite(t)
	put(whole, mails)
	want := dump(t, whole)
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		rng := rand.New(rand.NewPCG(7, 7))
		mails := slices.Clone(mails)
		rng.Shuffle(len(mails), func(i, j int) { mails[i], mails[j] = mails[j], mails[i] })
		last := mails[len(mails)-1:]
		for rest := mails[:len(mails)-1]; len(rest) > 0; {
			n := min(len(rest), 1+rng.IntN(900))
			put(db, rest[:n])
			rest = rest[n:]
		}
		done := put(db, last)
		if got := dump(t, db); got != want {
			t.Errorf("another state:\n%.4000s", cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
		}
		var read, postings, in int
		if _, err := fmt.Sscanf(done, "%d mails read; %d postings in %d series", &read, &postings, &in); err != nil || read != 1 || postings > 150 {
			t.Errorf("the last mail: %s, want few postings put together anew", done)
		}
	})
}

// TestListMail: a real list read from both ends gives the same state.
func TestListMail(t *testing.T) {
	path := corpus(t, "series/batman.mbox.gz")
	settings := pipeline.Settings{Lists: []pipeline.List{{Name: "batman", Files: []string{path}}}, Now: func() time.Time { return day(1) }}
	run := func(db *store.DB) {
		t.Helper()
		for _, s := range []pipeline.Stage{pipeline.NewCollector(db, db, nil, settings).Stage(), pipeline.NewAssembler(db, settings).Stage()} {
			start := time.Now()
			rep, err := s.Run(t.Context(), "")
			if err != nil || len(rep.Problems) > 0 {
				t.Fatalf("%s: %v, %v", s.Name, err, rep.Problems)
			}
			t.Logf("%s on %s: %s in %d ms", s.Name, db.Driver(), rep.Done, time.Since(start).Milliseconds())
		}
	}
	sqlite := storetest.SQLite(t)
	run(sqlite)
	run(sqlite)
	want := dump(t, sqlite)
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if db.Driver() == store.SQLite {
			backwards(t, sqlite, db)
		}
		run(db)
		if got := dump(t, db); got != want {
			t.Errorf("another state:\n%.4000s", cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
		}
	})
}

// backwards stores the mails of one store in another one, the last first.
func backwards(t *testing.T, from, to *store.DB) {
	t.Helper()
	rows, err := from.SQL().QueryContext(t.Context(), "SELECT raw_id, source, mailbox, uid FROM delivery ORDER BY uid DESC")
	if err != nil {
		t.Fatal(err)
	}
	var mails []pipeline.RawMail
	for rows.Next() {
		var m pipeline.RawMail
		if err := rows.Scan(&m.ID, &m.Source, &m.Mailbox, &m.UID); err != nil {
			t.Fatal(err)
		}
		mails = append(mails, m)
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range mails {
		if mails[i].Bytes, err = from.RawMail(t.Context(), mails[i].ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := to.PutRawMails(t.Context(), mails); err != nil {
		t.Fatal(err)
	}
}
