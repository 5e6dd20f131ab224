package policy

import (
	"encoding/xml"
	"fmt"
	"io"
)

// The form of JUnit's reports that Jenkins and GitLab read.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Cases    []junitCase `xml:"testcase"`
		Out      string      `xml:"system-out,omitempty"`
	}
	junitCase struct {
		Class   string      `xml:"classname,attr"`
		Name    string      `xml:"name,attr"`
		File    string      `xml:"file,attr,omitempty"`
		Failure *junitFault `xml:"failure"`
		Error   *junitFault `xml:"error"`
	}
	junitFault struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes a report for programs that show tests: a suite for each
// layer repository, in it a failed case for each finding and a passed one for
// each rule that is kept. Failed are inputs that could not be read: errors of a
// suite of their own.
func (r *Report) WriteJUnit(w io.Writer, failed []string) error {
	all := junitSuites{Name: "upstreamd check"}
	for _, source := range r.Sources {
		all.add(r.suite(source))
	}
	if len(failed) > 0 {
		s := junitSuite{Name: "inputs"}
		for i, text := range failed {
			s.Errors++
			s.Cases = append(s.Cases, junitCase{Class: "inputs", Name: fmt.Sprintf("input %d", i+1), Error: &junitFault{Message: safe(text), Type: "input", Text: safe(text)}})
		}
		s.Tests = len(s.Cases)
		all.add(s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	out := xml.NewEncoder(w)
	out.Indent("", "  ")
	if err := out.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (all *junitSuites) add(s junitSuite) {
	all.Tests += s.Tests
	all.Failures += s.Failures
	all.Errors += s.Errors
	all.Suites = append(all.Suites, s)
}

// suite is one layer repository.
func (r *Report) suite(source string) junitSuite {
	s := junitSuite{Name: safe(source)}
	broken := map[string]bool{}
	for _, f := range r.Findings {
		if f.Source != source {
			continue
		}
		broken[f.Rule.ID] = true
		place := safe(r.Place(f.Source, f.File))
		s.Failures++
		s.Cases = append(s.Cases, junitCase{
			Class: safe(source) + "." + f.Rule.ID, Name: fmt.Sprintf("%s: %s", place, f.Rule.Short), File: place,
			Failure: &junitFault{Message: safe(f.Text), Type: f.Rule.ID, Text: fmt.Sprintf("%s:%d: %s\n\n%s", place, f.Line, safe(f.Text), f.Rule.Help)},
		})
	}
	for _, rule := range Rules() {
		if !broken[rule.ID] {
			s.Cases = append(s.Cases, junitCase{Class: safe(source) + "." + rule.ID, Name: "no case of: " + rule.Short})
		}
	}
	s.Tests = len(s.Cases)
	for _, n := range r.Notes {
		if n.Source == source {
			s.Out += safe(r.Place(n.Source, n.File)) + ": " + safe(n.Text) + "\n"
		}
	}
	return s
}
