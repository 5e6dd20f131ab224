package layer

import (
	"cmp"
	"fmt"
	"math"
	"strings"
)

// operator evaluates unary and binary operators.
func (sc *pyScope) operator(n *pyNode, depth int) (value, error) {
	a, err := sc.eval(n.kids[0], depth)
	if err != nil {
		return nil, err
	}
	switch n.op {
	case "not":
		return !truth(a), nil
	case "neg":
		if i, ok := a.(int); ok {
			return -i, nil
		}
		return nil, fmt.Errorf("%w: minus", errPython)
	case "or":
		if truth(a) {
			return a, nil
		}
		return sc.eval(n.kids[1], depth)
	case "and":
		if !truth(a) {
			return a, nil
		}
		return sc.eval(n.kids[1], depth)
	}
	b, err := sc.eval(n.kids[1], depth)
	if err != nil {
		return nil, err
	}
	if _, ok := b.(dataStore); ok && (n.op == "in" || n.op == "not in") {
		_, set := sc.store.get(str(a))
		return set == (n.op == "in"), nil
	}
	return binary(n.op, a, b)
}

// binary applies an operator to two values.
func binary(op string, a, b value) (value, error) {
	switch op {
	case "==":
		return equal(a, b), nil
	case "!=":
		return !equal(a, b), nil
	case "in", "not in":
		in, err := contains(b, a)
		return in == (op == "in"), err
	}
	if text, ok := a.(string); ok && op == "%" {
		return format(text, b)
	}
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok {
			return binaryText(op, x, y)
		}
	}
	if x, ok := a.([]value); ok {
		if y, ok := b.([]value); ok {
			return binaryList(op, x, y)
		}
	}
	x, okX := float(a)
	y, okY := float(b)
	if !okX || !okY {
		return nil, fmt.Errorf("%w: %T %s %T", errPython, a, op, b)
	}
	_, intA := a.(int)
	_, intB := b.(int)
	return binaryNumber(op, x, y, intA && intB)
}

func binaryText(op, x, y string) (value, error) {
	switch op {
	case "+":
		if len(x)+len(y) > maxValue {
			return nil, fmt.Errorf("%w: string over 1 MB", errPython)
		}
		return x + y, nil
	case "<", "<=", ">", ">=":
		return ordered(op, cmp.Compare(x, y)), nil
	}
	return nil, fmt.Errorf("%w: string %s string", errPython, op)
}

// binaryList is concatenation, and union and intersection of sets, which are
// lists here.
func binaryList(op string, x, y []value) (value, error) {
	var out []value
	if len(x)+len(y) > maxSet && op != "+" || len(x)+len(y) > maxValue {
		return nil, fmt.Errorf("%w: list too long", errPython)
	}
	switch op {
	case "+":
		return append(append(out, x...), y...), nil
	case "|":
		return unique(append(append(out, x...), y...)), nil
	case "&", "-":
		for _, v := range x {
			if in, _ := contains(y, v); in == (op == "&") {
				out = append(out, v)
			}
		}
		return out, nil
	}
	return nil, fmt.Errorf("%w: list %s list", errPython, op)
}

func binaryNumber(op string, x, y float64, ints bool) (value, error) {
	r := 0.0
	switch op {
	case "<", "<=", ">", ">=":
		return ordered(op, cmp.Compare(x, y)), nil
	case "+":
		r = x + y
	case "-":
		r = x - y
	case "*":
		r = x * y
	case "/", "//", "%":
		if y == 0 {
			return nil, fmt.Errorf("%w: division by zero", errPython)
		}
		switch op {
		case "/":
			return x / y, nil
		case "//":
			r = math.Floor(x / y)
		default:
			r = x - y*math.Floor(x/y)
		}
	default:
		return nil, fmt.Errorf("%w: number %s number", errPython, op)
	}
	if ints && math.Abs(r) < 1<<53 {
		return int(r), nil
	}
	return r, nil
}

func ordered(op string, c int) bool {
	switch op {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}

func float(v value) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case float64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// equal is ==. Values of different types differ, but numbers compare.
func equal(a, b value) bool {
	if x, ok := float(a); ok {
		y, ok := float(b)
		return ok && x == y
	}
	switch x := a.(type) {
	case nil:
		return b == nil
	case string:
		y, ok := b.(string)
		return ok && x == y
	case []value:
		y, ok := b.([]value)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !equal(x[i], y[i]) {
				return false
			}
		}
		return true
	}
	return false
}

// contains is x in list, or part in text.
func contains(in, x value) (bool, error) {
	switch in := in.(type) {
	case string:
		if t, ok := x.(string); ok {
			return strings.Contains(in, t), nil
		}
	case []value:
		for _, v := range in {
			if equal(v, x) {
				return true, nil
			}
		}
		return false, nil
	}
	return false, fmt.Errorf("%w: in %T", errPython, in)
}

// unique keeps the first of equal values.
func unique(l []value) []value {
	out := []value{}
	for _, v := range l {
		if in, _ := contains(out, v); !in {
			out = append(out, v)
		}
	}
	return out
}

// format is text % args with %s and %d.
func format(text string, args value) (value, error) {
	l, ok := args.([]value)
	if !ok {
		l = []value{args}
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '%')
		if i < 0 || i+1 == len(text) {
			break
		}
		b.WriteString(text[:i])
		verb := text[i+1]
		text = text[i+2:]
		if verb == '%' {
			b.WriteByte('%')
			continue
		}
		if verb != 's' && verb != 'd' || len(l) == 0 {
			return nil, fmt.Errorf("%w: format %%%c", errPython, verb)
		}
		b.WriteString(str(l[0]))
		l = l[1:]
	}
	b.WriteString(text)
	if b.Len() > maxValue {
		return nil, fmt.Errorf("%w: string over 1 MB", errPython)
	}
	return b.String(), nil
}
