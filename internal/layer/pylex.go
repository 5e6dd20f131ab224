package layer

import (
	"fmt"
	"strings"
)

// A pyToken is one word, number, string or sign of a Python expression.
type pyToken struct {
	kind byte   // 'n' name, '0' number, 's' string, or 'o' operator
	text string // a string without its quotes and escapes
}

// pyOperators, those first that begin like others.
var pyOperators = []string{
	"**", "//", "==", "!=", "<=", ">=", "(", ")", "[", "]", "{", "}", ",", ":", ".", "+", "-", "*", "/", "%", "<", ">", "=", "|", "&",
}

// lexPython cuts an expression into tokens.
func lexPython(code string) ([]pyToken, error) {
	var out []pyToken
	for i := 0; i < len(code); {
		c := code[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '\'' || c == '"':
			text, end, err := pyString(code, i, false)
			if err != nil {
				return nil, err
			}
			out = append(out, pyToken{'s', text})
			i = end
		case (c == 'r' || c == 'R') && i+1 < len(code) && (code[i+1] == '\'' || code[i+1] == '"'):
			text, end, err := pyString(code, i+1, true)
			if err != nil {
				return nil, err
			}
			out = append(out, pyToken{'s', text})
			i = end
		case c >= '0' && c <= '9':
			end := i
			for end < len(code) && (code[end] >= '0' && code[end] <= '9' || code[end] == '.') {
				end++
			}
			out = append(out, pyToken{'0', code[i:end]})
			i = end
		case pyNameByte(c):
			end := i
			for end < len(code) && (pyNameByte(code[end]) || code[end] >= '0' && code[end] <= '9') {
				end++
			}
			out = append(out, pyToken{'n', code[i:end]})
			i = end
		default:
			op := pyOperator(code[i:])
			if op == "" {
				return nil, fmt.Errorf("%w: %q", errPython, c)
			}
			out = append(out, pyToken{'o', op})
			i += len(op)
		}
	}
	return out, nil
}

func pyNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}

func pyOperator(code string) string {
	for _, op := range pyOperators {
		if strings.HasPrefix(code, op) {
			return op
		}
	}
	return ""
}

// pyString reads the string literal that begins with a quote at i.
func pyString(code string, i int, raw bool) (text string, end int, err error) {
	quote := code[i : i+1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(code[i:], triple) {
		quote = triple
	}
	var b strings.Builder
	for j := i + len(quote); j < len(code); j++ {
		switch {
		case strings.HasPrefix(code[j:], quote):
			return b.String(), j + len(quote), nil
		case code[j] == '\\' && j+1 < len(code):
			j++
			b.WriteString(pyEscape(code[j], raw))
		default:
			b.WriteByte(code[j])
		}
	}
	return "", 0, fmt.Errorf("%w: string without end", errPython)
}

// pyEscape is what a backslash and c stand for.
func pyEscape(c byte, raw bool) string {
	switch {
	case raw:
		return `\` + string(c)
	case c == 'n':
		return "\n"
	case c == 't':
		return "\t"
	case c == '\\' || c == '\'' || c == '"':
		return string(c)
	case c == '\n':
		return ""
	}
	return `\` + string(c)
}
