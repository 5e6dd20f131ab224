package layer

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/progress"
)

// history finds, for the patch files of local layers, when each was added and
// who last touched it, with one pass over the log of each source.
func (s *Scan) history(ctx context.Context, sources []Source, report progress.Func) error {
	for i, src := range sources {
		if !src.Local {
			continue
		}
		byPath := map[string]*Patch{}
		for j := range s.Patches {
			if p := &s.Patches[j]; p.Source == src.Name {
				byPath[p.Path] = p
			}
		}
		if len(byPath) == 0 {
			continue
		}
		if err := patchHistory(ctx, src, byPath); err != nil {
			return fmt.Errorf("history of layer source %s: %w", src.Name, err)
		}
		report.Report("read history", i+1, len(sources))
	}
	return nil
}

// patchHistory goes back from the newest commit. The first commit that names
// a path is the last that touched it, the last one added it.
func patchHistory(ctx context.Context, src Source, byPath map[string]*Patch) error {
	rev := src.Rev
	if rev == "" {
		rev = "HEAD"
	}
	q := git.LogQuery{Revs: []string{rev}, Paths: sortedKeys(byPath), Diff: true}
	return src.Repo.Log(ctx, q, func(c *git.Commit) error {
		for name := range changedFiles(c.Diff) {
			p := byPath[name]
			if p == nil {
				continue
			}
			if p.Life.Keeper.Email == "" {
				p.Life.Keeper = c.Author
			}
			t := Touch{Kind: Refreshed, Commit: c.Hash, Time: c.AuthorTime, Author: c.Author, Path: name}
			p.Life.Touches = slices.Insert(p.Life.Touches, 0, t)
		}
		return nil
	})
}

// changedFiles calls yield for the path of each file of a diff. A line of
// content never begins with "diff".
func changedFiles(diff []byte) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for line := range bytes.SplitSeq(diff, []byte("\n")) {
			head, ok := bytes.CutPrefix(line, []byte("diff --git "))
			if !ok {
				continue
			}
			// "a/X b/X", both the same as renames are not looked for.
			name := string(head[len(head)/2+1:])
			if unquoted, err := strconv.Unquote(name); err == nil {
				name = unquoted
			}
			if len(name) > 2 && !yield(name[2:]) {
				return
			}
		}
	}
}
