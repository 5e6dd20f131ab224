package rebase

import (
	"strconv"
	"strings"

	"github.com/upstreamd/upstreamd/internal/version"
)

// Sizes of steps, from what a maintainer would call nothing to a rewrite.
const (
	stepPatch    = "patch"
	stepMinor    = "minor"
	stepMajor    = "major"
	stepRevision = "revision"
	stepDate     = "date"
	stepBack     = "back"
)

// stepWords names steps to people.
var stepWords = map[string]string{
	stepPatch: "a patch-level step", stepMinor: "a minor step", stepMajor: "a major step",
	stepRevision: "another revision of the same version", stepDate: "a step between versions that are dates", stepBack: "a step backwards",
}

// A stepSize is how far a version moves.
type stepSize struct {
	word  string // one of the sizes
	level int    // which number changed first, from 0; -1 for none
	delta int    // by how much, at most 100
}

// stepOf is the size of a step. Which number is the minor one is by its place:
// 1.2.3 has major, minor and patch level, 1.2 major and minor. What follows the
// third number is patch level, too.
func stepOf(from, to string) stepSize {
	a, b := numbers(version.Normalize(from)), numbers(version.Normalize(to))
	s := stepSize{word: stepRevision, level: -1}
	for i := range max(len(a), len(b)) {
		x, y := at(a, i), at(b, i)
		if x == y {
			continue
		}
		s.level, s.delta = i, min(max(y-x, x-y), 100)
		s.word = [...]string{stepMajor, stepMinor, stepPatch}[min(i, 2)]
		break
	}
	switch {
	case s.level >= 0 && version.Compare(from, to) > 0:
		s.word = stepBack
	case s.level >= 0 && s.level < 2 && (isYear(at(a, 0)) || isYear(at(b, 0))):
		s.word = stepDate
	}
	return s
}

// numbers are the first numbers of a version.
func numbers(v string) (list []int) {
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	for _, f := range strings.FieldsFunc(v, func(r rune) bool { return !digit(r) }) {
		n, err := strconv.Atoi(f[:min(9, len(f))])
		if err != nil || len(list) == 6 {
			break
		}
		list = append(list, n)
	}
	return list
}

// at is element i, 0 behind the end.
func at(list []int, i int) int {
	if i < len(list) {
		return list[i]
	}
	return 0
}

// isYear says whether a version begins with a year, or with a whole date.
func isYear(n int) bool { return n >= 1990 && n < 2100 || n >= 19900101 && n < 21000000 }
