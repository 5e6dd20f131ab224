package policy

import (
	"context"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
)

// texts reads the files of one source.
type texts struct {
	batch   *git.Batch
	rev     string
	tree    []string                 // paths of all files
	entries map[string][]layer.Entry // by path
}

func openTexts(ctx context.Context, src layer.Source) (*texts, error) {
	rev := src.Rev
	if rev == "" {
		rev = "HEAD"
	}
	tree, err := paths(ctx, src.Repo, rev)
	if err != nil {
		return nil, err
	}
	batch, err := src.Repo.Batch(ctx)
	if err != nil {
		return nil, err
	}
	return &texts{batch: batch, rev: rev, tree: tree, entries: map[string][]layer.Entry{}}, nil
}

// paths are the files of a repository at a revision.
func paths(ctx context.Context, repo *git.Repo, rev string) ([]string, error) {
	entries, err := repo.Tree(ctx, rev)
	if err != nil {
		return nil, err
	}
	list := make([]string, len(entries))
	for i, e := range entries {
		list[i] = e.Path
	}
	return list, nil
}

func (t *texts) close() { t.batch.Close() }

// file is the content of a file by its path.
func (t *texts) file(path string) ([]byte, error) { return t.batch.Blob(t.rev + ":" + path) }

// entriesOf are the words that a recipe or include assigns; none if it cannot
// be read.
func (t *texts) entriesOf(path string) []layer.Entry {
	list, ok := t.entries[path]
	if !ok {
		if b, err := t.file(path); err == nil {
			list = layer.Entries(b)
		}
		t.entries[path] = list
	}
	return list
}

// split splits source:path.
func split(place string) (source, path string) {
	source, path, _ = strings.Cut(place, ":")
	return source, path
}

// files are all that make a recipe, source:path, appends first: they speak last.
func files(r *layer.Recipe) []string {
	list := append([]string{}, r.Appends...)
	list = append(list, r.Source+":"+r.File)
	return append(list, r.Includes...)
}

// where finds the line that names a patch of a recipe, in a local source. It is
// not ok where only files of others name it.
func (c *checker) where(r *layer.Recipe, name string) (source, file string, line int, ok bool) {
	for _, literal := range []bool{true, false} {
		for _, place := range files(r) {
			source, file := split(place)
			t := c.texts[source]
			if t == nil {
				continue
			}
			for _, e := range t.entriesOf(file) {
				if e.Names(name) && e.Literal() == literal {
					return source, file, e.Line, true
				}
			}
		}
	}
	return "", "", 0, false
}
