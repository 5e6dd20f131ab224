package layer

import "strings"

// operators of an assignment, those first that begin like others.
var operators = []string{"??=", ":=", "?=", "+=", "=+", "=.", ".=", "="}

// assign reads VARIABLE[flag] OP "value". As in bitbake's grammar the name is
// the shortest text before an operator that a quoted value follows.
func assign(text string) (statement, bool) {
	if rest, ok := strings.CutPrefix(text, "export "); ok {
		text = strings.TrimLeft(rest, " \t")
	}
	if text == "" {
		return statement{}, false
	}
	quote := text[len(text)-1]
	if quote != '"' && quote != '\'' {
		return statement{}, false
	}
	for i := 1; i < len(text) && nameByte(text[i-1]); i++ {
		switch text[i] {
		case ' ', '\t', ':', '?', '=', '+', '.', '[':
			if s, ok := assignAt(text, i); ok {
				return s, true
			}
		}
	}
	return statement{}, false
}

// assignAt tries to read an assignment whose name ends at i.
func assignAt(text string, i int) (statement, bool) {
	s := statement{kind: assignment, name: text[:i]}
	rest := text[i:]
	if rest[0] == '[' {
		end := strings.IndexByte(rest, ']')
		if end < 2 {
			return s, false
		}
		s.flag = rest[1:end]
		rest = rest[end+1:]
	}
	rest = strings.TrimLeft(rest, " \t")
	for _, op := range operators {
		value, ok := strings.CutPrefix(rest, op)
		if !ok {
			continue
		}
		value = strings.TrimLeft(value, " \t")
		if len(value) >= 2 && value[0] == value[len(value)-1] && (value[0] == '"' || value[0] == '\'') {
			s.op, s.value = op, value[1:len(value)-1]
			return s, true
		}
	}
	return s, false
}

// nameByte says whether c may be in the name of a variable.
func nameByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-_+.${}/~:", c) >= 0
}

// A keyword splits a name that ends in :append, :prepend or :remove with its
// overrides.
type keyword struct {
	base      string
	op        byte     // 'a', 'p' or 'r'
	overrides []string // all must be active
}

// splitKeyword reads FOO:append:x:y and, in layers older than honister (2021),
// FOO_append_x. As in bitbake the part after it has no upper case letter.
func splitKeyword(name string, old bool) (keyword, bool) {
	for _, sep := range separators(old) {
		base, at := "", -1
		var op byte
		for _, k := range []string{"append", "prepend", "remove"} {
			if i := keywordAt(name, sep, sep+k); i >= 0 && (at < 0 || i < at) {
				base, at, op = name[:i], i, k[0]
			}
		}
		if at < 0 {
			continue
		}
		k := keyword{base: base, op: op}
		if _, rest, ok := strings.Cut(name[at+1:], sep); ok && rest != "" {
			k.overrides = strings.Split(rest, sep)
		}
		return k, true
	}
	return keyword{}, false
}

// keywordAt finds a keyword that is followed by overrides or nothing.
func keywordAt(name, sep, word string) int {
	for from := 0; ; {
		i := strings.Index(name[from:], word)
		if i < 0 {
			return -1
		}
		i += from
		rest := name[i+len(word):]
		if i > 0 && (rest == "" || rest[:1] == sep && strings.ToLower(rest) == rest) {
			return i
		}
		from = i + 1
	}
}

// separators between a name and its overrides.
func separators(old bool) []string {
	if old {
		return []string{":", "_"}
	}
	return []string{":"}
}
