package pipeline

import (
	"context"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
)

// touched says of forks who last touched the recipe, and since when it is there,
// with one pass over the history of each layer that has some.
func (s *Scanner) touched(ctx context.Context, layers []opened, forks []Carried) error {
	byLayer := map[string]map[string]*Carried{}
	for i := range forks {
		c := &forks[i]
		if byLayer[c.Layer] == nil {
			byLayer[c.Layer] = map[string]*Carried{}
		}
		byLayer[c.Layer][c.Path] = c
	}
	for _, l := range layers {
		files := byLayer[l.Name]
		if len(files) == 0 {
			continue
		}
		s.set.Progress.Report("read history of forks in "+l.Name, 0, len(files))
		since := map[string]git.FileChange{} // the first of each
		q := git.LogQuery{Revs: []string{l.commit}, Paths: sortedKeys(files)}
		err := l.repo.FileChanges(ctx, q, func(f git.FileChange) error { // newest first
			if c := files[f.Path]; c != nil {
				if c.Touched.IsZero() {
					c.Touched, c.Toucher = f.AuthorTime, strings.ToLower(f.Author.Email)
				}
				since[f.Path] = f
			}
			return nil
		})
		if err != nil {
			return err
		}
		for file, f := range since {
			if c := files[file]; c.Added.IsZero() {
				c.Added = f.AuthorTime
			}
		}
	}
	return nil
}
