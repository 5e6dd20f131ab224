package view

import (
	"fmt"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// A DiffFile is the change to one file, ready to show.
type DiffFile struct {
	Path           string
	Was            string // old path where it differs; ""
	Note           string // "new file", "deleted", "binary", or why it could not be read; ""
	Added, Removed int
	Hunks          []DiffHunk
	Hidden         int // lines that are not shown
}

// A DiffHunk is one run of lines.
type DiffHunk struct {
	Head  string // "@@ -1,4 +1,5 @@ main()"
	Lines []DiffLine
}

// A DiffLine is one line; its numbers are 0 on the side where it is not.
type DiffLine struct {
	Old, New int
	Op       byte // ' ', '+' or '-'
	Text     string
}

// diffFile makes a file ready to show, with at most limit lines.
func diffFile(f *patch.File, limit int) DiffFile {
	d := DiffFile{Path: Safe(f.Path()), Note: fileNote(f)}
	if f.Old != "" && f.New != "" && f.Old != f.New {
		d.Was = Safe(f.Old)
	}
	shown := 0
	for _, h := range f.Hunks {
		v := DiffHunk{Head: hunkHead(h)}
		o, n := h.OldStart, h.NewStart
		for _, l := range h.Lines {
			line := DiffLine{Op: l.Op, Text: safeCode(l.Text)}
			if l.Op != '+' {
				line.Old, o = o, o+1
			}
			if l.Op != '-' {
				line.New, n = n, n+1
			}
			switch l.Op {
			case '+':
				d.Added++
			case '-':
				d.Removed++
			}
			if shown++; shown > limit {
				d.Hidden++
				continue
			}
			v.Lines = append(v.Lines, line)
		}
		if len(v.Lines) > 0 {
			d.Hunks = append(d.Hunks, v)
		}
	}
	return d
}

func hunkHead(h patch.Hunk) string {
	head := fmt.Sprintf("@@ -%d,%d +%d,%d @@", h.OldStart, h.OldLines, h.NewStart, h.NewLines)
	if h.Section != "" {
		head += " " + Safe(cut(h.Section, 120))
	}
	return head
}

// fileNote says in words what the lines cannot show.
func fileNote(f *patch.File) string {
	switch {
	case f.Damage != "":
		return Safe("partly unreadable: " + f.Damage)
	case f.Binary:
		return "binary"
	case f.Old == "":
		return "new file"
	case f.New == "":
		return "deleted"
	case f.Rename:
		return "renamed"
	case f.Copy:
		return "copied"
	}
	return ""
}

// opClass is the style of a line.
func opClass(op byte) string {
	switch op {
	case '+':
		return "add"
	case '-':
		return "del"
	}
	return "ctx"
}

// number is a line number, or nothing.
func number(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprint(n)
}
