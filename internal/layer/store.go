package layer

import (
	"fmt"
	"slices"
	"strings"
)

// A variable is what was said of one name.
type variable struct {
	value   string   // last plain assignment, unexpanded
	front   []string // put before it by =+ and =., the first one last
	back    []string // put after it by += and .=
	size    int      // bytes of these
	set     bool     // there was one
	weak    string   // ??=
	hasWeak bool
	ops     []operation // :append and the like, in order
	old     bool        // written in a layer with the old override syntax
}

// text is the value with what was put before and after it.
func (v *variable) text() string {
	if len(v.front) == 0 && len(v.back) == 0 {
		return v.value
	}
	var b strings.Builder
	b.Grow(v.size)
	for _, s := range slices.Backward(v.front) {
		b.WriteString(s)
	}
	b.WriteString(v.value)
	for _, s := range v.back {
		b.WriteString(s)
	}
	return b.String()
}

// An operation is one :append, :prepend or :remove.
type operation struct {
	op        byte // 'a', 'p' or 'r'
	overrides []string
	value     string
}

// An overriding is a variable that may stand for another one: FOO:x for FOO.
type overriding struct {
	name      string
	overrides []string
}

// A store holds variables as bitbake's data store does: values stay
// unexpanded, and overrides are applied when a value is asked for. A store
// made by fork sees its parent's variables and never changes them.
type store struct {
	parent *store
	base   bool // the configuration that all recipes share
	vars   map[string]*variable
	// overridden has, for FOO, its variants like FOO:x. Names in varied are
	// among them, with an _ before them those that were read as FOO_x.
	overridden map[string][]overriding
	varied     map[string]bool
	flags      map[string]string // name[flag]

	active  []string // overrides, the strongest last; nil: not worked out yet
	frozen  bool     // nothing will be set any more, so values may be kept
	cache   map[string]string
	pending map[string]bool // values that are being expanded
	work    *budget
	choices *choices // notes what Python chose between, while not nil
	calls   int      // of Python functions in each other
}

// newStore makes an empty store.
func newStore() *store {
	return &store{
		vars: map[string]*variable{}, overridden: map[string][]overriding{}, varied: map[string]bool{}, flags: map[string]string{},
		pending: map[string]bool{}, work: &budget{},
	}
}

// fork makes a store that starts with what s has. s must not change later.
func (s *store) fork() *store {
	c := newStore()
	c.parent = s
	return c
}

// lookup finds a variable, or nil.
func (s *store) lookup(name string) *variable {
	for ; s != nil; s = s.parent {
		if v, ok := s.vars[name]; ok {
			return v
		}
	}
	return nil
}

// own is a variable of s itself that may be changed.
func (s *store) own(name string) *variable {
	s.changed()
	if v, ok := s.vars[name]; ok {
		return v
	}
	v := &variable{}
	if up := s.parent.lookup(name); up != nil {
		*v = *up
		v.ops, v.front, v.back = slices.Clip(v.ops), slices.Clip(v.front), slices.Clip(v.back)
	}
	s.vars[name] = v
	return v
}

// changed forgets what was worked out from values.
func (s *store) changed() {
	s.active = nil
	s.cache = nil
}

// variants are the variables that may stand for name.
func (s *store) variants(name string) []overriding {
	for ; s != nil; s = s.parent {
		if list, ok := s.overridden[name]; ok {
			return list
		}
	}
	return nil
}

// raw is the unexpanded value without overrides and appends, as += sees it.
func (s *store) raw(name string) string {
	if v := s.lookup(name); v != nil && v.set {
		return v.text()
	}
	return ""
}

// assign runs an assignment; old says that _append and FOO_override count.
func (s *store) assign(st statement, old bool) {
	if st.flag != "" {
		s.setFlag(st)
		return
	}
	name, value := st.name, st.value
	switch st.op {
	case "?=":
		if v := s.lookup(name); v != nil && v.set {
			return
		}
	case "??=":
		if _, isOp := splitKeyword(name, old); !isOp {
			v := s.own(name)
			v.weak, v.hasWeak = value, true
			s.vary(name, old)
			return
		}
	case ":=":
		value = s.expand(value)
	case "+=", "=+", ".=", "=.":
		s.extend(name, st.op, value, old)
		return
	}
	if len(value) > maxValue {
		value = s.tooLong(name)
	}
	s.set(name, value, old)
}

// tooLong says that not all of a value is kept, and is put for the rest.
func (s *store) tooLong(name string) string {
	s.work.cut("value of " + visible(name) + " is over 1 MB")
	return " " + unknownMark
}

// extend runs += and the like. The parts are joined when the value is asked
// for: so many of them take no longer than one long value.
func (s *store) extend(name, op, value string, old bool) {
	switch op {
	case "+=":
		value = " " + value
	case "=+":
		value += " "
	}
	if _, isOp := splitKeyword(name, old); isOp {
		s.set(name, value, old)
		return
	}
	v := s.own(name)
	if !v.set {
		v.value, v.front, v.back, v.size = "", nil, nil, 0
		v.set = true
	}
	v.old = old
	switch {
	case v.size > maxValue:
		return
	case v.size+len(value) > maxValue:
		value, v.size = s.tooLong(name), maxValue
	}
	v.size += len(value)
	if op[0] == '=' {
		v.front = append(v.front, value)
	} else {
		v.back = append(v.back, value)
	}
	s.vary(name, old)
}

// set assigns value to name, which may end in a keyword like :append.
func (s *store) set(name, value string, old bool) {
	if k, ok := splitKeyword(name, old); ok {
		v := s.own(k.base)
		switch {
		case len(v.ops) < maxOps:
			v.ops = append(v.ops, operation{k.op, k.overrides, value})
		case len(v.ops) == maxOps:
			s.work.cut(fmt.Sprintf("%s has more than %d appends: some are left out", visible(k.base), maxOps))
			v.ops = append(v.ops, operation{'a', nil, " " + unknownMark})
		}
		s.vary(k.base, old)
		return
	}
	v := s.own(name)
	v.value, v.front, v.back, v.size = value, nil, nil, len(value)
	v.set, v.old = true, old
	s.vary(name, old)
}

// setFlag keeps flags as plain values; only a few are ever read.
func (s *store) setFlag(st statement) {
	key := st.name + "[" + st.flag + "]"
	if _, ok := s.flags[key]; ok && (st.op == "?=" || st.op == "??=") {
		return
	}
	s.flags[key] = st.value
}

// flag is the unexpanded value of name[flag].
func (s *store) flag(name, flag string) (string, bool) {
	key := name + "[" + flag + "]"
	for ; s != nil; s = s.parent {
		if v, ok := s.flags[key]; ok {
			return v, true
		}
	}
	return "", false
}

// unset removes a variable, or its flag.
func (s *store) unset(name, flag string) {
	if flag == "" {
		*s.own(name) = variable{}
	}
}

// vary notes FOO:x:y as a variant of FOO:x and FOO, and in old layers FOO_x
// of FOO. Overrides have no upper case letter.
func (s *store) vary(name string, old bool) {
	for _, sep := range separators(old) {
		key := name
		if sep == "_" {
			key = "_" + name
		}
		if !strings.Contains(name, sep) || s.hasVaried(key) {
			continue
		}
		s.varied[key] = true
		rest := name
		for range maxDepth {
			i := strings.LastIndex(rest, sep)
			if i <= 0 || i+1 == len(rest) || strings.ContainsAny(rest[i:], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
				break
			}
			rest = rest[:i]
			s.addVariant(rest, overriding{name, strings.Split(name[i+1:], sep)})
		}
	}
}

// hasVaried says whether vary knows a name.
func (s *store) hasVaried(key string) bool {
	for ; s != nil; s = s.parent {
		if s.varied[key] {
			return true
		}
	}
	return false
}

func (s *store) addVariant(base string, o overriding) {
	list, ok := s.overridden[base]
	if !ok {
		list = slices.Clip(s.parent.variants(base))
	}
	if len(list) == maxNames {
		s.work.cut(fmt.Sprintf("%s has more than %d overrides: some are left out", visible(base), maxNames))
		return
	}
	s.overridden[base] = append(list, o)
}

// expandKeys gives variables whose names hold ${...} their real names, as
// bitbake does after parsing. Of two with one name, the expanded one wins.
func (s *store) expandKeys() {
	var names []string
	for up := s; up != nil && !up.base; up = up.parent {
		for name := range up.vars {
			if strings.Contains(name, "${") {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		to := s.expand(name)
		if to == name || strings.Contains(to, unknownMark) {
			continue
		}
		v := *s.lookup(name)
		if v.set {
			s.set(to, v.text(), v.old)
		} else if v.hasWeak {
			s.assign(statement{name: to, op: "??=", value: v.weak}, v.old)
		}
		if len(v.ops) > 0 {
			w := s.own(to)
			w.ops = append(w.ops, v.ops...)
			s.vary(to, v.old)
		}
	}
}

// matches says whether all overrides are active.
func (s *store) matches(overrides []string) bool {
	if len(overrides) == 0 {
		return true
	}
	active := s.overrides()
	for _, o := range overrides {
		if !slices.Contains(active, o) {
			return false
		}
	}
	return true
}
