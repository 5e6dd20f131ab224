package view

import (
	"fmt"

	"github.com/upstreamd/upstreamd/internal/patch"
)

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
