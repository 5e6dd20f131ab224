package layer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/progress"
)

// A blobReader reads the content of a file by its hash.
type blobReader interface {
	Blob(hash string) ([]byte, error)
}

// A file is one file of a tree.
type file struct {
	source string
	hash   string
	size   int64
	link   bool // its content is the path it points to
	from   blobReader
}

// A tree holds the files of all sources under one root: the file a/b of the
// source core is /core/a/b. So directories of a recipe, BBPATH and relative
// names work as in a file system with all repositories side by side.
type tree struct {
	files map[string]file
	dirs  map[string]bool
	links map[string]string // directories that are symbolic links -> where to
	names []string          // of files, sorted

	problems []Problem
	ends     []func() // of what reads the files

	mu     sync.Mutex
	parsed map[string]*parsedFile // by hash

	damaged atomic.Bool // some blob could not be read, so nothing of this is to be kept
}

// A parsedFile is the outcome of parsing a file, once.
type parsedFile struct {
	once sync.Once
	out  *parsed
	err  error
}

func newTree() *tree {
	return &tree{
		files: map[string]file{}, dirs: map[string]bool{"/": true}, links: map[string]string{},
		parsed: map[string]*parsedFile{},
	}
}

// add puts the files of a source into the tree.
func (t *tree) add(source string, entries []git.Entry, from blobReader) {
	for _, e := range entries {
		if e.Type != "blob" {
			continue
		}
		name := "/" + source + "/" + e.Path
		if path.Clean(name) != name { // git would not make such a tree
			t.problems = append(t.problems, Problem{Source: source, File: e.Path, Text: "odd path: left out"})
			continue
		}
		t.files[name] = file{source: source, hash: e.Hash, size: e.Size, link: e.Mode == "120000", from: from}
		for dir := path.Dir(name); !t.dirs[dir]; dir = path.Dir(dir) {
			t.dirs[dir] = true
		}
	}
}

// openTree lists the files of all sources.
func openTree(ctx context.Context, sources []Source, report progress.Func) (*tree, error) {
	entries := make([][]git.Entry, len(sources))
	batches := make([]*git.Batch, len(sources))
	errs := make([]error, len(sources))
	parallel(ctx, len(sources), func(i int) {
		src := sources[i]
		if entries[i], errs[i] = src.Repo.Tree(ctx, src.rev()); errs[i] == nil {
			batches[i], errs[i] = src.Repo.Batch(ctx)
		}
		report.Report("list files", i+1, len(sources))
	})
	t := newTree()
	for i, src := range sources {
		if batches[i] != nil {
			t.ends = append(t.ends, batches[i].Close)
		}
		if errs[i] != nil {
			t.close()
			return nil, fmt.Errorf("layer source %s at %s: %w", src.Name, src.rev(), errs[i])
		}
		if batches[i] != nil {
			t.add(src.Name, entries[i], batches[i])
		}
	}
	if err := ctx.Err(); err != nil {
		t.close()
		return nil, err
	}
	t.finish()
	return t, nil
}

// close ends what reads the files.
func (t *tree) close() {
	for _, end := range t.ends {
		end()
	}
}

// finish is to be called when all sources are added.
func (t *tree) finish() {
	t.names = slices.Sorted(maps.Keys(t.files))
	for _, name := range t.names {
		if t.files[name].link {
			if to, ok := t.target(name); ok && t.dirs[to] {
				t.links[name] = to
			}
		}
	}
}

// target is where a symbolic link points to, if that is inside its source.
func (t *tree) target(name string) (string, bool) {
	f := t.files[name]
	const longest = 4096
	if f.size > longest {
		return "", false
	}
	b, err := t.blob(f)
	if err != nil || len(b) == 0 || b[0] == '/' {
		return "", false
	}
	to := path.Join(path.Dir(name), string(b))
	return to, strings.HasPrefix(to, "/"+f.source+"/")
}

// content is the hash of what a file holds: of a symbolic link, of the file
// that it leads to.
func (t *tree) content(name string) string {
	if to, ok := t.resolve(name); ok {
		name = to
	}
	return t.files[name].hash
}

// resolve finds the file that a path names, through symbolic links.
func (t *tree) resolve(name string) (string, bool) { return t.follow(name, func(string) {}) }

// follow is resolve, and calls step with the path and all that it leads to.
func (t *tree) follow(name string, step func(string)) (string, bool) {
	name = path.Clean(name)
	for range maxDepth {
		step(name)
		if f, ok := t.files[name]; ok {
			if !f.link {
				return name, true
			}
			to, ok := t.target(name)
			if !ok {
				return "", false
			}
			name = to
			continue
		}
		next := t.throughLink(name)
		if next == "" {
			return "", false
		}
		name = next
	}
	return "", false
}

// throughLink replaces a directory of name that is a link, or returns "".
func (t *tree) throughLink(name string) string {
	if len(t.links) == 0 {
		return ""
	}
	for i, c := range name {
		if c == '/' && i > 0 {
			if to, ok := t.links[name[:i]]; ok {
				return path.Join(to, name[i:])
			}
		}
	}
	return ""
}

// isDir says whether name is a directory.
func (t *tree) isDir(name string) bool {
	name = path.Clean(name)
	return t.dirs[name] || t.links[name] != ""
}

// read is the content of a file.
func (t *tree) read(name string) ([]byte, error) {
	f := t.files[name]
	if f.from == nil {
		return nil, fmt.Errorf("%s: %w", display(name), git.ErrNotFound)
	}
	if f.size > maxFile {
		return nil, errTooBig
	}
	return t.blob(f)
}

// blob reads a file's content. A failure may be over the next time.
func (t *tree) blob(f file) ([]byte, error) {
	b, err := f.from.Blob(f.hash)
	if err != nil {
		t.damaged.Store(true)
	}
	return b, err
}

// errLink is what is wrong with a symbolic link that leads to no file of its
// own source.
var errLink = errors.New("symbolic link to no file of this repository")

// parse is the file as statements. A file is parsed once, whatever paths and
// revisions it has.
func (t *tree) parse(name string) (*parsed, error) {
	if t.files[name].link {
		return nil, errLink
	}
	hash := t.files[name].hash
	t.mu.Lock()
	p := t.parsed[hash]
	if p == nil {
		p = &parsedFile{}
		t.parsed[hash] = p
	}
	t.mu.Unlock()
	p.once.Do(func() {
		var b []byte
		if b, p.err = t.read(name); p.err == nil {
			p.out, p.err = parse(b)
		}
	})
	return p.out, p.err
}

// below are the names of all files in dir and its directories.
func (t *tree) below(dir string) []string {
	prefix := strings.TrimSuffix(dir, "/") + "/"
	from, _ := slices.BinarySearch(t.names, prefix)
	to := from
	for to < len(t.names) && strings.HasPrefix(t.names[to], prefix) {
		to++
	}
	return t.names[from:to]
}

// display is how a path is written for people: source:path.
func display(name string) string {
	source, rest := splitSource(name)
	return source + ":" + rest
}

// splitSource splits a path of the tree into source and path inside it.
func splitSource(name string) (source, rest string) {
	source, rest, _ = strings.Cut(strings.TrimPrefix(name, "/"), "/")
	return source, rest
}
