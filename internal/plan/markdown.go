package plan

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/upstreamd/upstreamd/internal/term"
)

// headings of the sections, by verdict: what is to be done.
var headings = map[Verdict]string{
	Conflict: "Conflicts: the patch does not apply", Missing: "Missing at the target", Dangling: "Appends without a recipe",
	UpdateFork: "Copies to bring up to date", Unknown: "To be looked at", Rename: "Appends to rename", Refresh: "To be refreshed",
	Drop: "Can be dropped", Keep: "Nothing to do",
}

// WriteMarkdown writes the plan as a document for a tracker: sums, then a list
// to tick off for each verdict. It is in the dialect that GitHub and GitLab
// have in common.
func (p *Plan) WriteMarkdown(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "# Plan: move to %s\n\n", plain(p.Target))
	total := p.Total()
	fmt.Fprintf(out, "%s; %d need nothing. Roughly %s of work.\n", count(total.Items, "item"), total.Items-total.Work, total.Time())
	p.writeMoves(out)
	p.writeSums(out)
	for _, v := range Verdicts() {
		p.writeVerdict(out, v)
	}
	p.writeUpgrades(out)
	if len(p.Problems) > 0 {
		fmt.Fprint(out, "\n## Not known\n\n")
		for _, text := range p.Problems {
			fmt.Fprintf(out, "- %s\n", plain(text))
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	return nil
}

func (p *Plan) writeMoves(w io.Writer) {
	fmt.Fprint(w, "\n| Layer | From | To |\n|---|---|---|\n")
	for _, m := range p.Moves {
		to := "stays"
		if m.Ref != "" {
			to = plain(m.Ref) + " (`" + short(m.To) + "`)"
		}
		fmt.Fprintf(w, "| %s | `%s` | %s |\n", plain(m.Layer), short(m.From), to)
	}
}

func (p *Plan) writeSums(w io.Writer) {
	if len(p.Items) == 0 {
		return
	}
	fmt.Fprint(w, "\n| Verdict | Items | Work |\n|---|---:|---:|\n")
	for _, s := range p.ByVerdict() {
		fmt.Fprintf(w, "| %s | %d | %s |\n", s.Name, s.Items, s.Time())
	}
	fmt.Fprint(w, "\n| Owner | To do | Work |\n|---|---:|---:|\n")
	for _, s := range p.ByOwner() {
		if s.Work > 0 {
			fmt.Fprintf(w, "| %s | %d | %s |\n", plain(Owner(s.Name)), s.Work, s.Time())
		}
	}
}

// writeVerdict writes the items of one verdict; those that need nothing are
// folded away.
func (p *Plan) writeVerdict(w io.Writer, v Verdict) {
	var list []Item
	for _, i := range p.Items {
		if i.Verdict == v {
			list = append(list, i)
		}
	}
	if len(list) == 0 {
		return
	}
	if v == Keep {
		fmt.Fprintf(w, "\n<details><summary>%s: %d</summary>\n\n", headings[v], len(list))
	} else {
		fmt.Fprintf(w, "\n## %s (%d)\n\n", headings[v], len(list))
	}
	for _, i := range list {
		box := "- [ ] "
		if v == Keep {
			box = "- "
		}
		fmt.Fprintf(w, "%s%s: %s", box, code(i.Layer+"/"+i.Path), plain(i.Why))
		if i.Evidence != "" && !strings.Contains(i.Why, i.Evidence) {
			fmt.Fprintf(w, " (%s)", code(shortHash(i.Evidence)))
		}
		if v != Keep {
			fmt.Fprintf(w, " — %s, %s", plain(Owner(i.Owner)), i.Effort)
		}
		fmt.Fprintln(w)
	}
	if v == Keep {
		fmt.Fprint(w, "\n</details>\n")
	}
}

func (p *Plan) writeUpgrades(w io.Writer) {
	if len(p.Upgrades) == 0 {
		return
	}
	fmt.Fprint(w, "\n## Upstream recipes that concern us\n\n| Recipe | Layer | From | To | Patches dropped | Patches added |\n|---|---|---|---|---|---|\n")
	for _, u := range p.Upgrades {
		to := plain(u.To)
		if to == "" {
			to = "gone"
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s |\n", plain(u.Recipe), plain(u.Layer), plain(u.From), to, patches(u.Dropped), patches(u.Added))
	}
}

// patches are some names; of many only the first.
func patches(names []string) string {
	const most = 5
	var list []string
	for i, n := range names {
		if i == most {
			list = append(list, fmt.Sprintf("and %d more", len(names)-most))
			break
		}
		list = append(list, plain(n))
	}
	return strings.Join(list, ", ")
}

// Owner is how an owner is shown.
func Owner(name string) string {
	if name == "" {
		return "nobody known"
	}
	return name
}

// count is a number of things.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func short(hash string) string { return hash[:min(12, len(hash))] }

// shortHash shortens what is a whole hash.
func shortHash(s string) string {
	if len(s) >= 40 && hash.MatchString(s) {
		return short(s)
	}
	return s
}

// escapes are the characters that would be markup.
var escapes = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "|", `\|`, "#", `\#`, "&", "&amp;", "@", "&#64;", "~", `\~`, "!", `\!`)

// plain is text of strangers as text: no markup, no mention, no second line.
func plain(s string) string { return escapes.Replace(term.SafeLine(s)) }

// code is text in a fixed font, which no character of it ends.
func code(s string) string {
	return "`" + strings.NewReplacer("`", "'", "|", "¦").Replace(term.SafeLine(s)) + "`"
}
