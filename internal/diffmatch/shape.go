package diffmatch

import (
	"strings"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// maxLines bounds the lines of one change that are looked at; initial imports
// and generated files go beyond it.
const maxLines = 60_000

// A shape is a diff reduced to what is compared: keys of lines, in order, by
// file and hunk. Empty lines are left out.
type shape struct {
	files []fileShape
	lines int  // changed lines
	cut   bool // there were more than maxLines
}

// A fileShape is the change to one file.
type fileShape struct {
	path  string
	old   string // the path before a rename, else ""; commits are read without renames
	hunks []hunkShape
	lines int  // changed lines
	gone  bool // the change deletes the file
}

// A hunkShape is one hunk: ops[i] is ' ', '+' or '-' and belongs to keys[i].
type hunkShape struct {
	heading uint64 // 0 if the hunk has none
	ops     []byte
	keys    []uint64
}

// shapeOf reduces a diff. Files without changed lines are kept with their path.
func shapeOf(files []*patch.File) *shape {
	s := &shape{files: make([]fileShape, 0, len(files))}
	var h hasher
	total := 0
	var blanks []byte // how empty lines of a file are changed
	for _, f := range files {
		blanks = blanks[:0]
		fs := fileShape{path: f.Path(), gone: f.New == ""}
		if f.Old != "" && f.New != "" && f.Old != f.New {
			fs.old = f.Old
		}
		for _, hunk := range f.Hunks {
			if total += len(hunk.Lines); total > maxLines {
				s.cut = true
				break
			}
			hs := hunkShape{heading: h.heading(hunk.Section)}
			hs.ops = make([]byte, 0, len(hunk.Lines))
			hs.keys = make([]uint64, 0, len(hunk.Lines))
			for _, l := range hunk.Lines {
				key := h.line(l.Text)
				if key == 0 {
					if l.Op != ' ' {
						blanks = append(blanks, l.Op)
					}
					continue
				}
				hs.ops, hs.keys = append(hs.ops, l.Op), append(hs.keys, key)
				if l.Op != ' ' {
					fs.lines++
				}
			}
			fs.hunks = append(fs.hunks, hs)
		}
		if m := h.marks(f, fs.lines == 0, blanks); len(m.ops) > 0 {
			fs.hunks = append(fs.hunks, m)
			fs.lines += len(m.ops)
		}
		s.lines += fs.lines
		s.files = append(s.files, fs)
	}
	return s
}

// marks stand for what a change does to a file beside its lines, as if they
// were lines: it comes, goes, changes its mode or is binary. What is done to
// empty lines counts only where nothing else is done. A rename is told as
// what goes and what comes, as commits are read without renames.
func (h *hasher) marks(f *patch.File, lineless bool, blanks []byte) (m hunkShape) {
	add := func(op byte, what string) {
		m.ops, m.keys = append(m.ops, op), append(m.keys, h.line("<<"+what+">>"))
	}
	if f.New == "" || f.Rename && f.Old != f.New {
		add('-', "file "+base(f.Old))
	}
	if f.Old == "" || f.Rename && f.Old != f.New {
		add('+', "file "+base(f.New))
	}
	if f.OldMode != f.NewMode && f.OldMode != "" && f.NewMode != "" {
		add('-', "mode "+f.OldMode+" of "+base(f.Old))
		add('+', "mode "+f.NewMode+" of "+base(f.New))
	}
	if !lineless {
		return m
	}
	for _, blob := range []struct {
		op   byte
		hash string
	}{{'-', f.OldBlob}, {'+', f.NewBlob}} {
		const digits = 7 // of an abbreviated hash
		if f.Binary && len(blob.hash) >= digits && strings.Trim(blob.hash, "0") != "" {
			add(blob.op, "blob "+blob.hash[:digits])
		}
	}
	for _, op := range blanks {
		add(op, "empty line")
	}
	return m
}

// changed calls f for each changed line of a file, in order.
func (fs *fileShape) changed(f func(op byte, key uint64)) {
	for _, h := range fs.hunks {
		for i, op := range h.ops {
			if op != ' ' {
				f(op, h.keys[i])
			}
		}
	}
}

// agreement is how far two files may be one, by their paths now or before.
func (fs *fileShape) agreement(o *fileShape) float64 {
	agree := pathAgreement(fs.path, o.path)
	if fs.old != "" {
		agree = max(agree, pathAgreement(fs.old, o.path))
	}
	if o.old != "" {
		agree = max(agree, pathAgreement(fs.path, o.old))
	}
	return agree
}

// pathAgreement is how far two paths may name one file: 1 for the same, less
// for one below another tree (meta/x.bb and x.bb), less for the same name in
// another directory, 0 for another name.
func pathAgreement(a, b string) float64 {
	switch {
	case a == b:
		return 1
	case strings.HasSuffix(a, "/"+b) || strings.HasSuffix(b, "/"+a):
		return 0.9
	case base(a) != base(b):
		return 0
	case base(dir(a)) == base(dir(b)):
		return 0.8
	}
	return 0.6
}

func base(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

func dir(s string) string { return s[:max(strings.LastIndexByte(s, '/'), 0)] }
