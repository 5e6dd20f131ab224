package diffmatch

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// series makes patches of words: "fix:a:6" is the patch "fix" of file a.c that
// adds lines 1 to 6; "fix:a:6!" has another message, "fix:a:4-9" adds lines 4
// to 9, and "?" cannot be read.
func series(t *testing.T, words string) (list []*patch.Patch) {
	t.Helper()
	for _, w := range strings.Fields(words) {
		if w == "?" {
			list = append(list, nil)
			continue
		}
		f := strings.Split(w, ":")
		from, to := 1, 0
		span, note := strings.CutSuffix(f[2], "!")
		if _, err := fmt.Sscanf(span, "%d-%d", &from, &to); err != nil {
			from = 1
			if _, err := fmt.Sscan(span, &to); err != nil {
				t.Fatal(w)
			}
		}
		var b strings.Builder
		fmt.Fprintf(&b, "Subject: %s\n\nwhy %v\n---\n--- a/%s.c\n+++ b/%s.c\n@@ -1,1 +1,%d @@\n int x;\n", f[0], note, f[1], f[1], to-from+2)
		for i := from; i <= to; i++ {
			fmt.Fprintf(&b, "+%s line %d of many;\n", f[1], i)
		}
		p, err := patch.Parse([]byte(b.String()))
		if err != nil {
			t.Fatal(w, err)
		}
		list = append(list, p)
	}
	return list
}

func TestRange(t *testing.T) {
	for _, tt := range []struct{ name, old, new, want string }{
		{"nothing", "", "", ""},
		{"all new", "", "a:a:3 b:b:3", "-1>0 new, -1>1 new"},
		{"as it was", "a:a:6 b:b:6", "a:a:6 b:b:6", "0>0 unchanged, 1>1 unchanged"},
		{"another message", "a:a:6", "a:a:6!", "0>0 reworded"},
		{"another title", "a:a:6", "z:a:6", "0>0 reworded"},
		{"edited", "a:a:10", "a:a:9", "0>0 changed"},
		{"in another order", "a:a:6 b:b:6 c:c:6", "c:c:6 a:a:6 b:b:6", "2>0 unchanged, 0>1 unchanged, 1>2 unchanged"},
		{"one dropped, one new", "a:a:6 b:b:6 c:c:6", "a:a:6 c:c:6 d:d:6", "0>0 unchanged, 1>-1 dropped, 2>1 unchanged, -1>2 new"},
		{"dropped first", "a:a:6 b:b:6", "b:b:6", "0>-1 dropped, 1>0 unchanged"},
		{"rewritten under its title", "a:a:6", "a:q:6", "0>0 changed"},
		// y is most like p; but then x would get q, which it is hardly like.
		{"the sum counts", "x:a:1-10 y:a:1-12", "p:a:1-11 q:a:6-16", "0>0 changed, 1>1 changed"},
		{"the title decides between near ones", "x:a:1-10 y:a:3-12", "y:a:2-11 x:a:1-9", "1>0 changed, 0>1 changed"},
		{"twice the same", "a:a:6 a:a:6", "a:a:6 a:a:6", "0>0 unchanged, 1>1 unchanged"},
		{"one that cannot be read", "? b:b:6", "a:a:6 ? b:b:6", "0>-1 dropped, -1>0 new, -1>1 new, 1>2 unchanged"},
	} {
		var got []string
		for _, r := range Range(series(t, tt.old), series(t, tt.new)) {
			got = append(got, fmt.Sprintf("%d>%d %s", r.Old, r.New, r.Relation))
			if (r.Old >= 0 && r.New >= 0) != (len(r.Evidence) > 0) {
				t.Errorf("%s: row %+v: evidence is of pairs", tt.name, r)
			}
		}
		if s := strings.Join(got, ", "); s != tt.want {
			t.Errorf("%s: Range(%q, %q) =\n%s, want\n%s", tt.name, tt.old, tt.new, s, tt.want)
		}
	}
}

// TestAssign compares with every assignment there is.
func TestAssign(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		rows, columns := rng.IntN(6), 1+rng.IntN(5)
		weight := make([][]float64, rows)
		for i := range weight {
			weight[i] = make([]float64, columns)
			for j := range weight[i] {
				if rng.IntN(3) > 0 {
					weight[i][j] = float64(rng.IntN(8)) / 4
				}
			}
		}
		sum, used := 0.0, map[int]bool{}
		for i, j := range assign(weight) {
			if j < 0 {
				continue
			}
			if used[j] || weight[i][j] == 0 {
				t.Fatalf("%v: column %d twice, or for nothing", weight, j)
			}
			used[j] = true
			sum += weight[i][j]
		}
		if best := bestSum(weight, 0, map[int]bool{}); best-sum > 1e-4 {
			t.Fatalf("%v: sum %v, the best is %v", weight, sum, best)
		}
	}
}

func bestSum(weight [][]float64, i int, used map[int]bool) float64 {
	if i == len(weight) {
		return 0
	}
	best := bestSum(weight, i+1, used)
	for j, w := range weight[i] {
		if !used[j] {
			used[j] = true
			best = max(best, w+bestSum(weight, i+1, used))
			used[j] = false
		}
	}
	return best
}
