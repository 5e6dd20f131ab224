package layer

import (
	"fmt"
	"strconv"
	"strings"
)

// A pyScope is where names of an expression get their values: loop variables,
// known functions, and, as in bitbake, the variables of the data store.
type pyScope struct {
	store *store
	local map[string]value
}

// eval is the value of an expression.
func (sc *pyScope) eval(n *pyNode, depth int) (value, error) {
	if depth > 4*maxDepth || !sc.store.work.step() {
		return nil, fmt.Errorf("%w: too much to evaluate", errPython)
	}
	depth++
	switch n.op {
	case "str":
		return n.text, nil
	case "num":
		return number(n.text)
	case "name":
		return sc.name(n.text)
	case "list":
		return sc.list(n.kids, depth)
	case "call":
		return sc.call(n, depth)
	case ".":
		return sc.attribute(n, depth)
	case "index", "slice":
		return sc.index(n, depth)
	case "for":
		return sc.comprehension(n, depth)
	case "if":
		cond, err := sc.eval(n.kids[1], depth)
		if err != nil {
			return nil, err
		}
		if truth(cond) {
			return sc.eval(n.kids[0], depth)
		}
		return sc.eval(n.kids[2], depth)
	}
	return sc.operator(n, depth)
}

// number reads an int or float literal.
func number(text string) (value, error) {
	if i, err := strconv.Atoi(text); err == nil {
		return i, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("%w: number %q", errPython, text)
	}
	return f, nil
}

// name looks up a name.
func (sc *pyScope) name(name string) (value, error) {
	if v, ok := sc.local[name]; ok {
		return v, nil
	}
	switch name {
	case "True":
		return true, nil
	case "False":
		return false, nil
	case "None":
		return nil, nil
	case "d":
		return dataStore{}, nil
	}
	if f := sc.store.known(name); f != nil {
		return f, nil
	}
	if v, ok := sc.store.get(name); ok {
		return v, nil
	}
	return nil, fmt.Errorf("%w: name %s", errPython, name)
}

func (sc *pyScope) list(kids []*pyNode, depth int) (value, error) {
	out := make([]value, len(kids))
	for i, k := range kids {
		v, err := sc.eval(k, depth)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// call calls a known function or a method.
func (sc *pyScope) call(n *pyNode, depth int) (value, error) {
	f, err := sc.eval(n.kids[0], depth)
	if err != nil {
		return nil, err
	}
	fn, ok := f.(function)
	if !ok {
		return nil, fmt.Errorf("%w: call of %s", errPython, n.kids[0].text)
	}
	var args []value
	named := map[string]value{}
	for i, k := range n.kids[1:] {
		v, err := sc.eval(k, depth)
		if err != nil {
			return nil, err
		}
		if t, ok := v.(string); ok && strings.Contains(t, unknownMark) {
			return nil, fmt.Errorf("%w: an argument is unknown", errPython)
		}
		if n.keys[i] != "" {
			named[n.keys[i]] = v
		} else {
			args = append(args, v)
		}
	}
	return fn(args, named)
}

// attribute is a dotted known function, or a method of a value.
func (sc *pyScope) attribute(n *pyNode, depth int) (value, error) {
	if dotted := n.dotted(); dotted != "" {
		if f := sc.store.known(dotted); f != nil {
			return f, nil
		}
		switch root, _, _ := strings.Cut(dotted, "."); root {
		case "bb", "oe", "os", "re", "time", "subprocess", "sys", "platform":
			return nil, fmt.Errorf("%w: %s", errPython, dotted)
		}
	}
	v, err := sc.eval(n.kids[0], depth)
	if err != nil {
		return nil, err
	}
	if f := sc.store.method(v, n.text); f != nil {
		return f, nil
	}
	return nil, fmt.Errorf("%w: .%s", errPython, n.text)
}

// dotted is a name like bb.utils.contains, or "".
func (n *pyNode) dotted() string {
	switch n.op {
	case "name":
		return n.text
	case ".":
		if left := n.kids[0].dotted(); left != "" {
			return left + "." + n.text
		}
	}
	return ""
}

// index is x[i] or x[a:b] of a string or list.
func (sc *pyScope) index(n *pyNode, depth int) (value, error) {
	of, err := sc.eval(n.kids[0], depth)
	if err != nil {
		return nil, err
	}
	size := 0
	text, isText := of.(string)
	items, isList := of.([]value)
	switch {
	case isText:
		size = len(text)
	case isList:
		size = len(items)
	default:
		return nil, fmt.Errorf("%w: index of %T", errPython, of)
	}
	ends := [2]int{0, size}
	for i, k := range n.kids[1:] {
		if k == nil {
			continue
		}
		v, err := sc.eval(k, depth)
		if err != nil {
			return nil, err
		}
		if ends[i], err = position(v, size); err != nil {
			return nil, err
		}
	}
	if n.op == "slice" {
		from, to := min(max(ends[0], 0), size), min(max(ends[1], 0), size)
		to = max(from, to)
		if isText {
			return text[from:to], nil
		}
		return items[from:to], nil
	}
	at := ends[0]
	if at < 0 || at >= size {
		return nil, fmt.Errorf("%w: index out of range", errPython)
	}
	if isText {
		return text[at : at+1], nil
	}
	return items[at], nil
}

// position is an index; negative ones count from the end.
func position(v value, size int) (int, error) {
	i := 0
	switch v := v.(type) {
	case int:
		i = v
	case bool:
		if v {
			i = 1
		}
	default:
		return 0, fmt.Errorf("%w: index of type %T", errPython, v)
	}
	if i < 0 {
		i += size
	}
	return i, nil
}

// comprehension is [e for x in y if z].
func (sc *pyScope) comprehension(n *pyNode, depth int) (value, error) {
	over, err := sc.eval(n.kids[1], depth)
	if err != nil {
		return nil, err
	}
	items, err := list(over)
	if err != nil {
		return nil, err
	}
	inner := &pyScope{store: sc.store, local: map[string]value{}}
	for k, v := range sc.local {
		inner.local[k] = v
	}
	out := []value{}
	for _, item := range items {
		inner.local[n.keys[0]] = item
		if len(n.keys) > 1 {
			parts, ok := item.([]value)
			if !ok || len(parts) != len(n.keys) {
				return nil, fmt.Errorf("%w: unpacking", errPython)
			}
			for i, key := range n.keys {
				inner.local[key] = parts[i]
			}
		}
		if len(n.kids) > 2 {
			cond, err := inner.eval(n.kids[2], depth)
			if err != nil {
				return nil, err
			}
			if !truth(cond) {
				continue
			}
		}
		v, err := inner.eval(n.kids[0], depth)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}
