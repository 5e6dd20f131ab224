package diffmatch

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Words sums the comparison up: "18 of 19 changed lines, in order, in the same
// 2 files; 1 line changed: "a" became "b"". Left and right name the sides as
// in "only in the patch".
func (s *Sides) Words(left, right string) string {
	var said []string
	switch c := s.Left; {
	case c.Lines == 0 && s.Right.Lines == 0:
		return "no changed lines on either side"
	case c.Found == 0:
		said = append(said, fmt.Sprintf("none of %s", count(c.Lines, "changed line")))
	case c.Found == c.Lines:
		said = append(said, "all "+count(c.Lines, "changed line")+s.order()+s.places())
	default:
		said = append(said, fmt.Sprintf("%d of %s", c.Found, count(c.Lines, "changed line"))+s.order()+s.places())
	}
	if n := s.Left.Near; n > 0 {
		said = append(said, count(n, "line")+" changed"+s.example())
	}
	for _, side := range []struct {
		only int
		name string
	}{{s.Left.Only(), left}, {s.Right.Only(), right}} {
		if side.only > 0 {
			said = append(said, count(side.only, "line")+" only in "+side.name)
		}
	}
	return strings.Join(said, "; ")
}

// order says whether the common lines stand in the same order.
func (s *Sides) order() string {
	switch {
	case s.Left.Moved > 0:
		return fmt.Sprintf(", %d of them at another place", s.Left.Moved)
	case s.Left.Found > 1:
		return ", in order"
	}
	return ""
}

// places says in which files the common lines are.
func (s *Sides) places() string {
	files, moved := 0, 0
	for _, f := range s.Files {
		if f.Left == nil || f.LeftSide.Found == 0 {
			continue
		}
		files++
		if f.Right == nil || f.Left.Path() != f.Right.Path() {
			moved++
		}
	}
	switch {
	case files == 1 && moved == 0:
		return ", in the same file"
	case moved == 0:
		return fmt.Sprintf(", in the same %d files", files)
	case moved == files:
		return fmt.Sprintf(", in %s with another path", count(files, "file"))
	}
	return fmt.Sprintf(", in %s, %d of them with another path", count(files, "file"), moved)
}

// example is the first line that differs in words.
func (s *Sides) example() string {
	for _, f := range s.Files {
		for _, row := range f.Rows {
			if row.Kind == RowNear && !isContext(row.Left) {
				return fmt.Sprintf(": “%s” became “%s”", clip(row.Left.Text), clip(row.Right.Text))
			}
		}
	}
	return ""
}

// clip is the beginning of a line without its indentation.
func clip(line string) string {
	const most = 60
	line = strings.Join(strings.Fields(line[:min(len(line), 1000)]), " ")
	if utf8.RuneCountInString(line) <= most {
		return line
	}
	return string([]rune(line)[:most]) + " …"
}
