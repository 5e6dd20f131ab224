package plan

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

var update = flag.Bool("update", false, "write what comes out into the cases")

// A world is the repositories of a case. Its files are called
// REPOSITORY@BRANCH/path; a layer without a branch is ours, a repository whose
// branches begin with v is the source of the recipes of its name, with tags.
type world struct {
	repos    map[string]*gittest.Repo
	trees    map[string]map[string]string // by repository, of the last commit
	sources  []layer.Source
	projects map[string]tagged
}

// tagged is a project whose tags are v and the version.
type tagged struct{ repo *git.Repo }

func (p tagged) Repo() *git.Repo { return p.repo }

func (p tagged) Version(ctx context.Context, r *layer.Recipe) (string, string, error) {
	commit, err := p.repo.Resolve(ctx, "refs/tags/v"+r.PV)
	if errors.Is(err, git.ErrNotFound) {
		err = ErrNoVersion
	}
	return commit, "v" + r.PV, err
}

// build makes the repositories of a case, one commit for each branch, in the
// order of the files.
func build(t *testing.T, a *txtar.Archive) *world {
	t.Helper()
	w := &world{repos: map[string]*gittest.Repo{}, trees: map[string]map[string]string{}, projects: map[string]tagged{}}
	trees := map[string]map[string]string{}
	var order []string
	for _, f := range a.Files {
		at, file, ok := strings.Cut(f.Name, "/")
		if !ok {
			continue
		}
		if trees[at] == nil {
			trees[at] = map[string]string{}
			order = append(order, at)
		}
		trees[at][file] = string(f.Data)
	}
	for _, at := range order {
		w.commit(t, at, trees[at])
	}
	return w
}

// commit makes the next commit of a repository.
func (w *world) commit(t *testing.T, at string, tree map[string]string) {
	t.Helper()
	name, branch, _ := strings.Cut(at, "@")
	r := w.repos[name]
	isNew := r == nil
	if isNew {
		r = gittest.New(t)
		w.repos[name] = r
	}
	files := map[string]string{}
	for file := range w.trees[name] {
		if _, stays := tree[file]; !stays {
			files[file] = gittest.Gone
		}
	}
	for file, text := range tree {
		files[file] = text
	}
	w.trees[name] = tree
	project := strings.HasPrefix(branch, "v")
	if branch != "" && !project {
		r.Branch(branch)
	}
	r.Commit(files, "files of "+at)
	if project {
		r.Tag(branch)
	}
	if !isNew {
		return
	}
	repo, err := git.Open(t.Context(), r.Path)
	if err != nil {
		t.Fatal(err)
	}
	if project {
		w.projects[name] = tagged{repo}
	} else {
		w.sources = append(w.sources, layer.Source{Name: name, Repo: repo, Rev: branch, Local: branch == ""})
	}
}

func (w *world) input(to string) Input {
	rank := func(s rebase.Step) rebase.Outlook { // the words of the real one change when it is fitted again
		if s.Status.Kind == "Backport" && s.Patch != nil && s.Position == 1 && s.Kind == "rename" && s.At.Year() == 2026 {
			return rebase.Outlook{Fate: rebase.FateDropped, Kept: .25, Refreshed: .125, Dropped: .625}
		}
		return rebase.Outlook{Fate: rebase.FateKept, Kept: 1}
	}
	return Input{Now: w.sources, To: to, Rank: rank, Project: func(pn string) Project {
		if p, ok := w.projects[pn]; ok {
			return p
		}
		return nil
	}}
}

// describe is a plan as the cases write it.
func describe(p *Plan) string {
	var b strings.Builder
	for _, i := range p.Items {
		fmt.Fprintf(&b, "%s: %s %s/%s", i.Verdict, i.Kind, i.Layer, i.Path)
		if i.From+i.To != "" {
			fmt.Fprintf(&b, " [%s -> %s]", i.From, i.To)
		}
		fmt.Fprintf(&b, ", %s\n  %s\n", i.Effort, i.Why)
		if i.Evidence != "" {
			fmt.Fprintf(&b, "  see %s\n", shortHash(i.Evidence))
		}
	}
	for _, u := range p.Upgrades {
		fmt.Fprintf(&b, "upgrade %s of %s [%s -> %s] -%v +%v\n", u.Recipe, u.Layer, u.From, u.To, u.Dropped, u.Added)
	}
	for _, text := range p.Problems {
		fmt.Fprintf(&b, "problem: %s\n", text)
	}
	return b.String()
}

// TestCases plans the move to the branch "next" in the worlds of
// testdata/*.txtar: "want" says what comes of it, "want.md" and "want.csv" how
// it is exported.
func TestCases(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			w := build(t, a)
			p, err := Make(t.Context(), w.input("next"))
			if err != nil {
				t.Fatal(err)
			}
			for n, f := range a.Files {
				got, ok := export(t, p, f.Name)
				if !ok {
					continue
				}
				if *update {
					a.Files[n].Data = []byte(got)
				} else if diff := cmp.Diff(string(f.Data), got); diff != "" {
					t.Errorf("%s differs (-want +got):\n%s", f.Name, diff)
				}
			}
			if *update {
				writeCase(t, name, a)
			}
		})
	}
}

// export is the plan in one of the forms that cases have.
func export(t *testing.T, p *Plan, form string) (string, bool) {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch form {
	case "want":
		return describe(p), true
	case "want.md":
		err = p.WriteMarkdown(&b)
	case "want.csv":
		err = p.WriteCSV(&b)
	default:
		return "", false
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), true
}
