package version

import (
	"slices"
	"testing"
)

// TestCompare orders each row from the oldest to the newest.
func TestCompare(t *testing.T) {
	for _, row := range [][]string{
		{"1.0.2", "1.0.2a", "1.0.2t", "1.0.2u", "1.0.3"},
		{"2.9", "2.10", "2.100"},
		{"git", "0.1"},
		{"1.2-rc1", "1.2_rc2", "1.2.rc3", "1.2rc4", "1.2", "1.2.1"},
		{"3.0~beta1", "3.0"},
		{"v1.2", "v1.10"},
		{"1.0+git0+abc", "1.1+gitAUTOINC+def", "1.2+git${SRCPV}"},
		{"1.2.3-1", "1.2.3-2"},
		{"20230101", "20240101", "99999999999999999999999999999999"},
		{"A_1", "A_2", "A_10"},
		{"1!2", "1!3"},
	} {
		for i := range row {
			for j := range row {
				got, want := Compare(row[i], row[j]), i-j
				if sign(got) != sign(want) {
					t.Errorf("Compare(%q, %q) = %d, want the sign of %d", row[i], row[j], got, want)
				}
			}
		}
	}
	for _, same := range [][2]string{{"v1.2", "1.2"}, {"1.2+git1+aa", "1.2+gitAUTOINC+bb"}, {"1.2-rc1", "1.2~rc1"}, {"", "git"}} {
		if got := Compare(same[0], same[1]); got != 0 {
			t.Errorf("Compare(%q, %q) = %d, want 0", same[0], same[1], got)
		}
	}
}

func sign(n int) int { return min(max(n, -1), 1) }

func TestVCompare(t *testing.T) {
	row := []V{{"", "2.0", ""}, {"", "2.0", "r1"}, {"", "2.0", "r10"}, {"1", "1.0", "r0"}, {"2", "git", ""}}
	sorted := slices.SortedFunc(slices.Values([]V{row[3], row[1], row[4], row[2], row[0]}), V.Compare)
	if !slices.Equal(row, sorted) {
		t.Errorf("sorted %v, want %v", sorted, row)
	}
	if got := row[3].String() + " " + row[2].String(); got != "1:1.0 2.0-r10" {
		t.Errorf("String: %q", got)
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("1.2-rc1", "v1.2+git")
	f.Add("99999999999999999999:1", "~~")
	f.Fuzz(func(t *testing.T, a, b string) {
		if x, y := Compare(a, b), Compare(b, a); sign(x) != -sign(y) {
			t.Errorf("Compare(%q, %q) = %d, the other way %d", a, b, x, y)
		}
	})
}
