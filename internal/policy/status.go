package policy

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/term"
)

// tag is how the line begins.
const tag = "Upstream-Status: "

// patches looks at the files of local sources.
func (c *checker) patches() {
	for i := range c.scan.Patches {
		p := &c.scan.Patches[i]
		if !c.local(p.Source) {
			continue
		}
		c.report.Patches++
		f := Finding{Source: p.Source, File: p.Path, Recipe: p.Recipe, about: p.Subject}
		if p.Recipe == "" {
			c.orphan(p, f)
			continue // nothing else of it matters
		}
		if p.Problem == patch.ErrNoDiff.Error() && c.contextDiff(p) {
			c.note(p.Source, p.Path, "a diff in the context form: patch takes it, but what it changes is not looked at")
		} else if p.Problem != "" {
			f.Text = "this file is applied to " + p.Recipe + " and cannot be read as a patch: " + p.Problem
			c.find(Unreadable, f)
		}
		if !strings.HasPrefix(p.Problem, "compressed") { // its header was not seen
			c.status(p, f)
		}
	}
}

// status looks at what the header claims.
func (c *checker) status(p *layer.Patch, f Finding) {
	st := p.Status
	f.Line = st.Line
	if st.Raw != "" {
		f.about = st.Raw
	}
	detail := strings.TrimSpace(strings.Trim(strings.TrimSpace(st.Detail), "[]"))
	switch {
	case st.Line == 0 && p.Plan != "" && !c.RequireStatus:
	case st.Line == 0:
		f.Text = "the header has no Upstream-Status: add one, such as \"Upstream-Status: Pending\" or \"Upstream-Status: Submitted [address]\""
		if p.Plan != "" {
			f.Text += "; in its own words it says: " + short(p.Plan)
		}
		c.find(StatusMissing, f)
	case !st.WellFormed:
		c.malformed(st, f)
	case st.Kind == "Submitted" && !findable(st.Detail) && !findable(c.next(p)):
		f.Text = "Submitted, and not where: add the address of the mail or pull request, \"Upstream-Status: Submitted [address]\""
		if strings.Contains(st.Detail, "@") {
			f.Text = "Submitted to somebody, but which mail is not told: add its address in the list's archive, \"Upstream-Status: Submitted [address]\""
		}
		c.find(SubmittedNowhere, f)
	case st.Kind == "Inappropriate" && detail == "" && c.next(p) == "":
		f.Text = "Inappropriate, and not why: add the reason, such as \"Upstream-Status: Inappropriate [oe specific]\""
		c.find(NoReason, f)
	case st.Kind == "Backport" && !identified(st.Detail) && !identified(c.next(p)) && !c.picked(p):
		f.Text = "Backport, and not of what: add the commit or its address, \"Upstream-Status: Backport [address]\""
		c.find(BackportUnnamed, f)
	}
}

// next is the line below the tag where it goes on there, as people write it:
// in brackets, or an address alone. For a tag that is a mark such as [1] it is
// the line of the header that begins with it.
func (c *checker) next(p *layer.Patch) string {
	lines := c.header(p)
	if p.Status.Line > len(lines) {
		return ""
	}
	if detail := strings.TrimSpace(p.Status.Detail); footnote.MatchString(detail) {
		for _, l := range lines {
			if text, ok := strings.CutPrefix(strings.TrimSpace(l), detail); ok {
				return text
			}
		}
	}
	if p.Status.Line == len(lines) {
		return ""
	}
	text := strings.TrimSpace(lines[p.Status.Line])
	if strings.HasPrefix(text, "[") || strings.HasPrefix(text, "http") {
		return text
	}
	return ""
}

// picked says whether the header names the commit somewhere else: by an address,
// or in the words of git cherry-pick and of stable kernels.
func (c *checker) picked(p *layer.Patch) bool {
	header := strings.Join(c.header(p), "\n")
	if pickedFrom.MatchString(header) {
		return true
	}
	return len(patch.FindNamed(strings.Join(patch.FindNamed(header).URLs, "\n")).Commits) > 0
}

// header are the lines of a patch file above its diff.
func (c *checker) header(p *layer.Patch) []string {
	b, err := c.texts[p.Source].batch.Blob(p.Blob)
	if err != nil {
		return nil
	}
	var lines []string
	for l := range strings.Lines(string(b)) {
		if strings.HasPrefix(l, "diff ") || strings.HasPrefix(l, "--- ") || strings.HasPrefix(l, "Index: ") {
			break
		}
		lines = append(lines, strings.TrimRight(l, "\r\n"))
	}
	return lines
}

// contextDiff says whether a file has the marks of a diff that diff -c made.
func (c *checker) contextDiff(p *layer.Patch) bool {
	b, err := c.texts[p.Source].batch.Blob(p.Blob)
	return err == nil && contextMarks.Match(b)
}

// malformed tells of a line that the check of openembedded-core refuses, with
// the right one where it is known.
func (c *checker) malformed(st patch.UpstreamStatus, f Finding) {
	f.Text = fmt.Sprintf("%q is malformed", short(st.Raw))
	switch right := Correct(st); {
	case right != "":
		f.Text += fmt.Sprintf("; write %q", right)
		f.fix = &fix{status: strings.TrimPrefix(right, tag), why: []string{fmt.Sprintf("%q is no form that openembedded-core's patch-status check takes.", short(st.Raw))}}
	case st.Kind == "Accepted":
		f.Text += ": Accepted is no longer valid; write \"Upstream-Status: Backport [commit]\""
	default:
		f.Text += "; write \"Upstream-Status: \" and one of Pending, Submitted, Denied, Inappropriate, Backport, Inactive-Upstream"
	}
	c.find(StatusMalformed, f)
}

// Correct is the line that a malformed one means, or "" where that is not sure.
func Correct(st patch.UpstreamStatus) string {
	kind := st.Kind
	detail := strings.TrimSpace(strings.TrimLeft(st.Detail, ":-=,;. \t"))
	switch {
	case st.WellFormed || st.Line == 0 || kind == "":
		return ""
	case kind == "Accepted" && !findable(detail) && len(patch.FindNamed(detail).Commits) == 0:
		return ""
	case kind == "Accepted":
		kind = "Backport"
	}
	if detail != "" && !strings.HasPrefix(detail, "[") {
		detail = "[" + strings.Trim(detail, "[]()") + "]"
	}
	line := strings.TrimSpace(tag + kind + " " + detail)
	if got := patch.FindUpstreamStatus([]byte(line + "\n")); !got.WellFormed || got.Kind != kind || strings.ContainsAny(line, "\r\n\x00") {
		return ""
	}
	return line
}

// findable says whether a text names a place that can be looked at.
func findable(text string) bool {
	n := patch.FindNamed(text)
	return len(n.MessageIDs)+len(n.Pulls)+len(n.URLs) > 0 || forgeShort.MatchString(text) || noScheme.MatchString(text)
}

var (
	// forgeShort is how forges abbreviate pull requests and issues: owner/name#12.
	forgeShort = regexp.MustCompile(`[\w.-]+/[\w.-]+[#!]\d+`)
	// noScheme is an address as browsers show it: host.name/some/page.
	noScheme = regexp.MustCompile(`(?:^|[\s\[(])(?:[a-zA-Z0-9-]+\.)+[a-zA-Z]{2,}/[^\s/\]]+/[^\s\]]+`)
	// footnote is a tag that points to another line of the header.
	footnote = regexp.MustCompile(`^\[\d{1,2}\]$`)
	// pickedFrom is how git cherry-pick -x and stable kernels name a commit.
	pickedFrom = regexp.MustCompile(`(?i)(?:cherry[ -]picked from commit|upstream commit:?) [0-9a-f]{7,64}\b|\bcommit [0-9a-f]{7,64} upstream\b`)
	// contextMarks are the first lines of a diff in the context form.
	contextMarks = regexp.MustCompile(`(?m)^\*\*\* \S.*\n--- \S.*\n\*{15}`)
	// versionWord is a version that a Backport may name instead of a commit, as
	// the guidelines of openembedded-core allow.
	versionWord = regexp.MustCompile(`(?i)\b(?:v|[a-z][\w+]*-)?\d+(?:[._]\d+)+|\bv\d+\b|\b[a-z][\w+]*-\d+\b`)
	// shortHash is a commit as people cite it, also shorter than FindNamed wants.
	shortHash = regexp.MustCompile(`\b[0-9a-f]{7,64}\b`)
)

// identified says whether a text names a commit, a place or a version.
func identified(text string) bool {
	return findable(text) || shortHash.MatchString(text) || versionWord.MatchString(text)
}

// short is a text of a header for a message: one safe line, not too long.
func short(s string) string {
	const most = 120
	r := []rune(term.SafeLine(strings.Join(strings.Fields(s), " ")))
	if len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return string(r)
}
