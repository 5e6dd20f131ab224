package diffmatch

import (
	"strings"
	"unicode/utf8"
)

// maxTokens bounds the words of one line that are compared.
const maxTokens = 200

// words splits a line into names, numbers and signs.
func words(line string) []string {
	var list []string
	for i := 0; i < len(line) && len(list) < maxTokens; {
		c := line[i]
		switch {
		case c <= ' ':
			i++
		case wordByte(c):
			j := i + 1
			for j < len(line) && wordByte(line[j]) {
				j++
			}
			list = append(list, line[i:j])
			i = j
		default:
			list = append(list, line[i:i+1])
			i++
		}
	}
	return list
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf
}

// A bag holds the words of a line, with how often each is in it. A name tells
// more than a sign.
type bag struct {
	count map[string]int
	total float64
}

func bagOf(line string) bag {
	b := bag{count: map[string]int{}}
	for _, w := range words(line) {
		b.count[w]++
		b.total += wordWeight(w)
	}
	return b
}

func wordWeight(w string) float64 {
	if wordByte(w[0]) {
		return 1
	}
	return 0.25
}

// similar is how far two lines have the same words, 0..1 (Dice's coefficient).
func (b bag) similar(o bag) float64 {
	if b.total == 0 || o.total == 0 {
		return 0
	}
	common := 0.0
	for w, n := range b.count {
		if m := o.count[w]; m > 0 {
			common += float64(min(n, m)) * wordWeight(w)
		}
	}
	return 2 * common / (b.total + o.total)
}

// prose reduces a text to the pairs of its words that follow each other;
// what is quoted, and trailers, are left out.
func prose(text string) map[string]bool {
	const most = 4000
	pairs := map[string]bool{}
	prev := ""
	for line := range strings.Lines(text[:min(len(text), 1<<16)]) {
		if trailerLine(line) {
			prev = ""
			continue
		}
		for _, w := range strings.FieldsFunc(strings.ToLower(line), func(r rune) bool {
			return r < utf8.RuneSelf && !wordByte(byte(r))
		}) {
			if prev != "" && len(pairs) < most {
				pairs[prev+" "+w] = true
			}
			prev = w
		}
	}
	return pairs
}

// trailerLine knows "Signed-off-by: ..." and what looks like it.
func trailerLine(line string) bool {
	key, _, ok := strings.Cut(line, ":")
	return ok && len(key) < 40 && strings.Contains(key, "-") && !strings.Contains(key, " ")
}

// sharedProse is the share of the shorter text's pairs of words that the
// other has too; !ok if it is too short to tell anything.
func sharedProse(a, b map[string]bool) (share float64, ok bool) {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) < 6 {
		return 0, false
	}
	n := 0
	for p := range a {
		if b[p] {
			n++
		}
	}
	return float64(n) / float64(len(a)), true
}
