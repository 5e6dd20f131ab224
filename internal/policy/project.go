package policy

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// ErrNoVersion means that the history of a project does not show the version
// that a recipe builds.
var ErrNoVersion = errors.New("no commit known for the version")

// A Project is the source of some recipes.
type Project interface {
	Serves(pn string) bool
	// Version is the commit that the recipe builds, and what it goes by: a tag,
	// or the hash itself. The error matches [ErrNoVersion].
	Version(ctx context.Context, r *layer.Recipe) (commit, name string, err error)
	// Find looks for a patch in the history of a commit, or of all branches for "".
	Find(ctx context.Context, p *patch.Patch, within string) (Merge, error)
	// Has is the full hash of a commit that is named, and whether it is in the
	// history of another; "" where there is no such commit.
	Has(ctx context.Context, named, within string) (commit string, in bool, err error)
}

// A Merge is the commit that has a patch.
type Merge struct {
	diffmatch.Result
	Subject  string // of the commit
	FirstTag string // the oldest that contains it, or ""
}

// projects asks what the sources of recipes have of the patches.
func (c *checker) projects(ctx context.Context) error {
	byPath := map[string]*layer.Patch{}
	for i, p := range c.scan.Patches {
		byPath[p.Source+":"+p.Path] = &c.scan.Patches[i]
	}
	for i := range c.scan.Recipes {
		r := &c.scan.Recipes[i]
		for _, project := range c.Projects {
			if !project.Serves(r.PN) || !c.carries(r) {
				continue
			}
			if err := c.project(ctx, project, r, byPath); err != nil {
				return fmt.Errorf("source of %s: %w", r.PN, err)
			}
			break
		}
		c.Progress.Report("look into sources", i+1, len(c.scan.Recipes))
	}
	return nil
}

// carries says whether a recipe applies a patch of ours.
func (c *checker) carries(r *layer.Recipe) bool {
	for _, p := range r.PatchFiles {
		if source, _ := split(p.Path); c.local(source) {
			return true
		}
	}
	return false
}

// project looks at each of our patches that one recipe applies.
func (c *checker) project(ctx context.Context, project Project, r *layer.Recipe, byPath map[string]*layer.Patch) error {
	version, name, err := project.Version(ctx, r)
	if r.Floating {
		c.note(r.Source, r.File, r.PN+" builds the newest commit (AUTOREV): the version floats, so no patch is said to be contained in it")
		version = ""
	} else if errors.Is(err, ErrNoVersion) {
		c.note(r.Source, r.File, fmt.Sprintf("%s %s: %v: not looked at whether it contains the patches", r.PN, r.PV, err))
		version = ""
	} else if err != nil {
		return err
	}
	for _, use := range r.PatchFiles {
		p := byPath[use.Path]
		if p == nil || !c.local(p.Source) || p.Problem != "" {
			continue
		}
		b, err := c.texts[p.Source].batch.Blob(p.Blob)
		if err != nil {
			return err
		}
		parsed, err := patch.Parse(b)
		if err != nil {
			continue
		}
		q := question{project: project, recipe: r, patch: p, parsed: parsed, version: version, name: name}
		if err := c.ask(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// A question is whether a version has a patch.
type question struct {
	project       Project
	recipe        *layer.Recipe
	patch         *layer.Patch
	parsed        *patch.Patch
	version, name string // commit and name; "" where not known
}

// ask looks in the version, then everywhere.
func (c *checker) ask(ctx context.Context, q question) error {
	if q.version != "" {
		m, err := q.project.Find(ctx, q.parsed, q.version)
		if err != nil {
			return err
		}
		if m.Verdict == diffmatch.Merged && m.RevertedBy == "" {
			c.contained(q, m, "")
			return nil
		}
		for _, named := range patch.FindNamed(q.patch.Status.Detail).Commits {
			commit, in, err := q.project.Has(ctx, named, q.version)
			if err != nil {
				return err
			}
			if in && q.patch.Status.Kind == "Backport" && m.RevertedBy == "" {
				c.contained(q, m, commit)
				return nil
			}
		}
	}
	if q.patch.Status.Kind == "Backport" {
		return nil
	}
	m, err := q.project.Find(ctx, q.parsed, "")
	if err == nil && m.Verdict == diffmatch.Merged && m.RevertedBy == "" {
		c.merged(q, m)
	}
	return err
}

// contained tells that the version has the patch: by its lines or, where claimed
// is given, by the commit that its tag names.
func (c *checker) contained(q question, m Merge, claimed string) {
	f := Finding{Source: q.patch.Source, File: q.patch.Path, Line: q.patch.Status.Line, Recipe: q.recipe.PN, about: q.recipe.PN}
	drop := &fix{drop: true, recipe: q.recipe.Source + ":" + q.recipe.File, commit: m.Commit, subject: m.Subject, tag: m.FirstTag, version: q.name}
	switch {
	case claimed == "":
		f.Text = fmt.Sprintf("%s %s (%s) has this patch: commit %s%s; remove the file and its entry in SRC_URI",
			q.recipe.PN, q.recipe.PV, q.name, brief(m.Commit), since(m.FirstTag))
		f.fix = drop
	case m.Verdict == diffmatch.Probable && m.Commit == claimed:
		f.Text = fmt.Sprintf("%s %s (%s) has commit %s, which this patch names and is like; remove the file and its entry in SRC_URI",
			q.recipe.PN, q.recipe.PV, q.name, brief(claimed))
		f.fix = drop
	default:
		f.Text = fmt.Sprintf("%s %s (%s) has commit %s, which this patch says it is a backport of, but the patch is not like it: look which is so, then drop it or mend the tag",
			q.recipe.PN, q.recipe.PV, q.name, brief(claimed))
	}
	c.find(Contained, f)
}

// merged tells that upstream has the patch, but not in the recipe's version.
func (c *checker) merged(q question, m Merge) {
	says := q.patch.Status.Kind
	if says == "" {
		says = "nothing"
	}
	where := commitAddress(q.recipe.Remote, m.Commit)
	if where == "" {
		where = m.Commit
	}
	status := "Backport [" + where + "]"
	c.find(StatusFalse, Finding{
		Source: q.patch.Source, File: q.patch.Path, Line: q.patch.Status.Line, Recipe: q.recipe.PN, about: says,
		Text: fmt.Sprintf("it says %s, but upstream has it: commit %s%s; write %q", says, brief(m.Commit), since(m.FirstTag), tag+status),
		fix: &fix{status: status, commit: m.Commit, why: []string{
			fmt.Sprintf("Merged upstream as %s (%q)%s.", brief(m.Commit), short(m.Subject), since(m.FirstTag)),
		}},
	})
}

func since(tag string) string {
	if tag == "" {
		return ""
	}
	return ", first in " + strings.TrimSpace(short(tag))
}

// brief is a commit's hash as people write it.
func brief(hash string) string { return hash[:min(12, len(hash))] }
