package plan

import (
	"context"
	"fmt"
	"slices"

	"github.com/upstreamd/upstreamd/internal/git"
)

// massFiles is how many of the planned files a commit may touch and still be
// the work of somebody who answers for each.
const massFiles = 20

// owners says who answers for each item: the keeper of a patch, else who last
// changed the file in a commit that is no mass edit, else who last changed it
// at all.
func (p *planner) owners(ctx context.Context) error {
	for _, src := range p.Now {
		if !p.wanted(src.Name) {
			continue
		}
		var paths []string
		for _, i := range p.Items {
			if i.Layer == src.Name && i.Kind != Patch {
				paths = append(paths, i.Path)
			}
		}
		rev := src.Rev
		if rev == "" {
			rev = "HEAD"
		}
		by, err := touchers(ctx, src.Repo, rev, paths)
		if err != nil {
			return fmt.Errorf("history of layer source %s: %w", src.Name, err)
		}
		for n := range p.Items {
			i := &p.Items[n]
			if i.Layer != src.Name {
				continue
			}
			who := by[i.Path]
			if x := p.now.patches[i.Layer+":"+i.Path]; x != nil {
				who = x.Life.Keeper
			}
			if i.Owner = who.Name; p.Person != nil {
				i.Owner = p.Person(who)
			}
		}
	}
	return nil
}

// touchers are who changed each of the paths last.
func touchers(ctx context.Context, repo *git.Repo, rev string, paths []string) (map[string]git.Person, error) {
	by := map[string]git.Person{}
	if len(paths) == 0 {
		return by, nil
	}
	slices.Sort(paths)
	wanted := map[string]bool{}
	for _, f := range paths {
		wanted[f] = true
	}
	var first, careful = map[string]git.Person{}, map[string]git.Person{}
	var commit string
	var files []string
	var author git.Person
	flush := func() {
		for _, f := range files {
			if _, ok := first[f]; !ok {
				first[f] = author
			}
			if _, ok := careful[f]; !ok && len(files) <= massFiles {
				careful[f] = author
			}
		}
		files = files[:0]
	}
	err := repo.FileChanges(ctx, git.LogQuery{Revs: []string{rev}}, func(c git.FileChange) error {
		if c.Commit != commit {
			flush()
			commit, author = c.Commit, c.Author
		}
		if wanted[c.Path] {
			files = append(files, c.Path)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	flush()
	for _, f := range paths {
		by[f] = first[f]
		if who, ok := careful[f]; ok {
			by[f] = who
		}
	}
	return by, nil
}
