package layer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// unknownMark stands in a value for what only running code could tell. It
// cannot come from a file, where NUL is refused.
const unknownMark = "\x00?"

// A budget bounds the work on one recipe and collects why values are unknown.
type budget struct {
	steps, statements int
	bytes             int // of values made
	reasons           []string
	cuts              []string // limits that took something away: told whatever was asked for
}

// step counts one expansion; false when there were too many.
func (b *budget) step() bool {
	b.steps++
	if b.steps == maxSteps {
		b.cut("too much to expand")
	}
	return b.steps < maxSteps
}

// spend counts n bytes of a value; false when there were too many.
func (b *budget) spend(n int) bool {
	before := b.bytes
	b.bytes += n
	if before < maxWork && b.bytes >= maxWork {
		b.cut("too much to expand")
	}
	return b.bytes < maxWork
}

// cut notes that a limit took something away, once.
func (b *budget) cut(reason string) {
	if len(b.cuts) < maxProblems && !slices.Contains(b.cuts, reason) {
		b.cuts = append(b.cuts, reason)
	}
}

// fail notes a reason, once.
func (b *budget) fail(reason string) {
	if len(b.reasons) < maxProblems && !slices.Contains(b.reasons, reason) {
		b.reasons = append(b.reasons, reason)
	}
}

// take returns the reasons so far and forgets them.
func (b *budget) take() []string {
	r := b.reasons
	b.reasons = nil
	return r
}

// get is the expanded value of a variable with the overrides applied; false
// if it has none.
func (s *store) get(name string) (string, bool) {
	if v, ok := s.cache[name]; ok && s.choices == nil {
		if !s.work.spend(len(v)) {
			return unknownMark, true
		}
		return v, true
	}
	if s.pending[name] || len(s.pending) > 4*maxDepth {
		s.work.fail(name + " refers to itself")
		return unknownMark, true
	}
	s.pending[name] = true
	defer delete(s.pending, name)
	value, removes, ok := s.unexpanded(name, 0)
	if !ok {
		return "", false
	}
	value = s.expand(value)
	if len(removes) > 0 {
		value = s.remove(value, removes)
	}
	if s.frozen && s.choices == nil {
		if s.cache == nil {
			s.cache = map[string]string{}
		}
		s.cache[name] = value
	}
	return value, true
}

// value is get, "" for a variable without value.
func (s *store) value(name string) string {
	v, _ := s.get(name)
	return v
}

// unexpanded is the value after overrides, appends and prepends, and what is
// to be removed from it once expanded.
func (s *store) unexpanded(name string, depth int) (value string, removes []string, ok bool) {
	v := s.lookup(name)
	if variant := s.variant(name); variant != "" && depth < maxDepth {
		value, removes, ok = s.unexpanded(variant, depth+1)
	}
	if !ok && v != nil {
		switch {
		case v.set:
			value, ok = v.text(), true
		case v.hasWeak:
			value, ok = v.weak, true
		}
	}
	if v == nil {
		return value, removes, ok
	}
	var after strings.Builder
	var before []string
	for _, op := range v.ops {
		if !s.matches(op.overrides) {
			continue
		}
		switch op.op {
		case 'a':
			after.WriteString(op.value)
			ok = true
		case 'p':
			before = append(before, op.value)
			ok = true
		case 'r':
			removes = append(removes, op.value)
		}
	}
	slices.Reverse(before)
	value = strings.Join(before, "") + value + after.String()
	if !s.work.spend(len(value)) {
		return unknownMark, nil, ok
	}
	return value, removes, ok
}

// variant is the name of the variable that stands for name with the overrides
// that are active, or "". As in bitbake, later overrides are stronger, and of
// FOO:a:b the last part counts first.
func (s *store) variant(name string) string {
	list := s.variants(name)
	if len(list) == 0 {
		return ""
	}
	active := s.overrides()
	left := map[string]string{} // overrides still to be matched -> variable
	for _, o := range list {
		if v := s.lookup(o.name); v == nil || !v.set && !v.hasWeak && len(v.ops) == 0 {
			continue
		}
		if len(left) < maxOverrides && s.matches(o.overrides) {
			left[strings.Join(o.overrides, ":")] = o.name
		}
	}
	found := ""
	for again := len(left) > 0; again; {
		again = false
		for _, o := range active {
			for _, key := range slices.Sorted(maps.Keys(left)) {
				variable := left[key]
				if key == o {
					found = variable
					delete(left, key)
				} else if rest, ok := strings.CutSuffix(key, ":"+o); ok {
					delete(left, key)
					left[rest] = variable
					again = true
				}
			}
		}
	}
	return found
}

// overrides are the active ones, the strongest last. They depend on values
// that depend on overrides, so they are worked out in rounds, as in bitbake.
func (s *store) overrides() []string {
	if s.active != nil {
		return s.active
	}
	s.active = []string{}
	asking := s.pending // may hold PN, which OVERRIDES has in it
	s.pending = map[string]bool{}
	const rounds = 5
	for range rounds {
		s.cache = nil
		next := strings.FieldsFunc(s.value("OVERRIDES"), func(r rune) bool { return r == ':' })
		if len(next) > maxOverrides {
			s.work.cut(fmt.Sprintf("more than %d overrides: the weakest are left out", maxOverrides))
			next = next[len(next)-maxOverrides:]
		}
		if slices.Equal(next, s.active) {
			break
		}
		s.active = next
	}
	s.pending = asking
	s.cache = nil
	return s.active
}

// remove takes the words of unwanted values out of a list, and leaves its
// blanks.
func (s *store) remove(list string, unwanted []string) string {
	words := map[string]bool{}
	for _, u := range unwanted {
		for word := range strings.FieldsSeq(s.expand(u)) {
			words[word] = true
		}
	}
	if len(words) == 0 {
		return list
	}
	var b strings.Builder
	for list != "" {
		blank := list[:len(list)-len(strings.TrimLeft(list, " \t\n"))]
		b.WriteString(blank)
		list = list[len(blank):]
		end := strings.IndexAny(list, " \t\n")
		if end < 0 {
			end = len(list)
		}
		if word := list[:end]; !words[word] {
			b.WriteString(word)
		}
		list = list[end:]
	}
	return b.String()
}

// expand replaces ${NAME} and ${@python} until nothing changes. A name
// without value stays as it is written; a Python expression whose value is
// not known becomes unknownMark.
func (s *store) expand(text string) string {
	for range maxDepth {
		if !strings.Contains(text, "${") {
			return text
		}
		if !s.work.spend(len(text)) {
			return unknownMark
		}
		before := text
		text = s.expandPython(s.expandNames(text))
		if text == before {
			return text
		}
		if len(text) > maxValue {
			s.work.fail("a value is over 1 MB")
			return unknownMark
		}
	}
	s.work.fail("a value never ends to expand")
	return unknownMark
}

// expandNames replaces each ${NAME} once.
func (s *store) expandNames(text string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, "${")
		if i < 0 {
			break
		}
		end := i + 2
		for end < len(text) && text[end] != '{' && text[end] != '$' && text[end] != '}' && nameByte(text[end]) {
			end++
		}
		if end == i+2 || end == len(text) || text[end] != '}' {
			b.WriteString(text[:i+2])
			text = text[i+2:]
			continue
		}
		b.WriteString(text[:i])
		if v, ok := s.reference(text[i+2 : end]); ok {
			b.WriteString(v)
		} else {
			b.WriteString(text[i : end+1])
		}
		text = text[end+1:]
		if b.Len() > maxValue {
			s.work.fail("a value is over 1 MB")
			return unknownMark
		}
	}
	b.WriteString(text)
	return b.String()
}

// reference is the value of ${name}.
func (s *store) reference(name string) (string, bool) {
	if !s.work.step() {
		return unknownMark, true
	}
	return s.get(name)
}

// expandPython replaces each ${@...} once.
func (s *store) expandPython(text string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, "${@")
		if i < 0 {
			break
		}
		end := pythonEnd(text, i+3)
		if end < 0 {
			break
		}
		b.WriteString(text[:i])
		b.WriteString(s.inline(text[i+3 : end]))
		text = text[end+1:]
	}
	b.WriteString(text)
	return b.String()
}

// pythonEnd finds the brace that ends an expression which begins at i: the
// first one that does not close a {...} inside, or -1.
func pythonEnd(text string, i int) int {
	for i < len(text) {
		switch text[i] {
		case '}':
			return i
		case '{':
			end := strings.IndexByte(text[i:], '}')
			if end < 0 {
				return -1
			}
			i += end
		}
		i++
	}
	return -1
}

// inline is the value of one Python expression.
func (s *store) inline(code string) string {
	code = strings.TrimSpace(code)
	if !s.work.step() {
		return unknownMark
	}
	if strings.Contains(code, unknownMark) {
		return unknownMark
	}
	if i := strings.Index(code, "${"); i >= 0 {
		s.work.fail("${@" + shorten(code) + "}: " + shorten(code[i:]) + " is not set")
		return unknownMark
	}
	v, err := s.python(code)
	if err != nil {
		s.work.fail("${@" + shorten(code) + "}: " + err.Error())
		return unknownMark
	}
	return str(v)
}
