package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/progress"
)

// matchRepos opens repositories with their commit indexes, each once. It is
// used by one goroutine.
type matchRepos struct {
	cache    string // of this program
	index    string // directory of indexes, "" for the one in the cache
	noIndex  bool
	progress progress.Func

	open  map[string]*diffmatch.Index
	views map[string]*diffmatch.View
}

// view is what is reachable from rev of the repository at path.
func (m *matchRepos) view(ctx context.Context, path, rev string) (*diffmatch.View, error) {
	key := path + "\x00" + rev
	if v, ok := m.views[key]; ok {
		return v, nil
	}
	x, ok := m.open[path]
	if !ok {
		var err error
		if x, err = m.openIndex(ctx, path); err != nil {
			return nil, err
		}
		if m.open == nil {
			m.forget()
		}
		m.open[path] = x
	}
	v, err := x.Within(ctx, rev)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m.views[key] = v
	return v, nil
}

// openIndex opens a repository and brings its index up to date.
func (m *matchRepos) openIndex(ctx context.Context, path string) (*diffmatch.Index, error) {
	repo, err := git.OpenAny(ctx, path, filepath.Join(m.cache, "bundles"))
	if err != nil {
		return nil, err
	}
	file := ""
	if !m.noIndex {
		file = m.indexFile(repo)
	}
	say := func(_ string, done, total int) { m.progress.Report("index "+filepath.Base(path), done, total) }
	return diffmatch.Open(ctx, repo, file, say)
}

// indexFile is where the index of a repository is kept: by its git directory,
// so that two with one name do not share it.
func (m *matchRepos) indexFile(repo *git.Repo) string {
	dir := m.index
	if dir == "" {
		dir = filepath.Join(m.cache, "match")
	}
	sum := sha256.Sum256([]byte(repo.Dir()))
	name := strings.TrimSuffix(strings.TrimSuffix(repo.Dir(), "/.git"), ".git")
	return filepath.Join(dir, filepath.Base(name)+"-"+hex.EncodeToString(sum[:6])+".index")
}

// forget lets go of what is open, so that a long work list needs the memory
// of one repository.
func (m *matchRepos) forget() {
	m.open, m.views = map[string]*diffmatch.Index{}, map[string]*diffmatch.View{}
}
