package layer

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/upstreamd/upstreamd/internal/version"
)

// A native is a function of bitbake, openembedded-core or Python that
// metadata calls by name, done again in Go.
type native func(s *store, args []value) (value, error)

// lookupNative finds those that values of layers are made of, or nil.
func lookupNative(name string) native {
	switch name {
	case "bb.utils.contains", "base_contains":
		return func(s *store, a []value) (value, error) { return s.contains(a, allOf) }
	case "bb.utils.contains_any":
		return func(s *store, a []value) (value, error) { return s.contains(a, anyOf) }
	case "bb.utils.filter":
		return pyFilter
	case "oe.utils.conditional", "base_conditional":
		return pyConditional
	case "oe.utils.ifelse":
		return pyIfElse
	case "oe.utils.vartrue":
		return pyVarTrue
	case "bb.utils.to_boolean", "oe.types.boolean":
		return pyBoolean
	case "oe.utils.less_or_equal":
		return pyLessOrEqual
	case "oe.utils.version_less_or_equal":
		return pyVersionLessOrEqual
	case "bb.utils.vercmp_string":
		return pyVercmp
	case "bb.utils.vercmp_string_op":
		return pyVercmpOp
	case "oe.utils.trim_version":
		return pyTrimVersion
	case "oe.utils.prune_suffix":
		return pyPruneSuffix
	case "oe.utils.both_contain":
		return pyBothContain
	case "oe.utils.set_intersect":
		return pySetIntersect
	case "oe.utils.inherits", "bb.data.inherits_class":
		return pyInherits
	case "bb.parse.vars_from_file", "bb.parse.BBHandler.vars_from_file":
		return pyVarsFromFile
	case "base_set_filespath", "oe.utils.base_set_filespath":
		return pyFilespath
	case "bb.fetch2.get_srcrev", "bb.fetch.get_srcrev":
		// SRCPV says which commit a build fetched. Since mickledore it is empty,
		// and here it is for older releases, too: a version, not a build.
		return func(*store, []value) (value, error) { return "", nil }
	case "bb.fetch2.get_autorev":
		return func(*store, []value) (value, error) { return "AUTOINC", nil }
	case "oe.utils.filter_default_features":
		return pyDefaultFeatures
	case "re.sub":
		return pySub
	case "re.match", "re.search":
		return pyMatch(name == "re.match")
	case "os.path.join":
		return pyPathJoin
	case "os.path.basename":
		return pathFunc(path.Base)
	case "os.path.dirname":
		return pathFunc(path.Dir)
	case "os.path.normpath", "os.path.abspath":
		return pathFunc(path.Clean)
	case "os.path.splitext":
		return pySplitext
	case "len":
		return pyLen
	case "str":
		return pyStr
	case "int":
		return pyInt
	case "float":
		return pyFloat
	case "bool":
		return pyBool
	case "sorted":
		return pySorted
	case "set":
		return pySet
	case "list", "tuple":
		return pyList
	case "any":
		return pyAny
	case "all":
		return pyAll
	}
	return nil
}

// known is a function by its dotted name, or nil.
func (s *store) known(name string) function {
	if f := lookupNative(name); f != nil {
		return func(args []value, named map[string]value) (value, error) {
			if len(named) > 0 {
				return nil, fmt.Errorf("%w: %s with named arguments", errPython, name)
			}
			return f(s, args)
		}
	}
	if d := s.definition(name); d != nil {
		return func(args []value, named map[string]value) (value, error) { return s.run(d, args, named) }
	}
	return nil
}

// variableWords are the words of the variable that the first argument names.
func (s *store) variableWords(args []value, i int) (name string, list []string, err error) {
	if name, err = argText(args, i); err != nil {
		return "", nil, err
	}
	v, ok := s.get(name)
	if _, err := s.sure(name, v); err != nil {
		return name, nil, err
	}
	if !ok && strings.HasSuffix(name, "_FEATURES") {
		s.work.fail(name + " is not set in the layers scanned: taken as empty")
	}
	return name, strings.Fields(v), nil
}

func allOf(have, want []string) bool {
	for _, w := range want {
		if !slices.Contains(have, w) {
			return false
		}
	}
	return len(have) > 0
}

func anyOf(have, want []string) bool {
	return slices.ContainsFunc(want, func(w string) bool { return slices.Contains(have, w) })
}

// wanted is an argument that is a list, or a string of words.
func wanted(v value) ([]string, error) {
	if t, ok := v.(string); ok {
		return strings.Fields(t), nil
	}
	return texts(v)
}

// contains is bb.utils.contains(variable, words, then, else, d).
func (s *store) contains(args []value, match func(have, want []string) bool) (value, error) {
	if len(args) < 4 {
		return nil, fmt.Errorf("%w: odd arguments", errPython)
	}
	name, have, err := s.variableWords(args, 0)
	if err != nil {
		return nil, err
	}
	want, err := wanted(args[1])
	if err != nil {
		return nil, err
	}
	return s.choose(name, strings.Join(want, " "), match(have, want), args[2:]), nil
}

// choose returns one of two values and notes the other one.
func (s *store) choose(name, want string, yes bool, values []value) value {
	if yes {
		s.choices.note(name+"!="+want, values[1])
		return values[0]
	}
	s.choices.note(name+"="+want, values[0])
	return values[1]
}

// A choices notes what values would be in other builds.
type choices struct {
	list []choice
}

// A choice is a value that was not taken, and when it would be.
type choice struct{ when, value string }

func (c *choices) note(when string, v value) {
	if t, ok := v.(string); ok && c != nil && t != "" && len(c.list) < maxOps {
		c.list = append(c.list, choice{when, t})
	}
}

func pyFilter(s *store, args []value) (value, error) {
	if len(args) < 2 {
		return nil, fmt.Errorf("%w: odd arguments", errPython)
	}
	_, have, err := s.variableWords(args, 0)
	if err != nil {
		return nil, err
	}
	want, err := wanted(args[1])
	if err != nil {
		return nil, err
	}
	want = slices.DeleteFunc(slices.Clone(want), func(w string) bool { return !slices.Contains(have, w) })
	slices.Sort(want)
	return strings.Join(slices.Compact(want), " "), nil
}

func pyConditional(s *store, args []value) (value, error) {
	if len(args) < 4 {
		return nil, fmt.Errorf("%w: odd arguments", errPython)
	}
	name, err := argText(args, 0)
	if err != nil {
		return nil, err
	}
	v, ok := s.get(name)
	if _, err := s.sure(name, v); err != nil {
		return nil, err
	}
	return s.choose(name, str(args[1]), ok && equal(v, args[1]), args[2:]), nil
}

func pyIfElse(_ *store, args []value) (value, error) {
	if len(args) < 3 {
		return nil, fmt.Errorf("%w: odd arguments", errPython)
	}
	if truth(args[0]) {
		return args[1], nil
	}
	return args[2], nil
}

func pyVarTrue(s *store, args []value) (value, error) {
	if len(args) < 3 {
		return nil, fmt.Errorf("%w: odd arguments", errPython)
	}
	name, err := argText(args, 0)
	if err != nil {
		return nil, err
	}
	return s.choose(name, "1", boolean(s.value(name)), args[1:]), nil
}

// boolean is what openembedded-core takes for true.
func boolean(t string) bool {
	switch strings.ToLower(t) {
	case "yes", "y", "true", "t", "1":
		return true
	}
	return false
}

func pyBoolean(_ *store, args []value) (value, error) {
	return len(args) > 0 && (args[0] == true || boolean(str(args[0]))), nil
}

func pyLessOrEqual(s *store, args []value) (value, error) {
	if len(args) < 4 {
		return nil, fmt.Errorf("%w: odd arguments", errPython)
	}
	name, err := argText(args, 0)
	if err != nil {
		return nil, err
	}
	x, errX := strconv.ParseFloat(s.value(name), 64)
	y, errY := strconv.ParseFloat(str(args[1]), 64)
	if errX != nil || errY != nil {
		return nil, fmt.Errorf("%w: %s is no number", errPython, name)
	}
	return s.choose(name, "at most "+str(args[1]), x <= y, args[2:]), nil
}

func pyVersionLessOrEqual(s *store, args []value) (value, error) {
	if len(args) < 4 {
		return nil, fmt.Errorf("%w: odd arguments", errPython)
	}
	name, err := argText(args, 0)
	if err != nil {
		return nil, err
	}
	yes := version.Compare(s.value(name), str(args[1])) <= 0
	return s.choose(name, "at most "+str(args[1]), yes, args[2:]), nil
}

func pyVercmp(_ *store, args []value) (value, error) {
	if len(args) < 2 {
		return nil, fmt.Errorf("%w: odd arguments", errPython)
	}
	return version.Compare(str(args[0]), str(args[1])), nil
}

func pyVercmpOp(_ *store, args []value) (value, error) {
	if len(args) < 3 {
		return nil, fmt.Errorf("%w: odd arguments", errPython)
	}
	c := version.Compare(str(args[0]), str(args[1]))
	switch op := str(args[2]); op {
	case "=", "==":
		return c == 0, nil
	case "!=":
		return c != 0, nil
	case "<", "<=", ">", ">=":
		return ordered(op, cmp.Compare(c, 0)), nil
	}
	return nil, fmt.Errorf("%w: odd operator", errPython)
}
