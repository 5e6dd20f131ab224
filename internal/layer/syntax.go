package layer

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"
)

// A statementKind says what a statement does.
type statementKind byte

const (
	assignment      statementKind = iota
	includeFile                   // value: names, missing is fine
	requireFile                   // value: names, missing is a problem
	includeAll                    // value: names, from every layer
	inheritClass                  // value: names
	inheritLater                  // value: names, inherited after everything else
	unsetVariable                 // name, flag
	anonymousPython               // value: body
	pythonFunction                // name, value: body of a def
)

// A statement is one thing that a metadata file says.
type statement struct {
	kind  statementKind
	op    string // of an assignment: = := ?= ??= += =+ .= =.
	line  int    // where it begins, from 1
	name  string
	flag  string // name[flag]
	value string
}

// A parsed is a metadata file as statements.
type parsed struct {
	statements []statement
	problems   []Problem // without source and file
}

var (
	errBinary = errors.New("holds NUL bytes, so it is no text")
	errTooBig = errors.New("bigger than 10 MB")
)

// parse reads a recipe, include, class or configuration file. It is lenient:
// what it cannot read is a problem and the next line is read.
func parse(b []byte) (*parsed, error) {
	if len(b) > maxFile {
		return nil, errTooBig
	}
	if bytes.IndexByte(b, 0) >= 0 {
		return nil, errBinary
	}
	p := &parser{out: &parsed{}}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	text := string(b)
	if !utf8.ValidString(text) {
		p.problem(0, "not UTF-8: odd bytes replaced")
		text = strings.ToValidUTF8(text, "\ufffd")
	}
	p.lines = strings.Split(text, "\n")
	for p.next < len(p.lines) {
		p.statement()
	}
	return p.out, nil
}

// A parser goes through the lines of one file.
type parser struct {
	lines []string
	next  int // line to be read, from 0
	out   *parsed
}

func (p *parser) problem(line int, text string) {
	if len(p.out.problems) < maxProblems {
		p.out.problems = append(p.out.problems, Problem{Line: line, Text: text})
	}
}

func (p *parser) add(s statement) { p.out.statements = append(p.out.statements, s) }

// logical reads one line with those that continue it, without the
// backslashes. Comments inside are skipped, as old bitbakes do.
func (p *parser) logical() (text string, line int) {
	line = p.next + 1
	text = p.take()
	if !strings.HasSuffix(text, `\`) || strings.HasPrefix(text, "#") {
		return text, line
	}
	var b strings.Builder
	for strings.HasSuffix(text, `\`) {
		b.WriteString(text[:len(text)-1])
		for p.next < len(p.lines) && strings.HasPrefix(p.lines[p.next], "#") {
			p.next++
		}
		if p.next >= len(p.lines) {
			return b.String(), line
		}
		text = p.take()
	}
	b.WriteString(text)
	return b.String(), line
}

// take reads one line without what is blank at its end.
func (p *parser) take() string {
	s := strings.TrimRight(p.lines[p.next], " \t\r\f\v")
	p.next++
	return s
}

var (
	// functionHead is the start of a shell or Python task.
	functionHead = regexp.MustCompile(`^((?:python|fakeroot)[\s]+)*(python)?\s*([\w.\-+{}$:]+)?\s*\(\s*\)\s*\{$`)
	defHead      = regexp.MustCompile(`^(?:async\s+)?def\s+(\w+)\s*\(`)
)

// statement reads the next one.
func (p *parser) statement() {
	text, line := p.logical()
	switch {
	case text == "" || text[0] == '#':
		return
	case text[0] == ' ' || text[0] == '\t':
		if text = strings.TrimSpace(text); text == "" || text[0] == '#' {
			return
		}
	}
	if strings.HasSuffix(text, "{") && p.function(text, line) {
		return
	}
	if m := defHead.FindStringSubmatch(text); m != nil {
		p.add(statement{kind: pythonFunction, line: line, name: m[1], value: text + "\n" + p.indented()})
		return
	}
	if s, ok := assign(text); ok {
		s.line = line
		p.add(s)
		return
	}
	if !p.directive(text, line) {
		p.problem(line, "cannot be read: "+shorten(text))
	}
}

// function skips the body of a task, and keeps that of an anonymous Python
// function, which runs at parse time.
func (p *parser) function(text string, line int) bool {
	m := functionHead.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	begin := p.next
	for p.next < len(p.lines) && strings.TrimRight(p.lines[p.next], " \t\r") != "}" {
		p.next++
	}
	if p.next == len(p.lines) {
		p.problem(line, "function without its closing brace: "+shorten(text))
	}
	python := strings.HasPrefix(text, "python") || m[2] != ""
	if python && (m[3] == "" || m[3] == "__anonymous" || m[3] == "python") {
		p.add(statement{kind: anonymousPython, line: line, value: strings.Join(p.lines[begin:p.next], "\n")})
	}
	p.next++
	return true
}

// indented reads the body of a def.
func (p *parser) indented() string {
	begin := p.next
	for p.next < len(p.lines) {
		s := p.lines[p.next]
		if t := strings.TrimSpace(s); t != "" && s[0] != ' ' && s[0] != '\t' && s[0] != '#' {
			break
		}
		p.next++
	}
	return strings.Join(p.lines[begin:p.next], "\n")
}

// directive reads a line that is no assignment. The words that do not change
// variables are known, too.
func (p *parser) directive(text string, line int) bool {
	word, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	if i := strings.IndexByte(word, '\t'); i >= 0 {
		word, rest = text[:i], strings.TrimSpace(text[i:])
	}
	kinds := map[string]statementKind{
		"include": includeFile, "require": requireFile, "include_all": includeAll,
		"inherit": inheritClass, "inherit_defer": inheritLater,
	}
	if kind, ok := kinds[word]; ok {
		p.add(statement{kind: kind, line: line, value: rest})
		return true
	}
	switch word {
	case "unset":
		name, flag, _ := strings.Cut(strings.TrimSuffix(rest, "]"), "[")
		p.add(statement{kind: unsetVariable, line: line, name: name, flag: flag})
	case "export", "addtask", "deltask", "addhandler", "EXPORT_FUNCTIONS", "addpylib", "addfragments":
	default:
		return false
	}
	return true
}

// shorten is text for a message.
func shorten(text string) string {
	const most = 80
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}
