package view

import "strings"

// Limits of texts that are compared line by line.
const (
	changedLines = 600 // lines of each
	changedFew   = 3   // lines around a difference that are shown
)

// ChangedText shows how one text became another: lines that went, lines that
// came, and a few around them. Without a difference it has no lines. Of long
// texts only the beginnings are compared.
func ChangedText(old, newer string) Text {
	a, more := textLines(old)
	b, still := textLines(newer)
	t := Text{Hidden: more + still}
	ops := lineEdits(a, b)
	last := -1 // line that was shown last
	for i, op := range ops {
		if op.style == "" && !nearEdit(ops, i) {
			continue
		}
		if last >= 0 && i > last+1 {
			t.Lines = append(t.Lines, TextLine{Style: "hunk", Spans: []Link{{Text: "…"}}})
		}
		last = i
		sign := map[string]string{"add": "+ ", "del": "- "}[op.style]
		if sign == "" {
			sign = "  "
		}
		t.Lines = append(t.Lines, TextLine{Style: op.style, Spans: []Link{{Text: sign + safeCode(op.line)}}})
	}
	return t
}

// textLines are the first lines of a text, and how many more there are.
func textLines(s string) (lines []string, more int) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	if s == "" {
		return nil, 0
	}
	lines = strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	if n := len(lines) - changedLines; n > 0 {
		return lines[:changedLines], n
	}
	return lines, 0
}

// A lineEdit is a line of either text: "del" of the old one alone, "add" of the
// new one alone, "" of both.
type lineEdit struct{ style, line string }

// lineEdits turns a into b by a longest common subsequence of their lines.
func lineEdits(a, b []string) []lineEdit {
	common := make([][]uint16, len(a)+1) // of a[i:] and b[j:]
	for i := range common {
		common[i] = make([]uint16, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []lineEdit
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, lineEdit{"", a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			out = append(out, lineEdit{"del", a[i]})
			i++
		default:
			out = append(out, lineEdit{"add", b[j]})
			j++
		}
	}
	return out
}

// nearEdit says whether a line stands beside one that differs.
func nearEdit(ops []lineEdit, i int) bool {
	for n := max(0, i-changedFew); n <= min(len(ops)-1, i+changedFew); n++ {
		if ops[n].style != "" {
			return true
		}
	}
	return false
}
