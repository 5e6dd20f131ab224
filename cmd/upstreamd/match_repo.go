package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/progress"
)

// errNoRepo means that there is no repository where one was named.
var errNoRepo = fmt.Errorf("no repository: %w", git.ErrNotFound)

// matchRepos opens repositories with their commit indexes. Its methods may be
// called from several goroutines.
type matchRepos struct {
	cache    string // of this program
	index    string // directory of indexes, "" for none
	progress progress.Func
	warn     func(text string) // tells of what is no error
}

// newMatchRepos checks that indexes can be kept, before one is built. Where
// the cache directory cannot be written, it goes without.
func newMatchRepos(index string, noIndex bool, say progress.Func) (*matchRepos, error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	m := &matchRepos{cache: cache, index: index, progress: say, warn: func(string) {}}
	switch {
	case noIndex:
	case index != "":
		if err := writable(index); err != nil {
			return nil, fmt.Errorf("index directory %s: %w; name another one by --index, or use --no-index", index, err)
		}
	default:
		if dir := filepath.Join(cache, "match"); writable(dir) == nil {
			m.index = dir
		}
	}
	return m, nil
}

// writable says why files cannot be made in a directory, which is made if need be.
func writable(dir string) error {
	reason := func(err error) error {
		if at := new(fs.PathError); errors.As(err, &at) {
			return at.Err
		}
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return reason(err)
	}
	f, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return reason(err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// A matchRepo is a repository that is searched.
type matchRepo struct {
	path  string // as it was given
	git   *git.Repo
	index *diffmatch.Index
	views map[string]*diffmatch.View // by revision; used by one goroutine

	once sync.Once // reads refs
	refs *git.Containment
}

// open opens a repository and brings its index up to date.
func (m *matchRepos) open(ctx context.Context, path string) (*matchRepo, error) {
	repo, err := git.OpenAny(ctx, path, filepath.Join(m.cache, "bundles"))
	if errors.Is(err, git.ErrNotFound) {
		return nil, fmt.Errorf("%s: %w", path, errNoRepo)
	} else if err != nil {
		return nil, err
	}
	if n := len(repo.Shallow()); n > 0 {
		m.warn(path + " is a shallow clone: older commits are not looked at; to get them: git fetch --unshallow")
	}
	say := func(_ string, done, total int) { m.progress.Report("index "+filepath.Base(path), done, total) }
	index, err := diffmatch.Open(ctx, repo, m.indexDir(repo), say)
	if err != nil {
		return nil, err
	}
	if n := index.Stats().Lost; n > 0 {
		m.warn(fmt.Sprintf("%s: the lines of %s cannot be read, since objects are missing: what they merged may not be found; to get them: git fetch --refetch", path, commits(n)))
	}
	return &matchRepo{path: path, git: repo, index: index, views: map[string]*diffmatch.View{}}, nil
}

// indexDir is where the index of a repository is kept, "" for nowhere: by its
// git directory, so that two with one name do not share it, and by where a
// shallow clone ends, so that one that was deepened is read anew.
func (m *matchRepos) indexDir(repo *git.Repo) string {
	if m.index == "" {
		return ""
	}
	ends := slices.Sorted(maps.Keys(repo.Shallow()))
	sum := sha256.Sum256([]byte(strings.Join(append([]string{repo.Dir()}, ends...), "\n")))
	name := strings.TrimSuffix(strings.TrimSuffix(repo.Dir(), "/.git"), ".git")
	return filepath.Join(m.index, filepath.Base(name)+"-"+hex.EncodeToString(sum[:6])+".index")
}

// view is what is reachable from rev. A repository without commits is an
// error: there is nothing to look in.
func (r *matchRepo) view(ctx context.Context, rev string) (*diffmatch.View, error) {
	if v, ok := r.views[rev]; ok {
		return v, nil
	}
	v, err := r.index.Within(ctx, rev)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", r.path, err)
	case v.Size() == 0:
		return nil, withCode(exitNotFound, fmt.Errorf("%s: the repository has no commits to look in", r.path))
	}
	r.views[rev] = v
	return v, nil
}

// containing names the first tag by time that has a commit, and the branches
// that do. The graph is read once for all commits; without it nothing is told.
func (r *matchRepo) containing(ctx context.Context, commit string) (tag string, branches []string) {
	r.once.Do(func() {
		tips, err := r.git.Tips(ctx)
		if err != nil {
			return
		}
		slices.SortStableFunc(tips, func(a, b git.Tip) int { return a.Time.Compare(b.Time) })
		if r.refs, err = r.git.Containment(ctx, tips); err != nil {
			r.refs = nil
		}
	})
	if r.refs == nil {
		return "", nil
	}
	for _, ref := range r.refs.Refs(commit) {
		if name, ok := strings.CutPrefix(ref, "refs/tags/"); ok && tag == "" {
			tag = name
		}
		if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
			branches = append(branches, name)
		}
	}
	slices.Sort(branches)
	return tag, branches
}

// commits counts commits in words.
func commits(n int) string {
	if n == 1 {
		return "1 commit"
	}
	return fmt.Sprintf("%d commits", n)
}
