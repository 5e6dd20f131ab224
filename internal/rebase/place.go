package rebase

import (
	"strings"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// maxFuzz is how many lines of context may be ignored at each end of a hunk;
// the default of GNU patch.
const maxFuzz = 2

// A content is a text as lines without their newlines.
type content struct {
	lines []string
	open  bool // the last line has no newline
}

func newContent(b []byte) content {
	if len(b) == 0 {
		return content{}
	}
	s := string(b)
	open := !strings.HasSuffix(s, "\n")
	return content{strings.Split(strings.TrimSuffix(s, "\n"), "\n"), open}
}

func (c content) String() string {
	if len(c.lines) == 0 {
		return ""
	}
	s := strings.Join(c.lines, "\n")
	if !c.open {
		s += "\n"
	}
	return s
}

// A spot is where a hunk fits.
type spot struct {
	at     int // index of the first line of the hunk's old side; -1 if it fits nowhere
	fuzz   int
	offset int // lines from where the hunk says
	guess  int // index where it would be expected
}

// place finds where hunks fit into lines, one after the other. It follows
// locate_hunk of GNU patch 2.7 (src/patch.c): first without fuzz and at ever
// greater distance from the expected line, then the same with more fuzz; a hunk
// with less context at one end belongs to that end of the file. Unlike patch it
// does not accept a hunk of which nothing is left to compare.
func place(lines []string, hunks []patch.Hunk, fuzz int) []spot {
	spots := make([]spot, len(hunks))
	f := finder{lines: lines, work: maxCompare}
	moved := 0 // offset of the last hunk
	for i, h := range hunks {
		s := newShape(h)
		spots[i] = spot{at: -1, guess: s.first + moved}
		for n := 0; n <= min(fuzz, max(s.prefix, s.suffix)); n++ {
			at, ok := f.locate(s, spots[i].guess, n)
			if !ok {
				continue
			}
			spots[i].at, spots[i].fuzz, spots[i].offset = at, n, at-s.first
			moved, f.done = at-s.first, at+len(s.old)-s.suffix
			break
		}
	}
	return spots
}

// A shape is a hunk's old side and its context.
type shape struct {
	old            []string
	first          int // index where it should be
	prefix, suffix int // lines of context at both ends
}

func newShape(h patch.Hunk) shape {
	// Line numbers beyond any file are as good as its end.
	s := shape{first: max(min(h.OldStart, 1<<30), 0) - 1}
	if h.OldLines == 0 {
		s.first++ // it comes after that line
	}
	changed := false
	for _, l := range h.Lines {
		switch {
		case l.Op != ' ':
			changed, s.suffix = true, 0
		case changed:
			s.suffix++
		default:
			s.prefix++
		}
		if l.Op != '+' {
			s.old = append(s.old, l.Text)
		}
	}
	return s
}

// maxCompare is how many lines are compared at most to place the hunks of one
// file: much more than any honest patch needs.
const maxCompare = 200_000_000

// A finder finds places in lines.
type finder struct {
	lines []string
	done  int // lines that are behind us: the next place is not before
	work  int // comparisons that are left
}

// locate finds the place for s that is nearest to guess.
func (f *finder) locate(s shape, guess, fuzz int) (int, bool) {
	if len(s.old) == 0 {
		return guess, guess >= f.done && guess <= len(f.lines)
	}
	context := max(s.prefix, s.suffix)
	head, tail := fuzz+s.prefix-context, fuzz+s.suffix-context // lines to ignore
	if head < 0 && s.first <= 0 {
		return 0, f.matches(s, 0, 0, max(tail, 0)) && (tail >= 0 || len(f.lines) == len(s.old))
	}
	head = max(head, 0)
	if tail < 0 {
		at := len(f.lines) - len(s.old)
		return at, f.matches(s, at, head, 0)
	}
	last := len(f.lines) - (len(s.old) - tail)
	for off := max(guess-last, f.done-guess, 0); off <= max(last-guess, guess-f.done); off++ {
		if f.matches(s, guess+off, head, tail) {
			return guess + off, true
		}
		if f.matches(s, guess-off, head, tail) {
			return guess - off, true
		}
	}
	return 0, false
}

// matches compares the old side of s with the lines from at on, but for head
// and tail lines at its ends.
func (f *finder) matches(s shape, at, head, tail int) bool {
	end := len(s.old) - tail
	if at < f.done || at+end > len(f.lines) || head >= end {
		return false
	}
	for k := head; k < end; k++ {
		f.work--
		if f.lines[at+k] != s.old[k] || f.work < 0 {
			return false
		}
	}
	return true
}

// rare are the telling lines of a text that it has at no more than three
// places, with those.
func rare(lines []string) map[string][]int {
	where := map[string][]int{}
	for i, l := range lines {
		if telling(l) && len(where[l]) <= 3 {
			where[l] = append(where[l], i)
		}
	}
	for l, at := range where {
		if len(at) > 3 {
			delete(where, l)
		}
	}
	return where
}

// likely finds where most lines of the old side point to that are rare in the
// text, for a hunk that fits nowhere.
func (s shape) likely(rare map[string][]int, guess int) int {
	votes := map[int]int{}
	for k, l := range s.old {
		for _, i := range rare[l] {
			votes[i-k]++
		}
	}
	best := guess
	for at, n := range votes {
		far, near := abs(at-guess), abs(best-guess)
		if b := votes[best]; n > b || n == b && (far < near || far == near && at < best) {
			best = at
		}
	}
	return max(best, 0)
}

// telling lines say where they are from; braces and blank lines do not.
func telling(line string) bool {
	n := 0
	for i := 0; i < len(line) && n < 4; i++ {
		if c := line[i] | 0x20; c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 0x80 {
			n++
		}
	}
	return n >= 4
}

func abs(n int) int { return max(n, -n) }

// rewrite applies hunks where place found them; all of them fit. Context stays
// as it is in the file: some of it may have been ignored, and the context below
// a hunk may be that above the next.
func rewrite(c content, hunks []patch.Hunk, spots []spot) content {
	out := make([]string, 0, len(c.lines))
	next := 0 // the first line of the file that is not dealt with yet
	for i, h := range hunks {
		at := spots[i].at
		for _, l := range h.Lines {
			if l.Op == '+' || l.Op == '-' {
				out = append(out, c.lines[next:max(at, next)]...)
				next = max(at, next)
			}
			if l.Op == '+' {
				out = append(out, l.Text)
				continue
			}
			at++
			if l.Op == '-' {
				next = at
			}
		}
	}
	return content{append(out, c.lines[next:]...), c.open && next < len(c.lines)}
}

// reversed is the hunk that takes h back.
func reversed(h patch.Hunk) patch.Hunk {
	r := patch.Hunk{OldStart: h.NewStart, OldLines: h.NewLines, NewStart: h.OldStart, NewLines: h.OldLines}
	for _, l := range h.Lines {
		switch l.Op {
		case '+':
			l.Op = '-'
		case '-':
			l.Op = '+'
		}
		r.Lines = append(r.Lines, l)
	}
	return r
}
