package demo

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
)

// add writes a commit with the difference to its base to the streams.
func (h *history) add(name string, c *commit, committer stamp, message string) {
	h.marks++
	c.mark = h.marks
	var s strings.Builder
	fmt.Fprintf(&s, "commit %s\nmark :%d\nauthor %s\ncommitter %s\n", refOf(h.branch), c.mark, c.author, committer)
	fmt.Fprintf(&s, "data %d\n%s", len(message), message)
	before := map[string]string{}
	if c.base != nil {
		fmt.Fprintf(&s, "from %s\n", c.base.ref())
		before = c.base.files
	}
	if merged := c.entry.fields["merged"]; merged != "" {
		fmt.Fprintf(&s, "merge %s\n", merged)
	}
	for _, path := range slices.Sorted(maps.Keys(before)) {
		if _, ok := c.files[path]; !ok {
			fmt.Fprintf(&s, "D %s\n", path)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(c.files)) {
		if was, ok := before[path]; !ok || was != c.files[path] {
			fmt.Fprintf(&s, "M 100644 inline %s\ndata %d\n%s\n", path, len(c.files[path]), c.files[path])
		}
	}
	h.write(h.branch, s.String()+"\n")
	h.tips[h.branch] = c
	if name != "" {
		h.named[name] = c
	}
}

// ref is how a stream names the commit.
func (c *commit) ref() string {
	if c.hash != "" {
		return c.hash
	}
	return fmt.Sprintf(":%d", c.mark)
}

// write adds to the streams of the repositories that have the branch.
func (h *history) write(branch, s string) {
	h.all.WriteString(s)
	if !isWork(branch) {
		h.public.WriteString(s)
	}
}

// refOf is the ref of a branch; pull requests have theirs where forges keep
// them, and mirrors do not fetch them.
func refOf(branch string) string {
	if strings.HasPrefix(branch, "pull/") {
		return "refs/" + branch + "/head"
	}
	return "refs/heads/" + branch
}

func isWork(branch string) bool { return strings.HasPrefix(branch, "work/") }

// flush gives the streams to git and learns the hashes of the commits.
func (h *history) flush(ctx context.Context) error {
	for _, to := range []struct {
		dir    string
		stream *bytes.Buffer
	}{{h.workshop, &h.all}, {h.published, &h.public}} {
		to.stream.WriteString("done\n")
		hashes, err := git.FastImport(ctx, to.dir, to.stream)
		if err != nil {
			return err
		}
		to.stream.Reset()
		for _, tip := range h.tips {
			for c := tip; c != nil && c.hash == ""; c = c.base {
				c.hash = hashes[fmt.Sprintf(":%d", c.mark)]
			}
		}
	}
	for name, c := range h.named {
		h.b.Commits[h.name+"/"+name] = c.hash
	}
	return nil
}
