package patch

import (
	"bytes"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// seeds gives a fuzz target the patches of testdata/parse.
func seeds(f *testing.F) {
	cases, _ := filepath.Glob("testdata/parse/*.txtar")
	for _, file := range cases {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(ar.Files[0].Data)
	}
}

func FuzzParse(f *testing.F) {
	seeds(f)
	f.Add([]byte("\xff\xfe-\x00-\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Parse(b)
		if err == nil && len(p.Files) == 0 {
			t.Error("neither files nor an error")
		}
		checkFiles(t, p.Files, p.Diff)
		if id := p.ID(); id != "" && len(id) != 40 {
			t.Errorf("ID = %q", id)
		}
		again, _ := ParseDiff(p.Diff)
		if diff := cmp.Diff(p.Files, again); diff != "" {
			t.Errorf("the files of Diff are others (-want +got):\n%s", diff)
		}
	})
}

// checkFiles wants what holds of all files that are read.
func checkFiles(t *testing.T, files []*File, diff []byte) {
	t.Helper()
	lines := 0
	for _, file := range files {
		if !utf8.ValidString(file.Old + file.New) {
			t.Errorf("names %q, %q", file.Old, file.New)
		}
		for _, h := range file.Hunks {
			old, new := 0, 0
			for _, l := range h.Lines {
				if lines++; l.Op != ' ' && l.Op != '+' && l.Op != '-' {
					t.Errorf("op %q", l.Op)
				}
				if l.Op != '+' {
					old++
				}
				if l.Op != '-' {
					new++
				}
				if strings.Contains(l.Text, "\n") {
					t.Errorf("line %q", l.Text)
				}
			}
			if file.Damage == "" && (old != h.OldLines || new != h.NewLines) {
				t.Errorf("sound hunk -%d,%d +%d,%d has %d and %d lines", h.OldStart, h.OldLines, h.NewStart, h.NewLines, old, new)
			}
		}
	}
	if most := bytes.Count(diff, []byte("\n")) + 1; lines > most {
		t.Errorf("%d hunk lines of %d lines", lines, most)
	}
}

// FuzzParseDiff reads a diff, and compares it with what go-gitdiff reads,
// where that reads it at all.
func FuzzParseDiff(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		files, err := ParseDiff(b)
		if err == nil && len(files) == 0 {
			t.Error("neither files nor an error")
		}
		checkFiles(t, files, b)
		if len(files) == 1 && files[0].Damage == "" && len(b) < 4<<10 {
			compareHunks(t, files[0], b)
		}
	})
}

// compareHunks wants the hunks of a sound file to be those of go-gitdiff.
func compareHunks(t *testing.T, f *File, diff []byte) {
	t.Helper()
	list, _, err := gitdiff.Parse(bytes.NewReader(diff))
	if err != nil || len(list) != 1 || len(list[0].TextFragments) != len(f.Hunks) {
		return // it is stricter
	}
	for i, fragment := range list[0].TextFragments {
		h := f.Hunks[i]
		want := [4]int64{fragment.OldPosition, fragment.OldLines, fragment.NewPosition, fragment.NewLines}
		if got := [4]int64{int64(h.OldStart), int64(h.OldLines), int64(h.NewStart), int64(h.NewLines)}; got != want {
			t.Errorf("hunk at %d, want %d", got, want)
		}
		var lines []Line
		for _, l := range fragment.Lines {
			lines = append(lines, Line{l.Op.String()[0], strings.TrimSuffix(l.Line, "\n")})
		}
		if !slices.Equal(lines, h.Lines) {
			t.Errorf("hunk %d: %q, want %q", i+1, h.Lines, lines)
		}
	}
}

func FuzzHeader(f *testing.F) {
	seeds(f)
	f.Add([]byte("From: \"A, B\" <a@b>\nSubject: =?iso-8859-1?q?=FC?=\n folded\nDate: Mon, 5 Jan 2026 10:00:00 +0000\n\nFrom: c@d (E)\n\ntext\n---\nnotes\n"))
	f.Add([]byte("commit 0123456789012345678901234567890123456789\nAuthor: A <a@b>\nDate:   Mon Jan 5 10:00:00 2026 +0100\n\n    title\n"))
	f.Add([]byte("# comment\nUpstream-Status: Pending\ntitle\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p := &Patch{}
		p.readHeader(b)
		for what, s := range map[string]string{"subject": p.Subject, "name": p.Author.Name, "address": p.Author.Email} {
			if strings.Contains(s, "\n") || !utf8.ValidString(s) || len(s) > 16*maxField {
				t.Errorf("%s %q", what, s)
			}
		}
		if !utf8.ValidString(p.Body + p.Notes) {
			t.Errorf("body %q, notes %q", p.Body, p.Notes)
		}
		if p.From != "" && len(p.From) != 40 {
			t.Errorf("From = %q", p.From)
		}
		if y := p.Date.Year(); !p.Date.IsZero() && (y < 1970 || y > 2200) {
			t.Errorf("date %v", p.Date)
		}
	})
}

func FuzzTrailers(f *testing.F) {
	f.Add("Fixes: 0123 (\"x\")\n\nSigned-off-by: A <a@b>\n(cherry picked from commit 0123456789)\n")
	f.Add("text: a\n\nKey: value\n folded\nOther-Key: b\n\n")
	f.Fuzz(func(t *testing.T, s string) {
		list := findTrailers(strings.Split(s, "\n"))
		if most := strings.Count(s, "\n") + 1; len(list) > most {
			t.Errorf("%d trailers of %d lines", len(list), most)
		}
		for _, tr := range list {
			if tr.Key == "" || tr.Value == "" || strings.ContainsAny(tr.Key, " \t\n:") || strings.Contains(tr.Value, "\n") || !strings.Contains(s, tr.Value) {
				t.Errorf("trailer %q", tr)
			}
		}
	})
}

func FuzzUpstreamStatus(f *testing.F) {
	seeds(f)
	f.Add([]byte("x\nUpstream-Status: Backport [https://example.org/1]\r\n"))
	f.Add([]byte("  upstream_status Sent\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\nUpstream-Status: Pending\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		st := FindUpstreamStatus(b)
		if st.Kind != "" && !slices.Contains(statusKinds, st.Kind) || st.WellFormed && (st.Kind == "" || st.Kind == "Accepted") {
			t.Errorf("%+v", st)
		}
		if st.Line == 0 {
			if st != (UpstreamStatus{}) {
				t.Errorf("%+v without a line", st)
			}
			return
		}
		lines := strings.Split(text(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))), "\n")
		if st.Line > len(lines) || st.Raw != strings.TrimSpace(lines[st.Line-1]) {
			t.Errorf("line %d is not %q", st.Line, st.Raw)
		}
	})
}

func FuzzSubject(f *testing.F) {
	for _, s := range []string{"[PATCH v2 3/7] zlib: fix build", "Re: [a] RE: [b] c", "meta-oe][PATCH] x", "[[a] b] c", "=?utf-8?q?a?= =?x?b?YQ==?=", "[all]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := CleanSubject(s)
		if strings.Contains(got, "\n") || len(got) > len(s) {
			t.Errorf("CleanSubject(%q) = %q", s, got)
		}
		if again := CleanSubject(got); again != got {
			t.Errorf("CleanSubject(%q) = %q, and of that %q", s, got, again)
		}
		if utf8.ValidString(s) && !utf8.ValidString(DecodeWords(s)) {
			t.Errorf("DecodeWords(%q) = %q", s, DecodeWords(s))
		}
		ParsePerson(s)
		ParseDate(s)
	})
}

// FuzzDiffID wants the id to ignore what it has to: blanks, and the order of files.
func FuzzDiffID(f *testing.F) {
	f.Add("one.c", " a\n-b\n+c\n", "two.c", "-x\n")
	f.Add("a b", "+\n", "é", "\\ No newline at end of file\n")
	f.Fuzz(func(t *testing.T, name1, lines1, name2, lines2 string) {
		one, two := fuzzFile(name1, lines1), fuzzFile(name2, lines2)
		if one == "" || two == "" {
			return
		}
		id := DiffID([]byte(one + two))
		if got := DiffID([]byte(two + one)); len(id) != 40 || got != id {
			t.Errorf("in the other order %s, want %s\n%s%s", got, id, one, two)
		}
		if got := DiffID([]byte(strings.ReplaceAll(one, "@@ -1", "@@ -7") + strings.ReplaceAll(two, "\n+", "\n+ \t"))); got != id {
			t.Errorf("with other blanks and offsets %s, want %s\n%s%s", got, id, one, two)
		}
	})
}

// fuzzFile is a sound section of one file, or "".
func fuzzFile(name, lines string) string {
	old, new := 0, 0
	for _, l := range strings.Split(strings.TrimSuffix(lines, "\n"), "\n") {
		if len(l) == 0 || !strings.Contains(" +-", l[:1]) || strings.HasPrefix(l, "@@") {
			return ""
		}
		if l[0] != '+' {
			old++
		}
		if l[0] != '-' {
			new++
		}
	}
	if strings.ContainsAny(name+lines, "\r\x00") || strings.ContainsAny(name, "\n\"") {
		return ""
	}
	return "diff --git a/" + name + " b/" + name + "\n--- a/" + name + "\n+++ b/" + name + "\n" +
		"@@ -1," + strconv.Itoa(old) + " +1," + strconv.Itoa(new) + " @@\n" + strings.TrimSuffix(lines, "\n") + "\n"
}
