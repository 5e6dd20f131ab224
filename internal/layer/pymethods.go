package layer

import (
	"fmt"
	"slices"
	"strings"
)

// method is a method of v that is known, or nil.
func (s *store) method(v value, name string) function {
	switch v := v.(type) {
	case dataStore:
		return s.dataMethod(name)
	case string:
		return textMethod(v, name)
	case match:
		return v.method(name)
	}
	return nil
}

// dataMethod is a method of d.
func (s *store) dataMethod(name string) function {
	switch name {
	case "getVar", "get":
		return func(args []value, _ map[string]value) (value, error) {
			key, err := argText(args, 0)
			if err != nil {
				return nil, err
			}
			v, ok := s.get(key)
			if !ok {
				if name == "get" && len(args) > 1 {
					return args[1], nil
				}
				return nil, nil
			}
			return s.sure(key, v)
		}
	case "getVarFlag":
		return func(args []value, _ map[string]value) (value, error) {
			key, err := argText(args, 0)
			if err != nil {
				return nil, err
			}
			flag, err := argText(args, 1)
			if err != nil {
				return nil, err
			}
			if v, ok := s.flag(key, flag); ok {
				return s.sure(key, s.expand(v))
			}
			return nil, nil
		}
	case "expand":
		return func(args []value, _ map[string]value) (value, error) {
			text, err := argText(args, 0)
			if err != nil {
				return nil, err
			}
			return s.sure("expand", s.expand(text))
		}
	}
	return nil
}

// sure refuses a value of which a part is unknown.
func (s *store) sure(name, v string) (value, error) {
	if strings.Contains(v, unknownMark) {
		return nil, fmt.Errorf("%w: %s is unknown", errPython, name)
	}
	return v, nil
}

// argText is the i-th argument, which must be a string.
func argText(args []value, i int) (string, error) {
	if i < len(args) {
		if t, ok := args[i].(string); ok {
			return t, nil
		}
	}
	return "", fmt.Errorf("%w: odd arguments", errPython)
}

// optional is the i-th argument as a string, or absent.
func optional(args []value, i int, absent string) string {
	if t, err := argText(args, i); err == nil {
		return t
	}
	return absent
}

// count is the i-th argument as a number, or absent.
func count(args []value, i, absent int) int {
	if i < len(args) {
		if n, ok := args[i].(int); ok {
			return n
		}
	}
	return absent
}

// textMethod is a method of a string.
func textMethod(t, name string) function {
	plain := func(f func(args []value) value) function {
		return func(args []value, _ map[string]value) (value, error) { return f(args), nil }
	}
	const blank = " \t\n\r\f\v"
	switch name {
	case "split", "rsplit":
		return plain(func(args []value) value { return split(t, args, name == "rsplit") })
	case "strip":
		return plain(func(args []value) value { return strings.Trim(t, optional(args, 0, blank)) })
	case "lstrip":
		return plain(func(args []value) value { return strings.TrimLeft(t, optional(args, 0, blank)) })
	case "rstrip":
		return plain(func(args []value) value { return strings.TrimRight(t, optional(args, 0, blank)) })
	case "lower":
		return plain(func([]value) value { return strings.ToLower(t) })
	case "upper":
		return plain(func([]value) value { return strings.ToUpper(t) })
	case "capitalize", "title":
		return plain(func([]value) value {
			if t == "" || strings.ContainsAny(t, blank+"-_") && name == "title" {
				return t
			}
			return strings.ToUpper(t[:1]) + strings.ToLower(t[1:])
		})
	case "find":
		return plain(func(args []value) value { return strings.Index(t, optional(args, 0, "")) })
	case "rfind":
		return plain(func(args []value) value { return strings.LastIndex(t, optional(args, 0, "")) })
	case "count":
		return plain(func(args []value) value { return strings.Count(t, optional(args, 0, "")) })
	case "isdigit":
		return plain(func([]value) value { return t != "" && strings.Trim(t, "0123456789") == "" })
	case "startswith", "endswith":
		return plain(func(args []value) value { return affix(t, args, name == "endswith") })
	case "partition", "rpartition":
		return plain(func(args []value) value { return partition(t, optional(args, 0, ""), name == "rpartition") })
	case "replace":
		return func(args []value, _ map[string]value) (value, error) { return replace(t, args) }
	case "join":
		return func(args []value, _ map[string]value) (value, error) { return join(t, args) }
	}
	return nil
}

// split is t.split(sep, max) and t.rsplit(sep, max).
func split(t string, args []value, right bool) value {
	sep, most := optional(args, 0, ""), count(args, 1, -1)
	if sep == "" {
		return words(t)
	}
	var parts []string
	if right && most >= 0 {
		for len(parts) < most {
			i := strings.LastIndex(t, sep)
			if i < 0 {
				break
			}
			parts = append(parts, t[i+len(sep):])
			t = t[:i]
		}
		parts = append(parts, t)
		slices.Reverse(parts)
	} else {
		n := -1
		if most >= 0 {
			n = most + 1
		}
		parts = strings.SplitN(t, sep, n)
	}
	out := make([]value, len(parts))
	for i, p := range parts {
		out[i] = p
	}
	return out
}

// affix is startswith and endswith, of one string or any of several.
func affix(t string, args []value, end bool) value {
	var tries []value
	if len(args) > 0 {
		if l, ok := args[0].([]value); ok {
			tries = l
		} else {
			tries = args[:1]
		}
	}
	for _, try := range tries {
		s, ok := try.(string)
		if ok && (end && strings.HasSuffix(t, s) || !end && strings.HasPrefix(t, s)) {
			return true
		}
	}
	return false
}

func partition(t, sep string, right bool) value {
	i := strings.Index(t, sep)
	if right {
		i = strings.LastIndex(t, sep)
	}
	switch {
	case i >= 0:
		return []value{t[:i], sep, t[i+len(sep):]}
	case right:
		return []value{"", "", t}
	}
	return []value{t, "", ""}
}

func replace(t string, args []value) (value, error) {
	old, err := argText(args, 0)
	if err != nil {
		return nil, err
	}
	with, err := argText(args, 1)
	if err != nil {
		return nil, err
	}
	if strings.Count(t, old)*len(with)+len(t) > maxValue {
		return nil, fmt.Errorf("%w: string over 1 MB", errPython)
	}
	return strings.Replace(t, old, with, count(args, 2, -1)), nil
}

func join(sep string, args []value) (value, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("%w: odd arguments", errPython)
	}
	parts, err := texts(args[0])
	if err != nil {
		return nil, err
	}
	size := len(sep) * len(parts)
	for _, p := range parts {
		size += len(p)
	}
	if size > maxValue {
		return nil, fmt.Errorf("%w: string over 1 MB", errPython)
	}
	return strings.Join(parts, sep), nil
}
