package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// readPatches yields the patches that one argument names: those of all files
// below a directory in order of their names, the mails of an mbox, or one
// patch file. What cannot be read is yielded too, with its error.
func readPatches(arg string, view *diffmatch.View, each func(matchJob) error) error {
	return filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			if reason := new(fs.PathError); errors.As(err, &reason) {
				err = reason.Err
			}
			return each(matchJob{path, view, func() ([]byte, error) { return nil, err }, false})
		case d.IsDir() && path != arg && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir() || path != arg && strings.HasPrefix(d.Name(), "."):
			return nil
		case !isFile(path): // a pipe may wait for ever, a device has no end
			return each(matchJob{path, view, func() ([]byte, error) { return readPatchFile(path) }, false})
		case !isMbox(path):
			return each(matchJob{path, view, func() ([]byte, error) { return readPatchFile(path) }, false})
		}
		return readMails(path, view, each)
	})
}

// readMails yields the mails of an mbox; those without a diff are passed over.
// If it holds just one, as git format-patch writes, that is a patch file.
func readMails(path string, view *diffmatch.View, each func(matchJob) error) error {
	var first matchJob
	n := 0
	stop := errors.New("stop") // an error of each, not of reading
	err := mailing.Read(path, func(raw []byte, where string) error {
		job := matchJob{where, view, func() ([]byte, error) { return raw, nil }, true}
		if n++; n == 1 {
			first = job
			return nil
		}
		if n == 2 && each(first) != nil || each(job) != nil {
			return stop
		}
		return nil
	})
	if errors.Is(err, stop) {
		return err
	}
	if n == 1 && err == nil {
		first.name, first.mayLackDiff = path, false
		return each(first)
	}
	if err != nil {
		return each(matchJob{path, view, func() ([]byte, error) { return nil, err }, false})
	}
	return nil
}

// isFile says whether path is a regular file, or a link to one.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// isMbox says whether a file begins as an mbox or is packed by gzip. The mark
// of git format-patch begins a file like an mbox too.
func isMbox(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 5)
	n, _ := io.ReadFull(f, head)
	return bytes.HasPrefix(head[:n], []byte("From ")) || bytes.HasPrefix(head[:n], []byte{0x1f, 0x8b})
}

// mailField is a header field that mails have and patch files do not.
var mailField = regexp.MustCompile(`(?mi)^(message-id|received|mime-version|content-transfer-encoding|content-type|return-path|list-id):`)

// decodePatch reads a patch file or a raw mail.
func decodePatch(raw []byte) (*patch.Patch, error) {
	head, _, _ := bytes.Cut(raw, []byte("\n\n"))
	if !mailField.Match(head) {
		return patch.Parse(raw)
	}
	return pipeline.PatchOf(mailing.Parse(raw))
}

// workList matches the patches of a work list, one repository after the other.
func (m *matching) workList(ctx context.Context) error {
	items, err := readWorkList(m.work)
	if err != nil {
		return err
	}
	slices.SortStableFunc(items, func(a, b workItem) int { return strings.Compare(a.repo, b.repo) })
	return m.answer(ctx, func(each func(matchJob) error) error {
		for i, it := range items {
			if i > 0 && items[i-1].repo != it.repo {
				m.repos.forget()
			}
			view, err := m.repos.view(ctx, findRepo(m.matchOptions.repos, it.repo), it.rev)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			job := matchJob{it.id, view, func() ([]byte, error) { return readPatchFile(filepath.Join(m.patches, it.path)) }, false}
			if err != nil {
				job.read = func() ([]byte, error) { return nil, err }
			}
			if err := each(job); err != nil {
				return err
			}
		}
		return nil
	})
}

// A workItem is one line of a work list.
type workItem struct{ id, repo, rev, path string }

func readWorkList(file string) (items []workItem, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan(); n++ {
		if strings.TrimSpace(in.Text()) == "" {
			continue
		}
		p := strings.Split(in.Text(), "\t")
		if len(p) != 4 {
			return nil, fmt.Errorf("%s:%d: want id, repository, revision and path, separated by tabs", file, n)
		}
		items = append(items, workItem{p[0], p[1], p[2], p[3]})
	}
	return items, in.Err()
}

// findRepo is the path of a repository that a work list names.
func findRepo(dir, name string) string {
	for _, end := range []string{"", ".git", ".bundle"} {
		path := filepath.Join(dir, name+end)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return filepath.Join(dir, name)
}
