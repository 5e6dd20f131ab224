// Package version orders the versions of recipes: PE, PV and PR as bitbake
// has them. PVs are written by thousands of people, so nothing here fails:
// what Debian's rules cannot read is compared naturally, digits as numbers.
package version

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"

	debversion "github.com/knqyf263/go-deb-version"
)

// A V is the version of a recipe. PE and PR may be "".
type V struct{ PE, PV, PR string }

// Compare orders two versions by PE, then PV, then PR: negative if v is older.
func (v V) Compare(w V) int {
	if c := cmp.Compare(epoch(v.PE), epoch(w.PE)); c != 0 {
		return c
	}
	if c := Compare(v.PV, w.PV); c != 0 {
		return c
	}
	return natural(v.PR, w.PR)
}

// String is PE:PV-PR, without the parts that are absent.
func (v V) String() string {
	s := v.PV
	if v.PE != "" && v.PE != "0" {
		s = v.PE + ":" + s
	}
	if v.PR != "" && v.PR != "r0" {
		s += "-" + v.PR
	}
	return s
}

// epoch is the number of a PE; what is none counts as 0.
func epoch(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

var (
	scmSuffix = regexp.MustCompile(`(?i)[+.~_-](git|gitr|gitAUTOINC|svn|svnr|hg|AUTOINC|SRCPV|\$\{).*$`)
	preSuffix = regexp.MustCompile(`(?i)[-_.~]?(rc|alpha|beta|pre|dev)[-_.]?(\d*)`)
	vPrefix   = regexp.MustCompile(`^[vV][._-]?(\d)`)
)

// Normalize makes a PV comparable: no leading v, no +git..., AUTOINC or other
// revision suffix, and -rc1, _rc1 or rc1 as ~rc1, which is before the release.
// A PV that only says git is "".
func Normalize(pv string) string {
	pv = strings.TrimSpace(pv)
	pv = vPrefix.ReplaceAllString(pv, "$1")
	if pv == "git" || pv == "svn" || pv == "hg" {
		return ""
	}
	pv = scmSuffix.ReplaceAllString(pv, "")
	if loc := preSuffix.FindStringSubmatchIndex(pv); loc != nil && loc[0] > 0 && pv[loc[0]-1] >= '0' && pv[loc[0]-1] <= '9' {
		pv = pv[:loc[0]] + "~" + strings.ToLower(pv[loc[2]:loc[3]]) + pv[loc[4]:loc[5]] + pv[loc[1]:]
	}
	return pv
}

// Compare orders two PVs by Debian's rules after [Normalize]: negative if a
// is older. A PV that says no version (git) is older than any that does.
func Compare(a, b string) int {
	na, nb := Normalize(a), Normalize(b)
	if na == nb {
		return 0
	}
	if na == "" || nb == "" {
		return cmp.Compare(len(na), len(nb))
	}
	va, errA := debversion.NewVersion(plain(na))
	vb, errB := debversion.NewVersion(plain(nb))
	if errA != nil || errB != nil || longNumber(na) || longNumber(nb) {
		return natural(na, nb)
	}
	return va.Compare(vb)
}

// plain keeps Debian's epoch and revision out of a PV, which has neither: a
// colon or dash is a separator like any other.
func plain(s string) string { return strings.NewReplacer(":", ".", "-", ".", "_", ".").Replace(s) }

// longNumber says whether s has a number that does not fit an int.
func longNumber(s string) bool {
	run := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			run = 0
		} else if run++; run > 18 {
			return true
		}
	}
	return false
}

// natural compares runs of digits as numbers and all else as text. A tilde
// sorts before anything, also before the end.
func natural(a, b string) int {
	for a != "" || b != "" {
		if c := cmp.Compare(rank(a), rank(b)); c != 0 {
			return c
		}
		if digit(a) && digit(b) {
			var x, y string
			x, a = cutDigits(a)
			y, b = cutDigits(b)
			if c := cmp.Compare(len(x), len(y)); c != 0 {
				return c
			}
			if c := cmp.Compare(x, y); c != 0 {
				return c
			}
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return 0
}

// rank orders kinds of what comes next: tilde, end, text, number.
func rank(s string) int {
	switch {
	case s == "":
		return 1
	case s[0] == '~':
		return 0
	case digit(s):
		return 3
	}
	return 2
}

func digit(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

// cutDigits splits off a number, without its leading zeros.
func cutDigits(s string) (num, rest string) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return strings.TrimLeft(s[:i], "0"), s[i:]
}
