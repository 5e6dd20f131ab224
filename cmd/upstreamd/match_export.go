package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

func matchExportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export-cases DIR",
		Short: "Write what people confirmed and rejected as examples to measure by",
		Long: `Export-cases writes the decisions that people made about matches as labelled
examples: what was confirmed or linked by hand is a patch with its commits, what
was rejected a patch that no commit merged, each with the revision that was
searched when it was decided. So a team can measure the engine on its own
history:

  DIR/truth.jsonl   a line for each example
  DIR/patches       the patches, without lines that name the commits
  DIR/work.tsv      the work list for upstreamd match
  DIR/repos         links to the mirrors of the projects

Decisions that make no clear example are named with the reason.`,
		Example: `  upstreamd match export-cases --config upstreamd.toml cases
  upstreamd match --work cases/work.tsv --repos cases/repos --patches cases --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("match export-cases: want a directory")
			}
			c, err := commandConfig(cmd)
			if err != nil {
				return err
			}
			db, err := openStore(cmd.Context(), c, false)
			if err != nil {
				return err
			}
			defer db.Close()
			set := c.settings(nil)
			st := pipeline.MatchStores{Matches: db, Patches: db, Aims: db, Nested: db, Twins: db, Changes: db, Refs: db, Sources: db, Mails: db}
			cases, err := pipeline.NewCaseReader(db, st, db, set).Cases(cmd.Context())
			if err != nil {
				return err
			}
			x := &caseExport{dir: args[0], viewer: viewer{db, set}}
			if err := x.write(cmd.Context(), cases); err != nil {
				return err
			}
			return x.tell(cmd, cases)
		},
	}
	addConfigFlag(cmd)
	return cmd
}

// A caseLine is a line of truth.jsonl. Its fields are those of the labelled
// patches that the engine is developed with.
type caseLine struct {
	ID      string     `json:"id"`
	Path    string     `json:"path"`
	Set     string     `json:"set"`
	Family  string     `json:"family"` // A: from a list, B: from a layer
	Project string     `json:"project"`
	Repo    string     `json:"repo"`
	Rev     string     `json:"rev"`
	Kind    string     `json:"kind"` // positive, negative
	Sub     string     `json:"sub"`  // confirmed, linked, rejected
	Targets []string   `json:"targets"`
	Decoys  []string   `json:"decoys,omitempty"` // commits that people rejected
	Origin  caseOrigin `json:"origin"`
	Strata  caseStrata `json:"strata"`
	Stratum string     `json:"stratum"`
}

type caseOrigin struct {
	Sighting string `json:"sighting"`
	Date     string `json:"date"` // of the decision
}

// caseStrata say how far the commit is from the patch.
type caseStrata struct {
	SameChange bool    `json:"same_change"`
	Subject    bool    `json:"subject"`
	Share      float64 `json:"share"` // of the patch's changed lines that the commit has
	Lines      int     `json:"lines"`
	Files      int     `json:"files"`
}

// A caseExport is one run of export-cases.
type caseExport struct {
	viewer
	dir                string
	positive, negative int
	projects           map[string]bool
}

// write makes the directory.
func (x *caseExport) write(ctx context.Context, cases []pipeline.Case) error {
	x.projects = map[string]bool{}
	var truth, work bytes.Buffer
	out := json.NewEncoder(&truth)
	out.SetEscapeHTML(false)
	for _, c := range cases {
		if c.Left != "" {
			continue
		}
		line, err := x.line(ctx, c)
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(x.dir, line.Path), plainPatch(c.Patch, slices.Concat(c.Targets, c.Rejected))); err != nil {
			return err
		}
		if err := out.Encode(line); err != nil {
			return err
		}
		fmt.Fprintf(&work, "%s\t%s\t%s\t%s\n", line.ID, line.Repo, line.Rev, line.Path)
		if err := x.link(ctx, line.Repo, c.Project); err != nil {
			return err
		}
		if line.Kind == "positive" {
			x.positive++
		} else {
			x.negative++
		}
	}
	return errors.Join(writeFile(filepath.Join(x.dir, "truth.jsonl"), truth.Bytes()), writeFile(filepath.Join(x.dir, "work.tsv"), work.Bytes()))
}

// oddInName are the characters that a file's name does without.
var oddInName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// line describes a case. Its id stays the same from export to export.
func (x *caseExport) line(ctx context.Context, c pipeline.Case) (caseLine, error) {
	origin, _, _ := strings.Cut(c.Sighting, ":")
	family := "A"
	if origin == "carried" || origin == "elsewhere" {
		family = "B"
	}
	repo := strings.TrimLeft(oddInName.ReplaceAllString(c.Project, "_"), ".-")
	sum := sha256.Sum256([]byte(c.Sighting))
	set := repo + "-" + origin
	id := set + "-" + hex.EncodeToString(sum[:6])
	l := caseLine{
		ID: id, Path: "patches/" + set + "/" + id + ".patch", Set: set, Family: family, Project: c.Project, Repo: repo, Rev: c.Rev,
		Kind: "negative", Sub: c.Said, Targets: present(c.Targets), Decoys: c.Rejected, Stratum: c.Said,
		Origin: caseOrigin{c.Sighting, day(c.When)},
	}
	if len(c.Targets) == 0 {
		return l, nil
	}
	l.Kind = "positive"
	repository, err := x.project(ctx, c.Project)
	if err != nil {
		return l, err
	}
	commits, err := diffmatch.ReadCommits(ctx, repository, git.LogQuery{Revs: c.Targets[:1], Max: 1, Merges: true})
	if err == nil && len(commits) == 1 && commits[0] != nil {
		l.Strata, l.Stratum = strata(c.Patch, commits[0])
	}
	return l, err
}

// strata measures how far a commit is from a patch.
func strata(p, commit *patch.Patch) (caseStrata, string) {
	same := diffmatch.Compare(p, commit).Same
	s := caseStrata{
		SameChange: same != "" && same != "near", Files: len(p.Files),
		Subject: strings.EqualFold(strings.TrimSpace(p.Subject), strings.TrimSpace(patch.CleanSubject(commit.Subject))),
	}
	have := map[string]int{}
	for line := range changedLines(commit) {
		have[line]++
	}
	hits := 0
	for line := range changedLines(p) {
		s.Lines++
		if have[line] > 0 {
			have[line]--
			hits++
		}
	}
	if s.Lines > 0 {
		s.Share = float64(hits) / float64(s.Lines)
	}
	name := "rewritten"
	switch {
	case s.SameChange:
		name = "same-change"
	case s.Share >= 0.8:
		name = "drift"
	case s.Share >= 0.5:
		name = "tweaked"
	}
	if !s.Subject {
		name += "-resubject"
	}
	return s, name
}

// changedLines are the changed lines of a patch without blanks.
func changedLines(p *patch.Patch) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, f := range p.Files {
			for _, h := range f.Hunks {
				for _, l := range h.Lines {
					bare := strings.Join(strings.Fields(l.Text), "")
					if l.Op != ' ' && bare != "" && !yield(string(l.Op)+bare) {
						return
					}
				}
			}
		}
	}
}

// hintLine is a line of a header that tells where a patch was merged.
var hintLine = regexp.MustCompile(`(?i)^\s*(upstream-status|link|message-id|origin|applied-upstream|\(cherry picked from|\(from |commit [0-9a-f]{40} upstream|\[ ?upstream commit)`)

// plainPatch is a patch as a file, with author, date and message, and without
// the lines that tell or name a commit in question.
func plainPatch(p *patch.Patch, commits []string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "From %040d Mon Sep 17 00:00:00 2001\n", 0)
	if from := person(p.Author.Name, p.Author.Email); from != "" {
		fmt.Fprintf(&b, "From: %s\n", from)
	}
	if !p.Date.IsZero() {
		fmt.Fprintf(&b, "Date: %s\n", p.Date.Format("Mon, 2 Jan 2006 15:04:05 -0700"))
	}
	fmt.Fprintf(&b, "Subject: [PATCH] %s\n\n", p.Subject)
	for line := range strings.Lines(p.Body) {
		if !hintLine.MatchString(line) && !namesOne(line, commits) {
			b.WriteString(line)
		}
	}
	b.WriteString("---\n\n")
	b.Write(p.Diff)
	return b.Bytes()
}

var hexWord = regexp.MustCompile(`\b[0-9a-f]{7,64}\b`)

// namesOne says whether a line has the hash of one of commits, or its
// beginning.
func namesOne(line string, commits []string) bool {
	for _, word := range hexWord.FindAllString(line, -1) {
		if slices.ContainsFunc(commits, func(c string) bool { return strings.HasPrefix(c, word) }) {
			return true
		}
	}
	return false
}

// link makes the mirror of a project a repository of the work list.
func (x *caseExport) link(ctx context.Context, name, project string) error {
	if x.projects[project] {
		return nil
	}
	x.projects[project] = true
	repo, err := x.project(ctx, project)
	if err != nil {
		return err
	}
	path := filepath.Join(x.dir, "repos", name+".git")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if to, err := os.Readlink(path); err == nil && to != repo.Dir() {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	if err := os.Symlink(repo.Dir(), path); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// tell sums up, and names what was left out.
func (x *caseExport) tell(cmd *cobra.Command, cases []pipeline.Case) error {
	out := cmd.OutOrStdout()
	for _, c := range cases {
		if c.Left != "" {
			if _, err := fmt.Fprintf(out, "left out: %s in %s: %s\n", cell(c.Sighting), cell(c.Project), cell(c.Left)); err != nil {
				return err
			}
		}
	}
	_, err := fmt.Fprintf(out, "%d examples in %s: %d merged, %d not merged; %d left out\n", x.positive+x.negative, x.dir, x.positive, x.negative, len(cases)-x.positive-x.negative)
	return err
}

// writeFile writes a file and makes the directories above it.
func writeFile(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o644)
}
