package layer

import (
	"fmt"
	"slices"
)

// A pyNode is a parsed expression. What the fields hold depends on op:
// "str" and "num" text; "name" text; "list" kids; "call" kids[0] with the
// arguments after it and keys; "." kids[0], text; "index" kids[0], kids[1];
// "slice" kids[0] and from, to (nil if left out); "for" kids: element,
// iterable and maybe condition, keys the loop variables; "if" kids: then,
// condition, else; all others an operator on kids.
type pyNode struct {
	op, text string
	kids     []*pyNode
	keys     []string
}

// parsePython parses one expression.
func parsePython(code string) (*pyNode, error) {
	tokens, err := lexPython(code)
	if err != nil {
		return nil, err
	}
	p := &pyParser{tokens: tokens}
	n, err := p.expression()
	if err == nil && p.next < len(p.tokens) {
		err = fmt.Errorf("%w: %q", errPython, p.peek())
	}
	return n, err
}

// A pyParser is a recursive descent through the tokens.
type pyParser struct {
	tokens []pyToken
	next   int
	depth  int
}

func (p *pyParser) peek() string {
	if p.next < len(p.tokens) && p.tokens[p.next].kind != 's' {
		return p.tokens[p.next].text
	}
	return ""
}

// accept takes the next token if it is one of texts.
func (p *pyParser) accept(texts ...string) (string, bool) {
	if t := p.peek(); t != "" && slices.Contains(texts, t) {
		p.next++
		return t, true
	}
	return "", false
}

func (p *pyParser) expect(text string) error {
	if _, ok := p.accept(text); !ok {
		return fmt.Errorf("%w: %q where %q should be", errPython, p.peek(), text)
	}
	return nil
}

// expression reads a conditional expression, the widest there is.
func (p *pyParser) expression() (*pyNode, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return nil, fmt.Errorf("%w: nested too deep", errPython)
	}
	then, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	if _, ok := p.accept("if"); !ok {
		return then, nil
	}
	cond, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	if err := p.expect("else"); err != nil {
		return nil, err
	}
	other, err := p.expression()
	return &pyNode{op: "if", kids: []*pyNode{then, cond, other}}, err
}

// pyLevels are the binary operators, the weakest first.
var pyLevels = [][]string{
	{"or"}, {"and"}, {"not"}, {"==", "!=", "<", "<=", ">", ">=", "in", "not", "is"}, {"|"}, {"&"}, {"+", "-"}, {"*", "/", "//", "%"},
}

// binary reads operators of a level and all stronger ones.
func (p *pyParser) binary(level int) (*pyNode, error) {
	if level == len(pyLevels) {
		return p.unary()
	}
	if pyLevels[level][0] == "not" {
		return p.negation(level)
	}
	left, err := p.binary(level + 1)
	for err == nil {
		op, ok := p.accept(pyLevels[level]...)
		if !ok {
			break
		}
		if op == "not" {
			op = "not in"
			if err := p.expect("in"); err != nil {
				return nil, err
			}
		}
		if op == "is" {
			op = "=="
			if _, not := p.accept("not"); not {
				op = "!="
			}
		}
		var right *pyNode
		right, err = p.binary(level + 1)
		left = &pyNode{op: op, kids: []*pyNode{left, right}}
	}
	return left, err
}

func (p *pyParser) negation(level int) (*pyNode, error) {
	if _, ok := p.accept("not"); !ok {
		return p.binary(level + 1)
	}
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return nil, fmt.Errorf("%w: nested too deep", errPython)
	}
	n, err := p.negation(level)
	return &pyNode{op: "not", kids: []*pyNode{n}}, err
}

func (p *pyParser) unary() (*pyNode, error) {
	if _, ok := p.accept("-"); ok {
		n, err := p.postfix()
		return &pyNode{op: "neg", kids: []*pyNode{n}}, err
	}
	return p.postfix()
}

// postfix reads an atom with the calls, attributes and indexes after it.
func (p *pyParser) postfix() (*pyNode, error) {
	n, err := p.atom()
	for err == nil {
		switch op, _ := p.accept("(", "[", "."); op {
		case "(":
			n, err = p.call(n)
		case "[":
			n, err = p.index(n)
		case ".":
			if p.next == len(p.tokens) || p.tokens[p.next].kind != 'n' {
				return nil, fmt.Errorf("%w: attribute without name", errPython)
			}
			n = &pyNode{op: ".", text: p.tokens[p.next].text, kids: []*pyNode{n}}
			p.next++
		default:
			return n, nil
		}
	}
	return n, err
}

// call reads arguments up to the closing parenthesis. For NAME=VALUE, keys
// has the name, else "".
func (p *pyParser) call(f *pyNode) (*pyNode, error) {
	n := &pyNode{op: "call", kids: []*pyNode{f}}
	for {
		if _, ok := p.accept(")"); ok {
			return n, nil
		}
		key := ""
		if p.next+1 < len(p.tokens) && p.tokens[p.next].kind == 'n' && p.tokens[p.next+1] == (pyToken{'o', "="}) {
			key = p.tokens[p.next].text
			p.next += 2
		}
		arg, err := p.element()
		if err != nil {
			return nil, err
		}
		n.kids, n.keys = append(n.kids, arg), append(n.keys, key)
		if _, ok := p.accept(","); !ok {
			return n, p.expect(")")
		}
	}
}

// element reads an expression, or a comprehension over one.
func (p *pyParser) element() (*pyNode, error) {
	e, err := p.expression()
	if err != nil {
		return nil, err
	}
	if _, ok := p.accept("for"); !ok {
		return e, nil
	}
	n := &pyNode{op: "for", kids: []*pyNode{e}}
	for {
		if p.next == len(p.tokens) || p.tokens[p.next].kind != 'n' {
			return nil, fmt.Errorf("%w: odd loop variable", errPython)
		}
		n.keys = append(n.keys, p.tokens[p.next].text)
		p.next++
		if _, ok := p.accept(","); !ok {
			break
		}
	}
	if err := p.expect("in"); err != nil {
		return nil, err
	}
	over, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	n.kids = append(n.kids, over)
	if _, ok := p.accept("if"); ok {
		cond, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		n.kids = append(n.kids, cond)
	}
	return n, nil
}

// index reads [i], [a:b], [a:] and so on.
func (p *pyParser) index(of *pyNode) (*pyNode, error) {
	var ends [2]*pyNode
	colon := false
	for i := range ends {
		if t := p.peek(); t != ":" && t != "]" {
			n, err := p.expression()
			if err != nil {
				return nil, err
			}
			ends[i] = n
		}
		if i == 0 {
			if _, colon = p.accept(":"); !colon {
				break
			}
		}
	}
	if err := p.expect("]"); err != nil {
		return nil, err
	}
	if !colon {
		if ends[0] == nil {
			return nil, fmt.Errorf("%w: empty index", errPython)
		}
		return &pyNode{op: "index", kids: []*pyNode{of, ends[0]}}, nil
	}
	return &pyNode{op: "slice", kids: []*pyNode{of, ends[0], ends[1]}}, nil
}

// atom reads a name, literal, or something in brackets.
func (p *pyParser) atom() (*pyNode, error) {
	if p.next == len(p.tokens) {
		return nil, fmt.Errorf("%w: expression ends early", errPython)
	}
	t := p.tokens[p.next]
	p.next++
	switch {
	case t.kind == 's':
		n := &pyNode{op: "str", text: t.text}
		for p.next < len(p.tokens) && p.tokens[p.next].kind == 's' { // "a" "b"
			n.text += p.tokens[p.next].text
			p.next++
		}
		return n, nil
	case t.kind == '0':
		return &pyNode{op: "num", text: t.text}, nil
	case t.kind == 'n' && t.text != "lambda" && t.text != "for" && t.text != "if" && t.text != "else" && t.text != "in":
		return &pyNode{op: "name", text: t.text}, nil
	case t.text == "[":
		return p.sequence("]", true)
	case t.text == "(":
		return p.sequence(")", false)
	}
	return nil, fmt.Errorf("%w: %q", errPython, t.text)
}

// sequence reads a list or tuple, a comprehension, or one expression in
// parentheses.
func (p *pyParser) sequence(end string, isList bool) (*pyNode, error) {
	n := &pyNode{op: "list"}
	for {
		if _, ok := p.accept(end); ok {
			return n, nil
		}
		e, err := p.element()
		if err != nil {
			return nil, err
		}
		n.kids = append(n.kids, e)
		if _, ok := p.accept(","); ok {
			isList = true
			continue
		}
		if err := p.expect(end); err != nil {
			return nil, err
		}
		if len(n.kids) == 1 && (!isList || e.op == "for") {
			return e, nil
		}
		return n, nil
	}
}
