package main

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/upstreamd/upstreamd/internal/term"
)

// A table prints rows in columns. A column is as wide as its widest cell, but
// not wider than its limit: one long name pushes its own row out of line, and
// not all the others off the screen. The last column has no limit.
type table struct {
	limits []int               // of the columns but the last
	paint  func(string) string // puts the first cell into its colour; nil for none
	rows   [][]string
}

// row adds a row; its cells are made safe for a terminal.
func (t *table) row(cells ...string) {
	for i, c := range cells {
		cells[i] = cell(c)
	}
	t.rows = append(t.rows, cells)
}

// flush prints the rows and forgets them.
func (t *table) flush(w io.Writer) error {
	widths := make([]int, len(t.limits))
	for _, cells := range t.rows {
		for i := range min(len(cells), len(widths)) {
			if n := utf8.RuneCountInString(cells[i]); n <= t.limits[i] {
				widths[i] = max(widths[i], n)
			}
		}
	}
	out := bufio.NewWriter(w)
	for _, cells := range t.rows {
		var line strings.Builder
		behind := 0 // what earlier cells took too much
		for i, c := range cells {
			if i == 0 && t.paint != nil {
				line.WriteString(t.paint(c))
			} else {
				line.WriteString(c)
			}
			if i >= len(widths) || i == len(cells)-1 {
				break
			}
			room := widths[i] - utf8.RuneCountInString(c) - behind
			behind = max(0, -room)
			line.WriteString(strings.Repeat(" ", max(0, room)+2))
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	t.rows = nil
	return out.Flush()
}

// cell makes text safe for one line on a terminal.
func cell(s string) string { return term.SafeLine(strings.ReplaceAll(s, "\t", " ")) }

// wrapped are items with commas between them, broken into lines of at most 80
// characters where that can be, each begun by indent.
func wrapped(items []string, indent string) string {
	var b strings.Builder
	column := 0
	for i, item := range items {
		if i < len(items)-1 {
			item += ","
		}
		for _, word := range strings.Fields(cell(item)) {
			n := utf8.RuneCountInString(word)
			switch {
			case column == 0:
				b.WriteString(indent)
				column = len(indent)
			case column+1+n > 80:
				b.WriteString("\n" + indent)
				column = len(indent)
			default:
				b.WriteString(" ")
				column++
			}
			b.WriteString(word)
			column += n
		}
	}
	return b.String() + "\n"
}
