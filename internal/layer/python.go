package layer

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The inline Python of metadata is mostly one of a few idioms. This file and
// its neighbours (pylex.go, pyparse.go, pyeval.go, pymethods.go, pyknown.go)
// evaluate expressions of strings, numbers and lists that call functions
// known by name. Everything else is an error, so the value is unknown.

// A value is a Python value: string, int, float64, bool, nil, []value, or
// a function.
type value any

// A function is something that can be called. d of the arguments is a
// dataStore.
type function func(args []value, named map[string]value) (value, error)

// dataStore is the value of the variable d.
type dataStore struct{}

// errPython is the mark of all that this evaluator does not know.
var errPython = errors.New("needs Python")

// python evaluates an expression.
func (s *store) python(code string) (value, error) {
	e, err := parsePython(code)
	if err != nil {
		return nil, err
	}
	return (&pyScope{store: s}).eval(e, 0)
}

// str is Python's str().
func str(v value) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case string:
		return v
	case bool:
		if v {
			return "True"
		}
		return "False"
	case int:
		return strconv.Itoa(v)
	case float64:
		s := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(s, ".eIN") {
			s += ".0"
		}
		return s
	case []value:
		var b strings.Builder
		for i, x := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			if t, ok := x.(string); ok {
				b.WriteString("'" + t + "'")
			} else {
				b.WriteString(str(x))
			}
		}
		return "[" + b.String() + "]"
	}
	return unknownMark
}

// truth is Python's bool().
func truth(v value) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case bool:
		return v
	case int:
		return v != 0
	case float64:
		return v != 0
	case []value:
		return len(v) > 0
	}
	return true
}

// list is a value that can be iterated: a list or the letters of a string.
func list(v value) ([]value, error) {
	switch v := v.(type) {
	case []value:
		return v, nil
	case string:
		out := make([]value, 0, len(v))
		for _, r := range v {
			out = append(out, string(r))
		}
		return out, nil
	}
	return nil, fmt.Errorf("%w: iteration over %T", errPython, v)
}

// words is Python's split() as a value.
func words(s string) []value {
	fields := strings.Fields(s)
	out := make([]value, len(fields))
	for i, f := range fields {
		out[i] = f
	}
	return out
}

// texts are the strings of a list; what is no string is an error.
func texts(v value) ([]string, error) {
	l, err := list(v)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(l))
	for i, x := range l {
		s, ok := x.(string)
		if !ok {
			return nil, fmt.Errorf("%w: %T in a list of strings", errPython, x)
		}
		out[i] = s
	}
	return out, nil
}
