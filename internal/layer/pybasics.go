package layer

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// pyTrimVersion is the first parts of a version, two if not said.
func pyTrimVersion(_ *store, args []value) (value, error) {
	v, err := argText(args, 0)
	if err != nil {
		return nil, err
	}
	parts := strings.Split(v, ".")
	n := max(count(args, 1, 2), 0)
	return strings.Join(parts[:min(n, len(parts))], "."), nil
}

// pyPruneSuffix is how BPN comes from PN.
func pyPruneSuffix(s *store, args []value) (value, error) {
	t, err := argText(args, 0)
	if err != nil || len(args) < 2 {
		return nil, fmt.Errorf("%w: odd arguments", errPython)
	}
	suffixes, err := texts(args[1])
	if err != nil {
		return nil, err
	}
	for _, suffix := range suffixes {
		if suffix != "" {
			t = strings.TrimSuffix(t, suffix)
		}
	}
	return strings.TrimPrefix(t, s.value("MLPREFIX")), nil
}

// pyBothContain is the words if both variables have them all, else "".
func pyBothContain(s *store, args []value) (value, error) {
	if len(args) < 3 {
		return nil, fmt.Errorf("%w: odd arguments", errPython)
	}
	want, err := wanted(args[2])
	if err != nil {
		return nil, err
	}
	for i := range 2 {
		_, have, err := s.variableWords(args, i)
		if err != nil {
			return nil, err
		}
		if !allOf(have, want) {
			return "", nil
		}
	}
	return strings.Join(want, " "), nil
}

// pyDefaultFeatures are the features that are on where nobody opted out.
func pyDefaultFeatures(s *store, args []value) (value, error) {
	name, err := argText(args, 0)
	if err != nil {
		return nil, err
	}
	off := strings.Fields(s.value(name + "_OPTED_OUT"))
	on := strings.Fields(s.value(name + "_DEFAULTS"))
	on = slices.DeleteFunc(on, func(w string) bool { return slices.Contains(off, w) })
	return strings.Join(on, " "), nil
}

func pySetIntersect(s *store, args []value) (value, error) {
	_, a, err := s.variableWords(args, 0)
	if err != nil {
		return nil, err
	}
	_, b, err := s.variableWords(args, 1)
	if err != nil {
		return nil, err
	}
	a = slices.DeleteFunc(a, func(w string) bool { return !slices.Contains(b, w) })
	return strings.Join(a, " "), nil
}

// pyInherits says whether one of the classes is inherited already.
func pyInherits(s *store, args []value) (value, error) {
	for _, a := range args {
		if t, ok := a.(string); ok && s.inherited(t) {
			return true, nil
		}
	}
	return false, nil
}

// pyVarsFromFile is PN, PV and PR from the name of a recipe.
func pyVarsFromFile(_ *store, args []value) (value, error) {
	parts := []value{nil, nil, nil}
	file, err := argText(args, 0)
	if err != nil {
		return parts, nil
	}
	base := path.Base(file)
	stem := strings.TrimSuffix(strings.TrimSuffix(base, ".bb"), ".bbappend")
	if stem == base {
		return parts, nil
	}
	for i, p := range strings.SplitN(stem, "_", 3) {
		parts[i] = p
	}
	return parts, nil
}

// pyFilespath is base_set_filespath of utils.bbclass: directories where files
// of a recipe are sought, first those of the strongest override.
func pyFilespath(s *store, args []value) (value, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("%w: odd arguments", errPython)
	}
	dirs, err := texts(args[0])
	if err != nil {
		return nil, err
	}
	extra := strings.ReplaceAll(s.value("FILESEXTRAPATHS"), "__default:", "")
	if extra != "" {
		dirs = append(strings.Split(extra, ":"), dirs...)
	}
	overrides := strings.Split(":"+s.value("FILESOVERRIDES"), ":")
	var b strings.Builder
	for _, o := range slices.Backward(overrides) {
		for _, d := range dirs {
			if d == "" {
				continue
			}
			if b.Len() > 0 {
				b.WriteByte(':')
			}
			b.WriteString(strings.TrimSuffix(d, "/") + "/" + o)
		}
		if b.Len() > maxValue {
			return nil, fmt.Errorf("%w: FILESPATH over 1 MB", errPython)
		}
	}
	return b.String(), nil
}

func pathFunc(f func(string) string) native {
	return func(_ *store, args []value) (value, error) {
		t, err := argText(args, 0)
		if err != nil {
			return nil, err
		}
		return f(t), nil
	}
}

func pyPathJoin(_ *store, args []value) (value, error) {
	parts, err := texts(args)
	if err != nil {
		return nil, err
	}
	out := ""
	for i, p := range parts {
		switch {
		case i == 0 || strings.HasPrefix(p, "/"):
			out = p
		case strings.HasSuffix(out, "/"):
			out += p
		default:
			out += "/" + p
		}
	}
	return out, nil
}

func pySplitext(_ *store, args []value) (value, error) {
	t, err := argText(args, 0)
	if err != nil {
		return nil, err
	}
	ext := path.Ext(t)
	return []value{strings.TrimSuffix(t, ext), ext}, nil
}

// one is the only argument.
func one(args []value) (value, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("%w: odd arguments", errPython)
	}
	return args[0], nil
}

func pyLen(_ *store, args []value) (value, error) {
	v, err := one(args)
	if err != nil {
		return nil, err
	}
	l, err := list(v)
	return len(l), err
}

func pyStr(_ *store, args []value) (value, error) {
	v, err := one(args)
	return str(v), err
}

func pyInt(_ *store, args []value) (value, error) {
	v, err := one(args)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case int:
		return v, nil
	case string:
		if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil {
			return n, nil
		}
	case float64, bool:
		if f, ok := float(v); ok && f > -1<<53 && f < 1<<53 {
			return int(f), nil
		}
	}
	return nil, fmt.Errorf("%w: int of %s", errPython, shorten(str(v)))
}

func pyFloat(_ *store, args []value) (value, error) {
	v, err := one(args)
	if err != nil {
		return nil, err
	}
	if f, ok := float(v); ok {
		return f, nil
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(str(v)), 64)
	if err != nil {
		return nil, fmt.Errorf("%w: float of %s", errPython, shorten(str(v)))
	}
	return f, nil
}

func pyBool(_ *store, args []value) (value, error) {
	v, err := one(args)
	return truth(v), err
}

func pySorted(_ *store, args []value) (value, error) {
	v, err := one(args)
	if err != nil {
		return nil, err
	}
	l, err := list(v)
	if err != nil {
		return nil, err
	}
	l = slices.Clone(l)
	slices.SortStableFunc(l, func(a, b value) int {
		x, okX := float(a)
		y, okY := float(b)
		if okX && okY {
			return cmp.Compare(x, y)
		}
		return cmp.Compare(str(a), str(b))
	})
	return l, nil
}

func pySet(_ *store, args []value) (value, error) {
	if len(args) == 0 {
		return []value{}, nil
	}
	l, err := list(args[0])
	if err != nil || len(l) > maxSet {
		return nil, fmt.Errorf("%w: set", errPython)
	}
	return unique(l), nil
}

func pyList(_ *store, args []value) (value, error) {
	if len(args) == 0 {
		return []value{}, nil
	}
	l, err := list(args[0])
	return l, err
}

func pyAny(_ *store, args []value) (value, error) {
	v, err := one(args)
	if err != nil {
		return nil, err
	}
	l, err := list(v)
	return slices.ContainsFunc(l, truth), err
}

func pyAll(_ *store, args []value) (value, error) {
	v, err := one(args)
	if err != nil {
		return nil, err
	}
	l, err := list(v)
	return !slices.ContainsFunc(l, func(v value) bool { return !truth(v) }), err
}
