package demo

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/tools/txtar"
)

// A history is one repository in the making. What happened since the last
// flush waits in two streams for git fast-import.
type history struct {
	b                   *builder
	name                string
	workshop, published string // directories of the repositories
	signed              bool   // commits have Signed-off-by lines
	branch              string
	tips                map[string]*commit // by branch
	named               map[string]*commit // by name in the story, and by tag
	marks               int
	all, public         bytes.Buffer
	files               map[string]string // as the history begins
}

// A commit is one that was made.
type commit struct {
	entry  entry
	author stamp
	at     time.Time         // of the commit
	files  map[string]string // content by path
	base   *commit           // nil for the first
	mark   int
	hash   string // "" until the flush
}

// A stamp is who and when.
type stamp struct {
	human
	at time.Time
}

func (s stamp) String() string {
	return fmt.Sprintf("%s %d %s", s.human, s.at.Unix(), s.moment(s.at).Format("-0700"))
}

func newHistory(b *builder, name, workshop, published string) *history {
	return &history{
		b: b, name: name, workshop: workshop, published: published, branch: "main",
		tips: map[string]*commit{}, named: map[string]*commit{},
	}
}

// begin takes the files that the first commit adds.
func (h *history) begin(base *txtar.Archive) error {
	h.files = map[string]string{}
	for _, f := range base.Files {
		if _, twice := h.files[f.Name]; twice {
			return fmt.Errorf("%s is there twice", f.Name)
		}
		h.files[f.Name] = string(f.Data)
	}
	return nil
}

// play lets one entry of the script happen.
func (h *history) play(ctx context.Context, e entry) error {
	word := func(i int) string {
		if i < len(e.args) {
			return e.args[i]
		}
		return ""
	}
	switch e.kind {
	case "begin":
		h.signed = e.fields["signed"] == "yes"
		return h.commit(ctx, "", e, maps.Clone(h.files))
	case "commit":
		return h.commit(ctx, word(0), e, nil)
	case "pick":
		return h.pick(ctx, word(0), word(2), e)
	case "branch":
		return h.switchTo(word(0), word(2))
	case "pull":
		return h.switchTo("pull/"+word(0), "main")
	case "tag":
		return h.tag(word(0), e)
	case "merge":
		return h.merge(ctx, word(0), e)
	}
	return fmt.Errorf("nothing is called %q", e.kind)
}

// switchTo goes on with a branch; at is where a new one begins.
func (h *history) switchTo(branch, at string) error {
	h.branch = branch
	if at == "" {
		if h.tips[branch] == nil {
			return fmt.Errorf("no branch %s yet", branch)
		}
		return nil
	}
	from := cmp.Or(h.named[at], h.tips[at])
	if from == nil {
		return fmt.Errorf("no commit, tag or branch %s", at)
	}
	h.tips[branch] = from
	h.write(branch, fmt.Sprintf("reset %s\nfrom %s\n\n", refOf(branch), from.ref()))
	return nil
}

// commit makes the entry's edits a commit on the branch. Files are those that
// it begins with; nil for those of the branch.
func (h *history) commit(ctx context.Context, name string, e entry, files map[string]string) error {
	author, err := h.b.stamp(e.fields["by"], h.name+name)
	if err != nil {
		return err
	}
	return h.make(ctx, name, &commit{entry: e, author: author, files: files}, e)
}

// pick makes the change of an earlier commit again on the branch, with its
// author. The entry can bring other edits, and what to add to the message.
func (h *history) pick(ctx context.Context, name, of string, e entry) error {
	old := h.named[of]
	if old == nil {
		return fmt.Errorf("no commit %s", of)
	}
	c := &commit{entry: old.entry, author: old.author}
	c.entry.fields = maps.Clone(old.entry.fields)
	maps.Copy(c.entry.fields, e.fields)
	if e.edits != nil {
		c.entry.edits = e.edits
	}
	if subject := e.fields["subject"]; subject != "" {
		_, rest, _ := strings.Cut(c.entry.text, "\n")
		c.entry.text = subject + "\n" + rest
	}
	return h.make(ctx, name, c, e)
}

// make completes a commit and puts it on the branch. The note of the entry
// that asks for it goes between the trailers, as maintainers write it.
func (h *history) make(ctx context.Context, name string, c *commit, asks entry) error {
	c.base = h.tips[h.branch]
	if c.files == nil {
		c.files = maps.Clone(c.base.files)
	}
	for _, d := range c.entry.edits {
		if err := h.edit(ctx, d, c.files); err != nil {
			return err
		}
	}
	committer := c.author
	if applied := c.entry.fields["applied"]; applied != "" {
		var err error
		if committer, err = h.b.stamp(applied, h.name+name+"applied"); err != nil {
			return err
		}
	}
	// Histories go forward, whatever the jitter of the clock.
	if c.base != nil && !committer.at.After(c.base.at) {
		committer.at = c.base.at.Add(97 * time.Second)
	}
	c.at = committer.at
	if c.author.at.After(c.at) {
		c.author.at = c.at
	}
	note := ""
	if asks.kind == "pick" {
		note = asks.text
	}
	message, err := h.expand(ctx, h.message(c, committer, note))
	if err != nil {
		return err
	}
	h.add(name, c, committer, message)
	return nil
}

// message is the entry's text with the trailers that belong to it.
func (h *history) message(c *commit, committer stamp, note string) string {
	var trailers []string
	sign := func(kind string, p human) {
		if line := kind + ": " + p.String(); !slices.Contains(trailers, line) {
			trailers = append(trailers, line)
		}
	}
	if h.signed {
		sign("Signed-off-by", c.author.human)
	}
	for _, key := range strings.Fields(c.entry.fields["reviewed"]) {
		sign("Reviewed-by", humans()[key])
	}
	if note != "" {
		trailers = append(trailers, note)
	}
	if h.signed {
		sign("Signed-off-by", committer.human)
	}
	text := strings.TrimSpace(c.entry.text) + "\n"
	if len(trailers) > 0 {
		text += "\n" + strings.Join(trailers, "\n") + "\n"
	}
	return text
}

// edit makes one edit; patches of other repositories are read first.
func (h *history) edit(ctx context.Context, d edit, files map[string]string) error {
	if d.how == "patch" {
		p, err := h.b.patch(ctx, d.from)
		if err != nil {
			return err
		}
		lines, err := h.expand(ctx, d.lines)
		if err != nil {
			return err
		}
		files[d.path] = annotate(string(p), strings.TrimSpace(lines))
		return nil
	}
	var err error
	if d.new, err = h.expand(ctx, d.new); err == nil {
		d.old, err = h.expand(ctx, d.old)
	}
	if err != nil {
		return err
	}
	return d.apply(files)
}

// annotate puts lines at the end of a patch's message.
func annotate(p, lines string) string {
	message, diff, ok := strings.Cut(p, "\n---\n")
	if !ok || lines == "" {
		return p
	}
	last := message[strings.LastIndexByte(message, '\n')+1:]
	if key, _, ok := strings.Cut(last, ": "); !ok || strings.Contains(key, " ") || !strings.Contains(key, "-") {
		message += "\n"
	}
	return message + "\n" + lines + "\n---\n" + diff
}

// merge merges a branch that begins where main ends into main.
func (h *history) merge(ctx context.Context, from string, e entry) error {
	h.branch = "main"
	tip := h.tips[from]
	for c := tip; c != h.tips["main"]; c = c.base {
		if c == nil {
			return fmt.Errorf("%s does not begin at the tip of main", from)
		}
	}
	e.fields["merged"] = tip.ref()
	return h.commit(ctx, "", e, maps.Clone(tip.files))
}

// tag makes an annotated tag at the tip of the branch.
func (h *history) tag(name string, e entry) error {
	tagger, err := h.b.stamp(e.fields["by"], h.name+name)
	if err != nil {
		return err
	}
	tip := h.tips[h.branch]
	if tagger.at.Before(tip.at) {
		tagger.at = tip.at.Add(5 * time.Minute)
	}
	text := e.text + "\n"
	h.write(h.branch, fmt.Sprintf("tag %s\nfrom %s\ntagger %s\ndata %d\n%s\n", name, tip.ref(), tagger, len(text), text))
	h.named[name] = tip
	return nil
}

// expand replaces {{...}} in a text; commits of this repository get their
// hashes first.
func (h *history) expand(ctx context.Context, text string) (string, error) {
	for _, wanted := range placeholders(text) {
		if repo, name, ok := cutRepo(wanted.arg); ok && repo == h.name && wanted.kind != "date" && h.b.Commits[wanted.arg] == "" {
			if h.named[name] == nil {
				return "", fmt.Errorf("no commit %s", name)
			}
			if err := h.flush(ctx); err != nil {
				return "", err
			}
		}
	}
	return h.b.expand(text)
}
