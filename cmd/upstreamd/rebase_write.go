package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/upstreamd/upstreamd/internal/rebase"
)

// checkNames refuses patches that --write would write to one file.
func (o rebaseOptions) checkNames(paths []string) error {
	if o.write == "" {
		return nil
	}
	of := map[string]string{}
	for _, p := range paths {
		name := filepath.Base(p)
		if other, ok := of[name]; ok {
			return usagef("rebase: --write %s: %s and %s have one name", o.write, other, p)
		}
		of[name] = p
	}
	return nil
}

// A rebaseFile is a file that --write writes.
type rebaseFile struct {
	name string // below the directory, with slashes
	data []byte
}

// writeAll writes the refreshed patches, and the files for a person, into the
// directory, and notes in lines where they are. It writes nothing where it
// would have to overwrite a file and may not.
func (o rebaseOptions) writeAll(results []rebase.Refreshed, lines []rebaseLine) error {
	if err := os.MkdirAll(o.write, 0o777); err != nil {
		return err
	}
	root, err := os.OpenRoot(o.write) // nothing outside it can be reached
	if err != nil {
		return err
	}
	defer root.Close()
	var files []rebaseFile
	for i, r := range results {
		name := filepath.Base(r.Name)
		if r.Data != nil {
			files = append(files, rebaseFile{name, r.Data})
			lines[i].Written = filepath.Join(o.write, name)
		}
		for _, w := range r.Work {
			f := rebaseFile{name + ".conflict/" + w.Path, w.Data}
			files = append(files, f)
			lines[i].Work = append(lines[i].Work, rebaseWork{w.Path, filepath.Join(o.write, filepath.FromSlash(f.name)), w.Conflicts})
		}
	}
	files, err = o.missing(root, files)
	for _, f := range files {
		if err != nil {
			break
		}
		err = putFile(root, f)
	}
	if err != nil {
		for i := range lines {
			lines[i].Written, lines[i].Work = "", nil
		}
	}
	return err
}

// missing are the files that are not there with just that content. The error
// names those that must not be overwritten.
func (o rebaseOptions) missing(root *os.Root, files []rebaseFile) ([]rebaseFile, error) {
	var want []rebaseFile
	var there []string
	for _, f := range files {
		info, err := root.Lstat(f.name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			want = append(want, f)
			continue
		case err != nil:
			return nil, err
		}
		if info.Mode().IsRegular() && info.Size() == int64(len(f.data)) {
			if old, err := root.ReadFile(f.name); err == nil && bytes.Equal(old, f.data) {
				continue
			}
		}
		want = append(want, f)
		there = append(there, filepath.Join(o.write, filepath.FromSlash(f.name)))
	}
	if len(there) > 0 && !o.force {
		return nil, fmt.Errorf("nothing is written: %s would be overwritten\n--force does that", strings.Join(there, ", "))
	}
	return want, nil
}

// putFile writes a file as a whole or not at all.
func putFile(root *os.Root, f rebaseFile) error {
	if dir := path.Dir(f.name); dir != "." {
		if err := root.MkdirAll(dir, 0o777); err != nil {
			return err
		}
	}
	part := f.name + ".part"
	out, err := root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = out.Write(f.data)
	if err = errors.Join(err, out.Close()); err == nil {
		err = root.Rename(part, f.name)
	}
	if err != nil {
		return errors.Join(err, root.Remove(part))
	}
	return nil
}
