package policy

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/patch"
)

func TestCorrect(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"Upstream-Status: Pending", ""}, // it is right
		{"Upstream-Status: pending", "Upstream-Status: Pending"},
		{"Upstream-status: Backport", "Upstream-Status: Backport"},
		{"Upstream-Status: Backport[https://example.org/c/1]", "Upstream-Status: Backport [https://example.org/c/1]"},
		{"Upstream-Status: Backport:", "Upstream-Status: Backport"},
		{"Upstream-Status:Submitted: https://example.org/m", "Upstream-Status: Submitted [https://example.org/m]"},
		{"Upstream-Status: Inappropriate (embedded)\t", "Upstream-Status: Inappropriate [embedded]"},
		{"Upstream Status: Denied", "Upstream-Status: Denied"},
		{"Upstream-Status: Accepted", ""}, // of what is not known
		{"Upstream-Status: Accepted [https://example.org/commit/0123456789ab]", "Upstream-Status: Backport [https://example.org/commit/0123456789ab]"},
		{"Upstream-Status: soon", ""},
		{"my upstream has no status", ""},
	} {
		// A tab behind the kind is well-formed for nobody.
		if got := Correct(patch.FindUpstreamStatus([]byte(tt.line + "\n"))); got != tt.want && !strings.HasSuffix(tt.line, "\t") {
			t.Errorf("Correct(%q) = %q, want %q", tt.line, got, tt.want)
		}
	}
}

func TestIdentified(t *testing.T) {
	for text, want := range map[string]bool{
		"[https://example.org/x]": true, "0123abc": true, "[v1.2.11]": true, "[from 2.0]": true, "zlib-1.3": true, "[madler/zlib#599]": true,
		"[github.com/eudev-project/eudev/pull/274]": true, "see gitlab.example.org/a/b": true, "[e.g. and/or]": false, "[by email/irc to x.org]": false,
		"": false, "[from master]": false, "[upstream]": false, "[2 patches]": false,
	} {
		if got := identified(text); got != want {
			t.Errorf("identified(%q) = %v", text, got)
		}
	}
}

func FuzzCorrect(f *testing.F) {
	f.Add("Upstream-Status: backport[x]")
	f.Add("Upstream-Status: Accepted\x00[https://x/commit/0123456]")
	f.Fuzz(func(t *testing.T, s string) {
		line := Correct(patch.FindUpstreamStatus([]byte(s)))
		if st := patch.FindUpstreamStatus([]byte(line)); line != "" && (!st.WellFormed || strings.ContainsAny(line, "\n\r")) {
			t.Errorf("%q became %q", s, line)
		}
	})
}

// hostile is a report with names that try to break out of each format.
func hostile() *Report {
	rule, _ := RuleOf(Orphan)
	r := &Report{Sources: []string{"ours"}, Roots: map[string]string{"ours": "la yer/"}}
	for _, name := range []string{"a%b #?.patch", "x:y/\x1b[31m.patch", "nul\x00\xff.patch", "]]>&<\"'.patch", "line\nbreak.patch", "\u202e.patch"} {
		r.Findings = append(r.Findings, Finding{Rule: rule, Source: "ours", File: name, Line: 1, Text: "about " + name, about: name})
	}
	r.Notes = []Note{{"ours", "n\x01.bb", "note \x02"}, {"", "", "of none"}}
	return r
}

// TestSARIF decodes what was written, and knows every field: what the schema of
// SARIF 2.1.0 requires is there, and every path comes back from its URI.
func TestSARIF(t *testing.T) {
	var out bytes.Buffer
	r := hostile()
	if err := r.WriteSARIF(&out, "1.0", []string{"cannot \x1b read"}); err != nil {
		t.Fatal(err)
	}
	if bytes.ContainsAny(out.Bytes(), "\x00\x01\x1b") {
		t.Error("control characters")
	}
	var log sarifLog
	dec := json.NewDecoder(&out)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || !strings.HasSuffix(log.Schema, "sarif-schema-2.1.0.json") || len(log.Runs) != 1 {
		t.Fatalf("log = %+v", log)
	}
	run := log.Runs[0]
	if run.Tool.Driver.Name == "" || run.Invocations[0].Successful || len(run.Invocations[0].Notifications) != 3 {
		t.Errorf("run = %+v", run)
	}
	for i, rule := range run.Tool.Driver.Rules {
		if rule.ID != Rules()[i].ID || rule.Help.Text == "" || rule.Short.Text == "" || !strings.Contains("error warning note", rule.Default.Level) {
			t.Errorf("rule = %+v", rule)
		}
	}
	for i, f := range run.Results {
		u, err := url.Parse(f.Locations[0].Physical.Artifact.URI)
		if err != nil || u.IsAbs() || u.Path != r.Place("ours", r.Findings[i].File) {
			t.Errorf("%q is %v, %v", r.Findings[i].File, u, err)
		}
		if f.RuleID != run.Tool.Driver.Rules[f.RuleIndex].ID || f.Message.Text == "" || f.Locations[0].Physical.Region.Line < 1 || f.Prints["upstreamd/v1"] == "" {
			t.Errorf("result = %+v", f)
		}
	}
}

// TestJUnit reads the XML back.
func TestJUnit(t *testing.T) {
	var out bytes.Buffer
	if err := hostile().WriteJUnit(&out, []string{"cannot \x1b read"}); err != nil {
		t.Fatal(err)
	}
	var all junitSuites
	dec := xml.NewDecoder(&out)
	if err := dec.Decode(&all); err != nil {
		t.Fatal(err)
	}
	if len(all.Suites) != 2 || all.Failures != 6 || all.Errors != 1 || all.Tests != 6+len(Rules())-1+1 {
		t.Errorf("suites = %d, failures %d, errors %d, tests %d", len(all.Suites), all.Failures, all.Errors, all.Tests)
	}
	names := map[string]bool{}
	for _, c := range all.Suites[0].Cases {
		if names[c.Class+c.Name] {
			t.Errorf("case %s is there twice", c.Name)
		}
		names[c.Class+c.Name] = true
		if c.Failure != nil && (c.Failure.Message == "" || !strings.Contains(c.Failure.Text, "No recipe in the layers given")) {
			t.Errorf("failure = %+v", c.Failure)
		}
	}
}

// TestBaseline hides what is known, also when a line moves or a directory is
// renamed, and nothing else.
func TestBaseline(t *testing.T) {
	r := hostile()
	b, err := ReadBaseline(NewBaseline(r).Text())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(NewBaseline(r).known, b.known); diff != "" {
		t.Errorf("what was read differs (-want +got)\n%s", diff)
	}
	later := hostile()
	later.Findings[0].Line = 99
	later.Findings[0].File = "moved/" + later.Findings[0].File
	later.Findings[1].about = "something else"
	later.Findings = append(later.Findings, Finding{Rule: later.Findings[2].Rule, Source: "ours", File: "new.patch", about: later.Findings[2].about})
	hidden, gone := b.Hide(later)
	if hidden != 5 || len(gone) != 1 || gone[0].Path != r.Findings[1].File || len(later.Findings) != 2 {
		t.Errorf("hidden %d, gone %q, left %d", hidden, gone, len(later.Findings))
	}
	for _, bad := range []string{"", "x\n", baselineHead + "\none two\n", baselineHead + "\na b \"\\\n", baselineHead + "\n" + strings.Repeat("x", 2<<20)} {
		if _, err := ReadBaseline([]byte(bad)); !errors.Is(err, ErrBaseline) {
			t.Errorf("baseline %.40q: %v", bad, err)
		}
	}
}

func FuzzReadBaseline(f *testing.F) {
	f.Add([]byte(baselineHead + "\npatch-orphan 0011 a.patch\nx y \"a\\xff b\"\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := ReadBaseline(b)
		if err != nil {
			return
		}
		again, err := ReadBaseline(first.Text())
		if err != nil || len(again.known) != len(first.known) {
			t.Errorf("%q does not come back: %v", b, err)
		}
	})
}

// scanned makes a repository of a layer and scans it.
func scanned(t testing.TB, files map[string]string) (*gittest.Repo, []layer.Source, *layer.Scan) {
	t.Helper()
	r := gittest.New(t)
	files["conf/layer.conf"] = "BBFILES += \"${LAYERDIR}/recipes/*.bb ${LAYERDIR}/recipes/*.bbappend\"\nBBFILE_COLLECTIONS += \"ours\"\nLAYERSERIES_COMPAT_ours = \"dunfell\"\n"
	r.Commit(files, "layer")
	repo, err := git.Open(t.Context(), r.Path)
	if err != nil {
		t.Fatal(err)
	}
	sources := []layer.Source{{Name: "ours", Repo: repo, Local: true}}
	scan, err := layer.Run(t.Context(), sources, layer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r, sources, scan
}

// TestOddNames checks a layer whose files have names that nobody should give.
func TestOddNames(t *testing.T) {
	odd := "recipes/zip/a b\n\x1b%\".patch"
	_, sources, scan := scanned(t, map[string]string{
		"recipes/zip_1.0.bb": "SRC_URI = \"file://x.patch\"\n", "recipes/zip/x.patch": "no diff\n", odd: "Upstream-Status: Pending\n",
		filepath.Join("recipes/zip", strings.Repeat("n", 200)+".patch"): "",
	})
	report, err := Check(t.Context(), sources, scan, Options{MaxPending: -1})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range report.Findings {
		got = append(got, fmt.Sprintf("%s %.20q", f.Rule.ID, f.File))
	}
	want := []string{
		`patch-orphan "recipes/zip/a b\n\x1b%`, `patch-orphan "recipes/zip/nnnnnnnn`, `status-missing "recipes/zip/x.patch"`, `patch-unreadable "recipes/zip/x.patch"`,
	}
	for i := range want {
		if i >= len(got) || !strings.HasPrefix(got[i], strings.TrimSuffix(want[i], `"`)) {
			t.Fatalf("found %q, want %q", got, want)
		}
	}
}

// TestNothingFalse checks a layer that is in order, as real ones write it: what
// is used in a way that a scan does not see, and what is told in other words.
func TestNothingFalse(t *testing.T) {
	tagged := func(tag string) string {
		return "x\n\n" + tag + "\n" + diffOf("x")[len("x\n\nUpstream-Status: Pending\n"):]
	}
	_, sources, scan := scanned(t, map[string]string{
		"recipes/zip_1.0.bb": `SRC_URI = "file://plain.patch file://byhand.patch;apply=no file://context.patch file://note.patch file://below.patch file://picked.patch file://stable.patch"
EXTRA = "file://debian/other.patch file://${BPN}-named.patch;apply=no"
EXTRA:arm = "file://variable.patch"
SRC_URI:append:libc-musl = "${@bb.utils.contains('DISTRO_FEATURES', 'x', ' file://python.patch', '', d)}"
# file://comment.patch
`,
		"recipes/tool_%.bbappend":    "SRC_URI += \"file://dangling.patch\"\n",
		"recipes/zip/plain.patch":    tagged("Upstream-Status: Submitted [lists.example.org/archives/zip/1.html]"),
		"recipes/zip/byhand.patch":   diffOf("x"),
		"recipes/zip/variable.patch": diffOf("x"), "recipes/zip/python.patch": diffOf("x"), "recipes/zip/comment.patch": diffOf("x"),
		"recipes/zip/files/other.patch": diffOf("x"), "recipes/zip/zip-named.patch": diffOf("x"),
		"recipes/tool/dangling.patch": diffOf("x"),
		"recipes/zip/context.patch":   "Upstream-Status: Pending\n\n*** ../a/x\tThu Sep 25 15:34:56 2008\n--- x\tFri May 14 12:47:22 2010\n***************\n*** 1 ****\n! a\n--- 1 ----\n! b\n",
		"recipes/zip/note.patch":      tagged("Upstream-Status: Submitted [1]\n\n[1] https://example.org/zip/pull/4"),
		"recipes/zip/below.patch":     tagged("Upstream-Status: Backport\n\nReference to upstream patch:\nhttps://example.org/zip/commit/?id=0123456789ab"),
		"recipes/zip/picked.patch":    tagged("(cherry picked from commit 0123456789abcdef0123456789abcdef01234567)\nUpstream-Status: Backport"),
		"recipes/zip/stable.patch":    tagged("commit 0123456789abcdef0123456789abcdef01234567 upstream.\n\nUpstream-Status: Backport"),
	})
	report, err := Check(t.Context(), sources, scan, Options{MaxPending: -1})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range report.Findings {
		got = append(got, f.Rule.ID+" "+f.File)
	}
	for _, n := range report.Notes {
		got = append(got, "note "+n.File)
	}
	want := []string{
		"append-dangling recipes/tool_%.bbappend", "patch-orphan recipes/zip/comment.patch", "patch-orphan recipes/zip/files/other.patch",
		"note recipes/zip/byhand.patch", "note recipes/zip/context.patch", "note recipes/zip/python.patch", "note recipes/zip/variable.patch",
		"note recipes/zip/zip-named.patch",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what was found differs (-want +got)\n%s", diff)
	}
}
