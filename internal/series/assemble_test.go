package series

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

var update = flag.Bool("update", false, "write what came into the cases; read the difference before you commit it")

// TestAssemble runs testdata/assemble: mails, and what they come to.
func TestAssemble(t *testing.T) {
	files, err := filepath.Glob("testdata/assemble/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		mails := readMails(t, a.Files[0].Data)
		got := show(mails)
		if *update {
			a.Files[1].Data = []byte(got)
			if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(string(a.Files[1].Data), got); diff != "" {
			t.Errorf("%s: %s(-want +got):\n%s", file, a.Comment, diff)
		}
		for seed := range uint64(20) {
			if diff := cmp.Diff(got, show(shuffled(mails, seed))); diff != "" {
				t.Fatalf("%s: in another order (-first +other):\n%s", file, diff)
			}
		}
	}
}

func readMails(t testing.TB, mbox []byte) (mails []Mail) {
	t.Helper()
	err := mailing.ReadMbox(bytes.NewReader(mbox), func(raw []byte) error {
		mails = append(mails, NewMail(mailing.Parse(raw)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return mails
}

func shuffled(mails []Mail, seed uint64) []Mail {
	other := append([]Mail(nil), mails...)
	r := rand.New(rand.NewPCG(seed, 1))
	r.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
	return other
}

// show is a result as the cases write it: a line a series with its state, below
// it its postings, below them their parts; then what the other mails are.
func show(mails []Mail) string {
	r := Assemble(mails)
	states := States(r, mails)
	postings := map[string]Posting{}
	for _, p := range r.Postings {
		postings[p.Key] = p
	}
	var b strings.Builder
	for _, s := range r.Series {
		st := states[s.Key]
		fmt.Fprintf(&b, "series %s: %s%s; %s: %s\n", s.Key, bracket(s.Branch), s.Title, st.State, st.Reason)
		for _, k := range s.TakenOverBy {
			fmt.Fprintf(&b, "  taken over by %s\n", k)
		}
		for _, k := range s.Siblings {
			fmt.Fprintf(&b, "  for another branch: %s\n", k)
		}
		for _, k := range s.Postings {
			p := postings[k]
			fmt.Fprintf(&b, "  v%d %s%s of %d", p.Version, bracket(mark(p)), p.Key, p.Total)
			if p.Flaw != "" {
				fmt.Fprintf(&b, ", %s", p.Flaw)
			}
			b.WriteByte('\n')
			for _, part := range p.Parts {
				fmt.Fprintf(&b, "    %d %s: %s\n", part.Index, part.MessageID, part.Title)
			}
		}
	}
	for _, m := range r.Mails {
		if m.Posting != "" {
			continue
		}
		fmt.Fprintf(&b, "%s %s", m.Kind, m.MessageID)
		if m.Target != "" {
			fmt.Fprintf(&b, " to %s", m.Target)
		}
		for _, tr := range m.Trailers {
			fmt.Fprintf(&b, "; %s %s", tr.Kind, tr.Person)
		}
		if m.Action != "" {
			fmt.Fprintf(&b, "; %s", m.Action)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func mark(p Posting) string {
	var l []string
	if p.RFC {
		l = append(l, "rfc")
	}
	if p.Resend {
		l = append(l, "resend")
	}
	return strings.Join(l, " ")
}

func bracket(s string) string {
	if s == "" {
		return ""
	}
	return "[" + s + "] "
}

// corpus finds the real mails, or skips the test.
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

// TestAnyOrder holds the promise of [Assemble] on a real list: an archive that
// comes in any order, and a part of it twice, gives the same.
func TestAnyOrder(t *testing.T) {
	var mails []Mail
	err := mailing.Read(corpus(t, "series/batman.mbox.gz"), func(raw []byte, _ string) error {
		mails = append(mails, NewMail(mailing.Parse(raw)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Assemble(mails)
	for seed := range uint64(3) {
		other := shuffled(append(append([]Mail(nil), mails...), mails[:len(mails)/10]...), seed)
		if diff := cmp.Diff(want, Assemble(other)); diff != "" {
			t.Fatalf("seed %d (-first +other):\n%.2000s", seed, diff)
		}
	}
}

// TestManyAlike holds the cost down where very much is alike: one title, one
// author, one thread.
func TestManyAlike(t *testing.T) {
	const n = 20_000
	mails := make([]Mail, n)
	for i := range mails {
		mails[i] = Mail{
			MessageID: fmt.Sprintf("%d@x", i), Subject: "[PATCH] update", Tag: mailing.ParseTag("[PATCH] update it"), HasDiff: true,
			From: mailing.Person{Name: "A B", Email: "a@x"},
		}
		if i > 0 {
			mails[i].InReplyTo = fmt.Sprintf("%d@x", i-1)
		}
	}
	if r := Assemble(mails); len(r.Postings) != n {
		t.Errorf("%d postings, want %d", len(r.Postings), n)
	}
	for i := range mails { // a reply chain as long
		mails[i].Tag.Reply = i > 0
	}
	if r := Assemble(mails); r.Mails[n-1].Target == "" && r.Mails[0].Target == "" {
		t.Error("no target found")
	}
}

func BenchmarkAssemble(b *testing.B) {
	path := corpus(b, "series/batman.mbox.gz")
	n := 0
	for b.Loop() {
		var mails []Mail
		err := mailing.Read(path, func(raw []byte, _ string) error {
			mails = append(mails, NewMail(mailing.Parse(raw)))
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		Assemble(mails)
		n += len(mails)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "mails/s")
}
