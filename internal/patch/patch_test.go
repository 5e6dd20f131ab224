package patch

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// TestParse reads the patches of testdata/parse; each must read the same with
// CRLF line ends.
func TestParse(t *testing.T) {
	cases, _ := filepath.Glob("testdata/parse/*.txtar")
	for _, file := range cases {
		t.Run(filepath.Base(file), func(t *testing.T) {
			in, want := load(t, file)
			for _, eol := range []string{"\n", "\r\n"} {
				p, err := Parse(bytes.ReplaceAll(in, []byte("\n"), []byte(eol)))
				if err != nil {
					t.Fatalf("Parse: %v", err)
				}
				if diff := cmp.Diff(want, describe(p)); diff != "" {
					t.Errorf("with %q (-want +got):\n%s", eol, diff)
				}
			}
		})
	}
}

func load(t testing.TB, file string) (in []byte, want string) {
	t.Helper()
	ar, err := txtar.ParseFile(file)
	if err != nil || len(ar.Files) != 2 {
		t.Fatalf("%s: %v, %d files", file, err, len(ar.Files))
	}
	return ar.Files[0].Data, string(ar.Files[1].Data)
}

// describe writes a patch as the want parts have it.
func describe(p *Patch) string {
	var b strings.Builder
	say := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", key, value)
		}
	}
	say("subject", p.Subject)
	if p.Author != (Person{}) {
		say("author", p.Author.Name+" <"+p.Author.Email+">")
	}
	if !p.Date.IsZero() {
		say("date", p.Date.Format("2006-01-02T15:04:05Z07:00"))
	}
	say("from", p.From)
	for _, tr := range p.Trailers {
		say("trailer", tr.Key+": "+tr.Value)
	}
	none := func(s string) string {
		if s == "" {
			return "(none)"
		}
		return s
	}
	for _, f := range p.Files {
		fmt.Fprintf(&b, "file: %s -> %s", none(f.Old), none(f.New))
		if f.OldMode+f.NewMode != "" {
			fmt.Fprintf(&b, " %s -> %s", f.OldMode, f.NewMode)
		}
		for word, is := range map[string]bool{" rename": f.Rename, " binary": f.Binary, " damage: " + f.Damage: f.Damage != ""} {
			if is {
				b.WriteString(word)
			}
		}
		b.WriteByte('\n')
		for _, h := range f.Hunks {
			fmt.Fprintf(&b, "  %s\n", strings.TrimSpace(fmt.Sprintf("@@ -%d,%d +%d,%d @@ %s", h.OldStart, h.OldLines, h.NewStart, h.NewLines, h.Section)))
			for _, l := range h.Lines {
				fmt.Fprintf(&b, "  %c%s\n", l.Op, l.Text)
			}
		}
	}
	return b.String()
}

func TestCleanSubject(t *testing.T) {
	for in, want := range map[string]string{
		"[PATCH v2 3/7] zlib: fix build":            "zlib: fix build",
		"Re: [OE-core] RE: [PATCH] zlib: fix build": "zlib: fix build",
		"[OE-core][kirkstone 00/11] Patch review":   "Patch review",
		"[oe] [meta-oe][PATCH] x: y":                "x: y",
		"meta-oe][PATCH] x: y":                      "x: y",
		"[PATCH [RFC] 1/2] odd  \t blanks":          "odd blanks",
		"[PATCH] [broken":                           "[broken",
		"[all brackets]":                            "[all brackets]",
		"a[i]: keep the index":                      "a[i]: keep the index",
		"":                                          "",
	} {
		if got := CleanSubject(in); got != want {
			t.Errorf("CleanSubject(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFindUpstreamStatus(t *testing.T) {
	diff := "\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"
	for _, tt := range []struct {
		in   string
		want UpstreamStatus
	}{
		{"Upstream-Status: Pending", UpstreamStatus{"Pending", "", true, 1, "Upstream-Status: Pending"}},
		{"x\n\nUpstream-Status: Submitted [https://x.org/1]\r\n", UpstreamStatus{"Submitted", "[https://x.org/1]", true, 3, "Upstream-Status: Submitted [https://x.org/1]"}},
		{"Upstream-Status: Inappropriate[oe]", UpstreamStatus{"Inappropriate", "[oe]", false, 1, "Upstream-Status: Inappropriate[oe]"}},
		{"Upstream-status: backport", UpstreamStatus{"Backport", "", false, 1, "Upstream-status: backport"}},
		{"  Upstream Status: Accepted [1.2]", UpstreamStatus{"Accepted", "[1.2]", false, 1, "Upstream Status: Accepted [1.2]"}},
		{"Upstream-Status: Sent to the list", UpstreamStatus{"", "Sent to the list", false, 1, "Upstream-Status: Sent to the list"}},
		{"the status upstream: unknown\nupstream has a status", UpstreamStatus{"", "", false, 2, "upstream has a status"}},
		{"fix it", UpstreamStatus{}},
	} {
		if diff := cmp.Diff(tt.want, FindUpstreamStatus([]byte(tt.in+diff))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.in, diff)
		}
	}
	late := FindUpstreamStatus([]byte("fix" + diff + "Upstream-Status: Pending\n"))
	if !late.WellFormed || late.Line != 7 {
		t.Errorf("below the diff: %+v, want well-formed at line 7", late)
	}
	if got := FindUpstreamStatus([]byte("fix" + diff + "Upstream-status: Pending\n")); got.Kind != "" {
		t.Errorf("malformed below the diff: %+v, want none", got)
	}
}

func TestTags(t *testing.T) {
	b := []byte("Fix\n\nCVE: CVE-2020-1234 cve-2021-00001\nCVE: CVE-2020-1234\nsee CVE-2019-1111\nSigned-off-by: A <a@b>\n\n--- a/x\n+++ b/x\n")
	if diff := cmp.Diff([]string{"CVE-2020-1234", "CVE-2021-00001"}, CVEs(b)); diff != "" {
		t.Errorf("CVEs (-want +got):\n%s", diff)
	}
	if !SignedOff(b) || SignedOff([]byte("Fix\n\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-x\n+Signed-off-by: A <a@b>\n")) {
		t.Error("SignedOff: want true above the diff only")
	}
}

func TestParsePerson(t *testing.T) {
	for in, want := range map[string]Person{
		`"Doe, Jane" <jane@example.com>`:            {"Doe, Jane", "jane@example.com"},
		`jane@example.com (Jane Doe)`:               {"Jane Doe", "jane@example.com"},
		`jane@example.com`:                          {"", "jane@example.com"},
		`Jane Doe`:                                  {"Jane Doe", ""},
		`=?ISO-8859-1?Q?J=FCrgen?= <j@example.com>`: {"Jürgen", "j@example.com"},
		`=?x-unknown?Q?J=FCrgen?= <j@example.com>`:  {"=?x-unknown?Q?J=FCrgen?=", "j@example.com"},
	} {
		if got := ParsePerson(in); got != want {
			t.Errorf("ParsePerson(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestParseLimits(t *testing.T) {
	p, err := Parse([]byte("Subject: words only\n\nNo diff here.\n--- not a header\n"))
	if !errors.Is(err, ErrNoDiff) || p.Subject != "words only" || p.ID() != "" {
		t.Errorf("no diff: %q, %v, want the subject and ErrNoDiff", p.Subject, err)
	}
	if _, err := Parse(make([]byte, MaxBytes+1)); !errors.Is(err, ErrTooBig) {
		t.Errorf("too many bytes: %v, want ErrTooBig", err)
	}
	p, err = Parse(bytes.Repeat([]byte("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"), MaxFiles+1))
	if !errors.Is(err, ErrTooBig) || len(p.Files) != MaxFiles {
		t.Errorf("too many files: %d, %v, want %d and ErrTooBig", len(p.Files), err, MaxFiles)
	}
	if _, err := ParseDiff([]byte("diff --git " + strings.Repeat("a ", 1<<20))); err != nil {
		t.Errorf("a header line of 2 MB: %v", err)
	}
}

// TestIDOfPlainDiff wants a quilt patch to have the ID of git's own diff.
func TestIDOfPlainDiff(t *testing.T) {
	const hunk = "@@ -1,2 +1,2 @@\n x\n-a\n+b\n"
	git, _ := Parse([]byte("diff --git a/x.c b/x.c\nindex 1..2 100644\n--- a/x.c\n+++ b/x.c\n" + hunk))
	quilt, _ := Parse([]byte("Index: p-1/x.c\n====\n--- p-1.orig/x.c\t2001-01-01\n+++ p-1/x.c\t2001-01-01\n" + strings.Replace(hunk, "-1", "-91", 1)))
	if git.ID() == "" || git.ID() != quilt.ID() {
		t.Errorf("ID = %q, want %q", quilt.ID(), git.ID())
	}
}

// TestMissing wants to be told of a part that nobody has read.
func TestMissing(t *testing.T) {
	const head = "--- a/x.c\n+++ b/x.c\n"
	for diff, want := range map[string]string{
		"@@ -1 +1 @@\n-a\n+b\n":           "",
		"@@ -1 +1,2 @@\n-a\n+b\n":         "x.c: hunk cut short",
		"@@ nonsense\n@@ -1 +1\n-a\n+b\n": "x.c: unreadable hunk header",
		"@@ -1 +1 @@\n-a\n+b\n+c\n":       "",
	} {
		p, _ := Parse([]byte(head + diff))
		if got := p.Missing(); got != want {
			t.Errorf("Missing of %q = %q, want %q", diff, got, want)
		}
	}
}
