package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git/gittest"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// mailOf is a mail that says its name.
func mailOf(id string) string {
	return "From: Ann <ann@example.com>\nMessage-ID: <" + id + "@x>\nDate: Fri, 2 Jan 2026 03:04:05 +0000\nSubject: mail " + id + "\n\ntext of " + id + "\n"
}

// mboxOf is an mbox of mails.
func mboxOf(ids ...string) string {
	var b strings.Builder
	for _, id := range ids {
		b.WriteString("From mboxrd@z Thu Jan  1 00:00:00 1970\n" + mailOf(id) + "\n")
	}
	return b.String()
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// load loads a path and says "read added".
func load(t *testing.T, db *store.DB, source, path string) string {
	t.Helper()
	l, err := pipeline.NewLoader(db, nil).Load(t.Context(), source, path)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %d", l.Read, l.Added)
}

func logical(t *testing.T, db *store.DB) string {
	t.Helper()
	var b bytes.Buffer
	if err := db.Dump(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestLoadFile: of a file that grew only the end is read; one that was
// interrupted goes on; one that was rewritten is read anew.
func TestLoadFile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		path := filepath.Join(t.TempDir(), "list.mbox")
		for _, tt := range []struct{ name, mbox, want string }{
			{"first", mboxOf("1", "2"), "2 2"},
			{"the same", mboxOf("1", "2"), "0 0"},
			{"grown", mboxOf("1", "2", "3", "4"), "3 2"}, // the last of before, which may have been cut, and two
			{"cut and grown", mboxOf("1", "2", "3", "4", "5")[:len(mboxOf("1", "2", "3", "4"))+100], "2 1"},
			{"whole again", mboxOf("1", "2", "3", "4", "5", "6"), "2 2"},
			{"another", mboxOf("7", "6", "5", "4"), "4 1"},
			{"rewritten and longer", mboxOf("8", "1", "2", "3", "4", "5", "6"), "7 1"},
			{"empty", "", "0 0"},
		} {
			writeFile(t, path, tt.mbox)
			if err := os.Chtimes(path, moment, moment); err != nil { // the size tells, not the clock
				t.Fatal(err)
			}
			if got := load(t, db, "l", path); got != tt.want {
				t.Errorf("%s: read and added %s, want %s", tt.name, got, tt.want)
			}
		}
	})
}

// TestLoadInterrupted: what was stored before an interruption is not read
// again, and nothing is left out.
func TestLoadInterrupted(t *testing.T) {
	db := storetest.SQLite(t)
	var ids []string
	for i := range 1700 {
		ids = append(ids, fmt.Sprint(i))
	}
	path := filepath.Join(t.TempDir(), "list.mbox")
	writeFile(t, path, mboxOf(ids...))
	ctx, cancel := context.WithCancel(t.Context())
	say := func(_ string, done, _ int) {
		if done == 1200 {
			cancel()
		}
	}
	first, err := pipeline.NewLoader(db, say).Load(ctx, "l", path)
	if !errors.Is(err, context.Canceled) || first.Added != 1000 {
		t.Errorf("interrupted: %+v, %v; want two batches of 500", first, err)
	}
	if got := load(t, db, "l", path); got != "700 700" {
		t.Errorf("the rest: %s", got)
	}
}

// TestLoadBroken: a broken file is told each time, and not read each time.
func TestLoadBroken(t *testing.T) {
	db, dir := storetest.SQLite(t), t.TempDir()
	writeFile(t, dir+"/a.mbox", mboxOf("1"))
	writeFile(t, dir+"/b.gz", "\x1f\x8b no gzip")
	for _, want := range []pipeline.Loaded{{Read: 1, Added: 1}, {}} {
		got, err := pipeline.NewLoader(db, nil).Load(t.Context(), "l", dir)
		if got != want || err == nil || !strings.Contains(err.Error(), "b.gz") {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
	if _, err := pipeline.NewLoader(db, nil).Load(t.Context(), "l", dir+"/none"); !errors.Is(err, pipeline.ErrNoFile) {
		t.Errorf("no file: %v", err)
	}
}

// TestLoadInbox: a public-inbox repository is read by its commits; what it took
// back is kept, and is part of nothing.
func TestLoadInbox(t *testing.T) {
	steps := []map[string]string{
		{"m": mailOf("1")}, {"m": mailOf("2")}, {"m": gittest.Gone, "d": mailOf("1")}, {"m": mailOf("3"), "d": gittest.Gone},
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		repo := gittest.New(t)
		bit, whole := storetest.SQLite(t), storetest.SQLite(t)
		for i, files := range steps {
			repo.Commit(files, "step")
			if got, want := load(t, bit, "l", repo.Path), []string{"1 1", "1 1", "1 0", "1 1"}[i]; got != want {
				t.Errorf("step %d: read and added %s, want %s", i+1, got, want)
			}
			assembleAll(t, bit)
		}
		load(t, db, "l", repo.Path)
		assembleAll(t, db)
		if diff := cmp.Diff(logical(t, bit), logical(t, db)); diff != "" {
			t.Errorf("bit by bit, and all at once:\n%s", diff)
		}
		if m, err := db.Message(t.Context(), "1@x"); err != nil || m.Kind != "removed" || !strings.Contains(m.Reason, "took it back") {
			t.Errorf("the mail that was taken back: %+v, %v", m, err)
		}
		// Another archive still has it.
		writeFile(t, repo.Path+"/../other.mbox", mboxOf("1"))
		load(t, db, "other", repo.Path+"/../other.mbox")
		assembleAll(t, db)
		if m, err := db.Message(t.Context(), "1@x"); err != nil || m.Kind != "other" || m.Reason != "" {
			t.Errorf("the mail that another archive has: %+v, %v", m, err)
		}
		load(t, whole, "l", repo.Path)
		load(t, whole, "other", repo.Path+"/../other.mbox")
		assembleAll(t, whole)
		if diff := cmp.Diff(logical(t, whole), logical(t, db)); diff != "" {
			t.Errorf("in another order:\n%s", diff)
		}
	})
}

// assembleAll runs the assemble stage with two lists.
func assembleAll(t *testing.T, db *store.DB) {
	t.Helper()
	set := pipeline.Settings{Lists: []pipeline.List{{Name: "l", Address: "l@example.com"}, {Name: "other", Address: "o@example.com"}}}
	if _, err := pipeline.NewAssembler(db, set).Stage().Run(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
}

// TestSameMail: a mail that came by two ways is one mail with two deliveries;
// one with the same name and other words is kept beside it.
func TestSameMail(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		path := filepath.Join(t.TempDir(), "list.mbox")
		writeFile(t, path, mboxOf("1"))
		load(t, db, "l", path)
		lists := []pipeline.RawMail{
			{Bytes: []byte("Received: by mx\r\n" + strings.ReplaceAll(mailOf("1"), "\n", "\r\n")), Source: "inbox", Mailbox: "INBOX", UIDValidity: 1, UID: 1},
			{Bytes: []byte(strings.Replace(mailOf("1"), "text", "other text", 1)), Source: "inbox", Mailbox: "INBOX", UIDValidity: 1, UID: 2},
		}
		if n, err := db.PutRawMails(t.Context(), lists); n != 2 || err != nil {
			t.Fatal(n, err)
		}
		assembleAll(t, db)
		m, err := db.Message(t.Context(), "1@x")
		if err != nil || len(m.Deliveries)+m.Copies != 3 || m.Copies == 0 {
			t.Errorf("%d deliveries, %d with other content, %v", len(m.Deliveries), m.Copies, err)
		}
	})
}

// TestReread: whatever became of what was made of mails, reading them again
// gives what a fresh import gives.
func TestReread(t *testing.T) {
	patch := "From: Ann <ann@example.com>\nMessage-ID: <%s@x>\nDate: Fri, 2 Jan 2026 03:04:0%d +0000\nSubject: [PATCH%s] zlib: fix\n%s\n---\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"
	mails := []string{
		fmt.Sprintf(patch, "p1", 1, "", ""), fmt.Sprintf(patch, "p2", 2, " v2", ""), mailOf("1"),
		"From: Bob <bob@example.org>\nMessage-ID: <r@x>\nDate: Fri, 2 Jan 2026 03:05:05 +0000\nIn-Reply-To: <p2@x>\nSubject: Re: [PATCH v2] zlib: fix\n\nReviewed-by: Bob <bob@example.org>\n",
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		dir := t.TempDir()
		for i, m := range mails {
			writeFile(t, fmt.Sprintf("%s/%d.eml", dir, i), m)
		}
		load(t, db, "l", dir)
		assembleAll(t, db)
		want := logical(t, db)
		if !strings.Contains(want, `"table":"trailer"`) {
			t.Fatal("there is no trailer")
		}
		for _, damage := range []string{
			"UPDATE message SET subject = 'x', facts = '{}', kind = 'other', posting_id = 0, part = 9", "DELETE FROM trailer", "DELETE FROM series",
			"UPDATE posting SET title = 'x', version = 7", "DELETE FROM message WHERE message_id = 'p1@x'",
		} {
			if _, err := db.SQL().ExecContext(t.Context(), damage); err != nil {
				t.Fatal(err)
			}
			a := pipeline.NewAssembler(db, pipeline.Settings{})
			if n, err := a.Reread(t.Context()); n != len(mails) || err != nil {
				t.Fatal(n, err)
			}
			assembleAll(t, db)
			if diff := cmp.Diff(want, logical(t, db)); diff != "" {
				t.Errorf("after %s:\n%s", damage, diff)
			}
		}
	})
}
