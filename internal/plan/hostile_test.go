package plan

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// hostile is a plan with names that try to break out of each format.
func hostile() *Plan {
	p := &Plan{Target: "=cmd|' /C calc'!A0 <script>", Problems: []string{"a\n# b", "x | y"}, Moves: []Move{{Layer: "co|re", From: "1", To: "2"}}}
	for _, s := range []string{
		"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "a\x1b[31m", "x`y|z.patch", "[l](javascript:1)", "<img src=x>", "@everyone", "two\nlines", "\xff\u202e",
	} {
		p.Items = append(p.Items, Item{Kind: Patch, Layer: "ours", Path: s, Recipe: s, From: s, To: s, Verdict: Conflict, Why: s, Evidence: s, Owner: s, Effort: 9})
	}
	return p
}

// TestCSV: no cell is a formula to a spreadsheet, and each row has all cells.
func TestCSV(t *testing.T) {
	var b bytes.Buffer
	if err := hostile().WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+len(hostile().Items) {
		t.Errorf("%d rows", len(rows))
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) || strings.ContainsRune(cell, '\x1b') {
				t.Errorf("cell %q", cell)
			}
		}
	}
}

// TestMarkdown: what strangers wrote stays text on its own line.
func TestMarkdown(t *testing.T) {
	var b bytes.Buffer
	if err := hostile().WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	plain := regexp.MustCompile("(^|[^\\\\])`[^`\n]*`").ReplaceAllString(text, "$1") // what is not code
	for _, bad := range []string{"<script", "<img", "@everyone", "[l](", "\x1b", "\n# b"} {
		if strings.Contains(plain, bad) {
			t.Errorf("has %q:\n%s", bad, text)
		}
	}
	if n := strings.Count(text, "\n- [ ] "); n != len(hostile().Items) {
		t.Errorf("%d boxes", n)
	}
}

// TestJSON: a plan that is kept comes back as it was.
func TestJSON(t *testing.T) {
	want := &Plan{
		Target: "next", Series: "next", Moves: []Move{{"core", "next", "a", "b"}},
		Items:    []Item{{Fork, "ours", "f.bb", "f", "1", "2", UpdateFork, "w", "e", "Ann", Hours}},
		Upgrades: []Upgrade{{"core", "f", "1", "2", []string{"a"}, nil}}, Problems: []string{"p"},
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got := &Plan{}
	if err := json.Unmarshal(text, got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestSums: the sums add up, whatever they are by, and Add adds plans.
func TestSums(t *testing.T) {
	p := &Plan{Items: []Item{
		{Verdict: Keep, Owner: "Ann"}, {Verdict: Conflict, Owner: "Bob", Effort: Days}, {Verdict: Rename, Owner: "Ann", Effort: Minutes}, {Verdict: Dangling, Effort: Hours},
	}}
	want := []Sum{{"Bob", 1, 1, 16}, {"", 1, 1, 3}, {"Ann", 2, 1, 0.25}}
	if d := cmp.Diff(want, p.ByOwner()); d != "" {
		t.Error(d)
	}
	want = []Sum{{"conflict", 1, 1, 16}, {"dangling", 1, 1, 3}, {"rename", 1, 1, 0.25}, {"keep", 1, 0, 0}}
	if d := cmp.Diff(want, p.ByVerdict()); d != "" {
		t.Error(d)
	}
	p.Add(&Plan{Items: []Item{{Verdict: Drop, Effort: Minutes}}, Moves: []Move{{Layer: "core"}}})
	p.Add(&Plan{Moves: []Move{{Layer: "core"}}})
	if total := p.Total(); total.Items != 5 || total.Work != 4 || total.Time() != "2 days" || len(p.Moves) != 1 {
		t.Errorf("total %+v, moves %v", total, p.Moves)
	}
	if (&Plan{}).Total().Time() != "nothing" {
		t.Error("an empty plan has work")
	}
}

// TestTarget: tags and commits are targets, too; layers can go to different
// ones; one that has no such thing stays and says what it has.
func TestTarget(t *testing.T) {
	w := build(t, txtar.Parse([]byte("-- ours/a --\n-- core@old/a --\n-- core@next/a --\nx\n-- oe@old/a --\n-- oe@later/a --\ny\n")))
	w.repos["oe"].Tag("1.0")
	next, later := w.repos["core"].Hash("next"), w.repos["oe"].Hash("later")
	for _, tt := range []struct {
		name, to string
		of       map[string]string
		core, oe string // hashes, "" where it stays
	}{
		{"branch of one", "next", nil, next, ""},
		{"tag", "1.0", nil, "", later},
		{"commit", next[:12], nil, next, ""},
		{"each its own", "next", map[string]string{"oe": "later"}, next, later},
		{"only one", "", map[string]string{"oe": "refs/heads/later"}, "", later},
	} {
		t.Run(tt.name, func(t *testing.T) {
			there, moves, problems, err := Target(t.Context(), w.sources, tt.to, tt.of)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range []string{tt.core, tt.oe} {
				m := moves[i]
				if want == "" && (m.Ref != "" || m.From != m.To) || want != "" && m.To != want || there[i+1].Rev != m.To {
					t.Errorf("%s goes from %s to %s %s, source %s", m.Layer, m.From, m.Ref, m.To, there[i+1].Rev)
				}
			}
			if tt.name == "branch of one" && (len(problems) != 1 || !strings.Contains(problems[0], "oe has no branch, tag or commit next") || !strings.Contains(problems[0], "later, old")) {
				t.Errorf("problems %q", problems)
			}
		})
	}
	for _, to := range []string{"nowhere", "--upload-pack=x", "next^", "next:a", "../x", "0000000"} {
		if _, _, _, err := Target(t.Context(), w.sources, to, nil); !errors.Is(err, ErrNoTarget) {
			t.Errorf("%q: %v", to, err)
		}
	}
	if _, _, _, err := Target(t.Context(), w.sources, "next", map[string]string{"ours": "x"}); !errors.Is(err, ErrNoTarget) {
		t.Errorf("ours: %v", err)
	}
}
