package diffmatch

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
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

// A bag holds the words of a line as sorted hashes, each as often as it is in
// it. The last bit of a hash tells names, which say more than signs.
type bag struct {
	words []uint64
	total float64
}

func bagOf(line string) bag {
	list := words(line)
	b := bag{words: make([]uint64, len(list))}
	for i, w := range list {
		b.words[i] = xxhash.Sum64String(w) &^ 1
		if wordByte(w[0]) {
			b.words[i] |= 1
		}
		b.total += wordWeight(b.words[i])
	}
	slices.Sort(b.words)
	return b
}

func wordWeight(hash uint64) float64 {
	if hash&1 != 0 {
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
	for i, j := 0, 0; i < len(b.words) && j < len(o.words); {
		switch x, y := b.words[i], o.words[j]; {
		case x < y:
			i++
		case y < x:
			j++
		default:
			common += wordWeight(x)
			i++
			j++
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
