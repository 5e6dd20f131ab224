package layer

import (
	"fmt"
	"regexp"
	"strings"
)

// A match is what re.match returned: the whole, then the groups.
type match []value

// pattern compiles a regular expression. Go's take time in proportion to the
// text, and refuse the few things of Python's that could not.
func pyPattern(args []value) (*regexp.Regexp, error) {
	p, err := argText(args, 0)
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(p)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", errPython, err)
	}
	return re, nil
}

// pySub is re.sub without groups in the replacement.
func pySub(_ *store, args []value) (value, error) {
	re, err := pyPattern(args)
	if err != nil {
		return nil, err
	}
	with, err := argText(args, 1)
	if err != nil || strings.Contains(with, `\`) {
		return nil, fmt.Errorf("%w: odd replacement", errPython)
	}
	text, err := argText(args, 2)
	if err != nil {
		return nil, err
	}
	if len(text)*(len(with)+1) > maxValue {
		return nil, fmt.Errorf("%w: string over 1 MB", errPython)
	}
	return re.ReplaceAllLiteralString(text, with), nil
}

// pyMatch is re.match, at the start of the text, or re.search.
func pyMatch(start bool) native {
	return func(_ *store, args []value) (value, error) {
		re, err := pyPattern(args)
		if err != nil {
			return nil, err
		}
		text, err := argText(args, 1)
		if err != nil {
			return nil, err
		}
		at := re.FindStringSubmatchIndex(text)
		if at == nil || start && at[0] != 0 {
			return nil, nil
		}
		m := make(match, len(at)/2)
		for i := range m {
			if at[2*i] >= 0 {
				m[i] = text[at[2*i]:at[2*i+1]]
			}
		}
		return m, nil
	}
}

// method is group(n), of one number, or groups().
func (m match) method(name string) function {
	switch name {
	case "group":
		return func(args []value, _ map[string]value) (value, error) {
			if i := count(args, 0, 0); i >= 0 && i < len(m) && len(args) < 2 {
				return m[i], nil
			}
			return nil, fmt.Errorf("%w: no such group", errPython)
		}
	case "groups":
		return func([]value, map[string]value) (value, error) { return []value(m[1:]), nil }
	}
	return nil
}
