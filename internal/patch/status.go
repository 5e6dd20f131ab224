package patch

import (
	"bytes"
	"regexp"
	"strings"
)

// An UpstreamStatus is the tag by which a patch file of an OpenEmbedded layer
// claims how it stands upstream.
type UpstreamStatus struct {
	Kind       string // "Pending", "Submitted", "Denied", "Inappropriate", "Backport", "Inactive-Upstream", the no longer valid "Accepted", or ""
	Detail     string // what follows the kind, outer brackets included
	WellFormed bool   // as openembedded-core's patch-status check wants it
	Line       int    // counted from 1; 0 if there is no such line
	Raw        string // the whole line
}

var (
	// strictStatus is oe.qa.check_upstream_status of openembedded-core.
	strictStatus = regexp.MustCompile(`(?m)^Upstream-Status: (Pending|Submitted|Denied|Inappropriate|Backport|Inactive-Upstream)( .+)?$`)
	// laxStatus is the form that patchreview.py looks for.
	laxStatus = regexp.MustCompile(`(?mi)^[\t ]*Upstream[-_ ]Status[\t ]*:?[\t ]*([\w-]*)(.*)$`)
	// kindaStatus is the form that the check calls malformed.
	kindaStatus = regexp.MustCompile(`(?mi)^.*upstream.*status.*$`)
)

var statusKinds = []string{"Pending", "Submitted", "Denied", "Inappropriate", "Backport", "Inactive-Upstream", "Accepted"}

// FindUpstreamStatus finds the tag in a patch file. The well-formed one may
// stand anywhere, as for the check; others only above the diff.
func FindUpstreamStatus(b []byte) UpstreamStatus {
	if len(b) > MaxBytes {
		b = b[:MaxBytes]
	}
	if bytes.Contains(b, []byte("\r\n")) {
		b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	}
	if i := bytes.Index(b, []byte("Upstream-Status: ")); i >= 0 {
		from := bytes.LastIndexByte(b[:i], '\n') + 1
		if m := strictStatus.FindSubmatchIndex(b[from:]); m != nil {
			for i := range m {
				if m[i] >= 0 {
					m[i] += from
				}
			}
			return statusAt(b, m, true)
		}
	}
	head := aboveDiff(b)
	if m := laxStatus.FindSubmatchIndex(head); m != nil {
		return statusAt(head, m, false)
	}
	if m := kindaStatus.FindIndex(head); m != nil {
		return UpstreamStatus{Line: lineAt(head, m[0]), Raw: strings.TrimSpace(text(head[m[0]:m[1]]))}
	}
	return UpstreamStatus{}
}

// statusAt makes the value of a match: the whole, the kind, the detail.
func statusAt(b []byte, m []int, strict bool) UpstreamStatus {
	st := UpstreamStatus{WellFormed: strict, Line: lineAt(b, m[0]), Raw: text(bytes.TrimSpace(b[m[0]:m[1]]))}
	if m[4] >= 0 {
		st.Detail = text(bytes.TrimSpace(b[m[4]:m[5]]))
	}
	word := text(b[m[2]:m[3]])
	for _, k := range statusKinds {
		if strings.EqualFold(k, word) {
			st.Kind = k
		}
	}
	if st.Kind == "" && word != "" {
		st.Detail = strings.TrimSpace(word + " " + st.Detail)
	}
	return st
}

// lineAt is the number of the line at pos, counted from 1.
func lineAt(b []byte, pos int) int { return bytes.Count(b[:pos], []byte("\n")) + 1 }
