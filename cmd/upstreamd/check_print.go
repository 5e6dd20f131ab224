package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/policy"
	"github.com/upstreamd/upstreamd/internal/term"
)

// checked is what a check found and how it is told.
type checked struct {
	*policy.Report
	failed   []string       // inputs that could not be read
	baseline string         // file, or ""
	hidden   int            // findings that it hides
	gone     []policy.Known // lines of it that hide nothing any more
}

// print writes the report in one of the formats.
func (c checked) print(cmd *cobra.Command, format string) error {
	w := cmd.OutOrStdout()
	switch format {
	case "json":
		return c.json(w)
	case "sarif":
		return errors.Join(c.WriteSARIF(w, version(), c.failed), c.aside(cmd.ErrOrStderr()))
	case "junit":
		return errors.Join(c.WriteJUnit(w, c.failed), c.aside(cmd.ErrOrStderr()))
	}
	return c.text(w)
}

// text is one line for each finding, as compilers write them.
func (c checked) text(w io.Writer) error {
	for _, f := range c.Findings {
		if _, err := fmt.Fprintf(w, "%s:%d: %s: %s [%s]\n", term.SafeLine(c.Place(f.Source, f.File)), f.Line, f.Rule.Level, term.SafeLine(f.Text), f.Rule.ID); err != nil {
			return err
		}
	}
	for _, n := range c.Notes {
		fmt.Fprintf(w, "%s: note: %s\n", term.SafeLine(c.Place(n.Source, n.File)), term.SafeLine(n.Text))
	}
	if err := c.aside(w); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d found in %d patch files and %d recipes\n", len(c.Findings), c.Patches, c.Recipes)
	return err
}

// aside tells of the baseline.
func (c checked) aside(w io.Writer) error {
	if c.baseline == "" {
		return nil
	}
	if c.hidden > 0 {
		fmt.Fprintf(w, "%d more are known by %s\n", c.hidden, term.SafeLine(c.baseline))
	}
	for _, k := range c.gone {
		fmt.Fprintf(w, "mended: %s: %s\n", term.SafeLine(k.Path), term.SafeLine(k.Rule))
	}
	if len(c.gone) > 0 {
		_, err := fmt.Fprintf(w, "%d lines of the baseline can go: write it anew by --write-baseline %s\n", len(c.gone), term.SafeLine(c.baseline))
		return err
	}
	return nil
}

// checkFinding is a line of check --format json. Its fields are stable.
type checkFinding struct {
	Type        string `json:"type"`
	Rule        string `json:"rule,omitempty"`
	Level       string `json:"level,omitempty"`
	Repo        string `json:"repo,omitempty"`
	Path        string `json:"path,omitempty"`
	Line        int    `json:"line,omitempty"`
	Recipe      string `json:"recipe,omitempty"`
	Message     string `json:"message,omitempty"`
	Fingerprint string `json:"fingerprint,omitempty"`
	Error       string `json:"error,omitempty"`
}

// checkSummary is the last line.
type checkSummary struct {
	Type    string `json:"type"`
	Found   int    `json:"found"`
	Known   int    `json:"known"`
	Mended  int    `json:"mended"`
	Patches int    `json:"patches"`
	Recipes int    `json:"recipes"`
}

// json is one object a line: findings, notes, what of the baseline is mended,
// errors of inputs, and a summary.
func (c checked) json(w io.Writer) error {
	var lines []any
	for _, f := range c.Findings {
		lines = append(lines, checkFinding{
			Type: "finding", Rule: f.Rule.ID, Level: f.Rule.Level, Repo: f.Source, Path: f.File, Line: f.Line, Recipe: f.Recipe,
			Message: f.Text, Fingerprint: f.Fingerprint(),
		})
	}
	for _, n := range c.Notes {
		lines = append(lines, checkFinding{Type: "note", Repo: n.Source, Path: n.File, Message: n.Text})
	}
	for _, k := range c.gone {
		lines = append(lines, checkFinding{Type: "mended", Rule: k.Rule, Path: k.Path, Fingerprint: k.Print})
	}
	for _, f := range c.failed {
		lines = append(lines, checkFinding{Type: "input", Error: f})
	}
	lines = append(lines, checkSummary{"summary", len(c.Findings), c.hidden, len(c.gone), c.Patches, c.Recipes})
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for _, l := range lines {
		if err := out.Encode(l); err != nil {
			return err
		}
	}
	return nil
}

// writeBaseline keeps all that was found. The file takes the place of an older
// one as a whole.
func (c checked) writeBaseline(cmd *cobra.Command, file string) error {
	if len(c.failed) > 0 {
		return withCode(exitFailure, fmt.Errorf("%s was not written: %s", file, c.failed[0]))
	}
	b := policy.NewBaseline(c.Report)
	if err := replaceFile(file, b.Text()); err != nil {
		return err
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "wrote %s: %d findings are known from now on\n", term.SafeLine(file), b.Len())
	return err
}

// replaceFile writes a file as a whole or not at all.
func replaceFile(path string, b []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".upstreamd-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already when all went well
	_, err = tmp.Write(b)
	if err = errors.Join(err, tmp.Chmod(0o644), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
