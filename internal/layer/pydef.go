package layer

import (
	"fmt"
	"regexp"
	"strings"
)

// A definition is a Python function of metadata that can be evaluated: its
// body is made of assignments to names, if, return, and expressions of the
// kind that inline Python has. Layers have many that cut a version for a URL.
type definition struct {
	params   []string
	defaults map[string]*pyNode
	body     []pyStatement
}

// A pyStatement is one line of a body, with the lines below it.
type pyStatement struct {
	kind   string // "return", "=", "if", "elif" or "else"
	target string // of "="
	expr   *pyNode
	body   []pyStatement
}

// docString is a text in three quotes on lines of its own.
var docString = regexp.MustCompile(`(?s)^((?:\s*#[^\n]*\n)*\s*)("""".*?"""|""".*?"""|\'\'\'.*?\'\'\')[ \t]*(\n|$)`)

var pyAssign = regexp.MustCompile(`^([A-Za-z_]\w*)\s*=([^=].*)$`)

// define keeps the source of a def; it is parsed when it is called.
func (s *store) define(name, source string) { s.flags["def "+name] = source }

// definition is a def by its name, or nil.
func (s *store) definition(name string) *definition {
	for up := s; up != nil; up = up.parent {
		if source, ok := up.flags["def "+name]; ok {
			d, err := parseDef(source)
			if err != nil {
				return nil
			}
			return d
		}
	}
	return nil
}

// parseDef reads a def with its body.
func parseDef(source string) (*definition, error) {
	head, body, _ := strings.Cut(source, "\n")
	open, end := strings.IndexByte(head, '('), strings.LastIndex(head, "):")
	if open < 0 || end < open || len(source) > 1<<14 {
		return nil, fmt.Errorf("%w: odd def", errPython)
	}
	d := &definition{defaults: map[string]*pyNode{}}
	for _, p := range strings.Split(head[open+1:end], ",") {
		name, value, hasDefault := strings.Cut(p, "=")
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		d.params = append(d.params, name)
		if hasDefault {
			e, err := parsePython(value)
			if err != nil {
				return nil, err
			}
			d.defaults[name] = e
		}
	}
	if rest := strings.TrimSpace(head[end+2:]); rest != "" {
		body = " " + rest
	}
	p := &pyBlocks{}
	for _, l := range strings.Split(docString.ReplaceAllString(body, ""), "\n") {
		l = strings.ReplaceAll(strings.TrimRight(l, " \t\r"), "\t", "        ")
		if t := strings.TrimSpace(l); t != "" && t[0] != '#' {
			p.lines = append(p.lines, l)
		}
	}
	var err error
	d.body, err = p.block(0)
	return d, err
}

// pyBlocks reads lines into blocks by their indentation.
type pyBlocks struct {
	lines []string
	depth int
}

func indentation(l string) int { return len(l) - len(strings.TrimLeft(l, " ")) }

// block reads the lines that are indented by more than outer.
func (p *pyBlocks) block(outer int) ([]pyStatement, error) {
	var out []pyStatement
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("%w: nested too deep", errPython)
	}
	defer func() { p.depth-- }()
	if len(p.lines) == 0 || indentation(p.lines[0]) <= outer {
		return nil, fmt.Errorf("%w: empty block", errPython)
	}
	indent := indentation(p.lines[0])
	for len(p.lines) > 0 && indentation(p.lines[0]) == indent {
		l := strings.TrimSpace(p.lines[0])
		p.lines = p.lines[1:]
		st, err := p.statement(l, indent)
		if err != nil {
			return nil, err
		}
		if st.kind != "" {
			out = append(out, st)
		}
	}
	if len(p.lines) > 0 && indentation(p.lines[0]) > outer {
		return nil, fmt.Errorf("%w: odd indentation", errPython)
	}
	return out, nil
}

// statement reads one line; what changes nothing is the zero value.
func (p *pyBlocks) statement(l string, indent int) (st pyStatement, err error) {
	switch word, rest, _ := strings.Cut(l, " "); {
	case word == "import" || word == "from" || l == "pass":
		return st, nil
	case word == "return":
		st.kind = "return"
		st.expr, err = parsePython(rest)
		return st, err
	case (word == "if" || word == "elif") && strings.HasSuffix(l, ":"):
		st.kind = word
		if st.expr, err = parsePython(strings.TrimSuffix(rest, ":")); err != nil {
			return st, err
		}
		st.body, err = p.block(indent)
		return st, err
	case l == "else:":
		st.kind = "else"
		st.body, err = p.block(indent)
		return st, err
	}
	if m := pyAssign.FindStringSubmatch(l); m != nil {
		st.kind, st.target = "=", m[1]
		st.expr, err = parsePython(m[2])
		return st, err
	}
	return st, fmt.Errorf("%w: %s", errPython, shorten(l))
}

// run calls a definition.
func (s *store) run(d *definition, args []value, named map[string]value) (value, error) {
	sc := &pyScope{store: s, local: map[string]value{}}
	if len(args) > len(d.params) {
		return nil, fmt.Errorf("%w: odd arguments", errPython)
	}
	for i, p := range d.params {
		v, ok := named[p]
		switch {
		case i < len(args):
			v = args[i]
		case !ok && d.defaults[p] == nil:
			return nil, fmt.Errorf("%w: argument %s", errPython, p)
		case !ok:
			var err error
			if v, err = sc.eval(d.defaults[p], 0); err != nil {
				return nil, err
			}
		}
		sc.local[p] = v
	}
	if s.calls++; s.calls > maxDepth {
		return nil, fmt.Errorf("%w: calls too deep", errPython)
	}
	defer func() { s.calls-- }()
	v, _, err := sc.block(d.body)
	return v, err
}

// block runs statements until one returns.
func (sc *pyScope) block(body []pyStatement) (v value, returned bool, err error) {
	taken := true // a branch of the if before
	for _, st := range body {
		switch st.kind {
		case "return":
			v, err = sc.eval(st.expr, 0)
			return v, true, err
		case "=":
			if sc.local[st.target], err = sc.eval(st.expr, 0); err != nil {
				return nil, false, err
			}
			continue
		case "elif", "else":
			if taken {
				continue
			}
		}
		if st.expr != nil {
			if v, err = sc.eval(st.expr, 0); err != nil {
				return nil, false, err
			}
			if taken = truth(v); !taken {
				continue
			}
		}
		taken = true
		if v, returned, err = sc.block(st.body); returned || err != nil {
			return v, returned, err
		}
	}
	return nil, false, nil
}
