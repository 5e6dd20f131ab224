package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// readPatches yields the patches that one argument names: those of all files
// below a directory in order of their names, the mails of an mbox, or one
// patch file. What cannot be read is yielded too, with its error.
func readPatches(arg string, each func(matchJob) error) error {
	found := false
	err := filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			if reason := new(fs.PathError); errors.As(err, &reason) {
				err = reason.Err
			}
			found = true
			return each(failedJob(path, err))
		case d.IsDir() && path != arg && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir() || path != arg && strings.HasPrefix(d.Name(), "."):
			return nil
		}
		found = true
		if !isFile(path) || !isMbox(path) { // a pipe may wait for ever, a device has no end
			return each(matchJob{path, func() ([]byte, error) { return readPatchFile(path) }, false})
		}
		return readMails(path, each)
	})
	if err == nil && !found {
		return each(failedJob(arg, errors.New("there is no patch in this directory")))
	}
	return err
}

// A spool keeps what comes on the standard input in a file, until all of it is
// answered.
type spool struct {
	in   io.Reader
	file string
}

// patches yields what comes: a patch, or many in an mbox.
func (s *spool) patches(each func(matchJob) error) error {
	const most = 1 << 30 // bytes
	if f, ok := s.in.(*os.File); ok && isTerminal(f) || s.file != "" {
		return usagef("match: - wants a patch on the standard input, once, and not from a terminal")
	}
	f, err := os.CreateTemp("", "upstreamd-match-*")
	if err != nil {
		return err
	}
	s.file = f.Name()
	n, err := io.Copy(f, io.LimitReader(s.in, most+1))
	switch err = errors.Join(err, f.Close()); {
	case err != nil:
		return err
	case n > most:
		return each(failedJob("-", errors.New("more than 1 GiB on the standard input")))
	}
	return readPatches(s.file, func(j matchJob) error {
		j.name = strings.Replace(j.name, s.file, "-", 1)
		return each(j)
	})
}

// remove takes the file away.
func (s *spool) remove() {
	if s.file != "" {
		os.Remove(s.file)
	}
}

// readMails yields the mails of an mbox; those without a diff are passed over.
// If it holds just one, as git format-patch writes, that is a patch file.
func readMails(path string, each func(matchJob) error) error {
	var first matchJob
	n := 0
	stop := errors.New("stop") // an error of each, not of reading
	err := mailing.Read(path, func(raw []byte, where string) error {
		job := matchJob{where, func() ([]byte, error) { return raw, nil }, true}
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
		return each(failedJob(path, err))
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
