package git

import (
	"bytes"
	"context"
)

// DiffOptions says how [Scratch.Diff] writes a diff.
type DiffOptions struct {
	Old, New  string // prefixes of the paths, "a/" and "b/" for instance
	Renames   bool   // write renames as such
	Copies    bool   // write copies as such; implies Renames
	FullIndex bool   // whole hashes in the index lines
	Dir       string // only what is below it, with paths that begin there; "" for all
	Stat      bool   // a diffstat and what is made, removed or renamed, as in a mail, and no diff
}

// Diff returns the difference of two trees of s, as [Scratch.Tree] names them,
// in git's format with three lines of context, whatever is configured. It
// matches [ErrTooBig] when it is larger than a patch may be.
func (s *Scratch) Diff(ctx context.Context, from, to string, o DiffOptions) ([]byte, error) {
	for _, tree := range []string{from, to} {
		if err := checkRev(tree); err != nil {
			return nil, err
		}
	}
	relative := "--no-relative"
	if o.Dir != "" {
		relative = "--relative=" + o.Dir + "/"
	}
	args := []string{"diff-tree", "-r", "--no-ext-diff", "--no-textconv", "--no-color", relative,
		"--diff-algorithm=myers", "--src-prefix=" + o.Old, "--dst-prefix=" + o.New}
	switch {
	case o.Copies:
		args = append(args, "-C")
	case o.Renames:
		args = append(args, "-M")
	default:
		args = append(args, "--no-renames")
	}
	if o.Stat {
		args = append(args, "--stat=72", "--summary") // the width of git format-patch
	} else {
		args = append(args, "-p", "-U3", "--inter-hunk-context=0", "--binary")
	}
	if o.FullIndex {
		args = append(args, "--full-index")
	}
	c := s.command(append(args, from, to, "--")...)
	c.limit = patchLimit
	return c.output(ctx)
}

// Reset makes tree, which [Scratch.Tree] named, the tree of s again.
func (s *Scratch) Reset(ctx context.Context, tree string) error {
	if err := checkRev(tree); err != nil {
		return err
	}
	return s.command("read-tree", tree).run(ctx)
}

// Labels name the three sides of a merge in its conflict markers.
type Labels struct{ Ours, Base, Theirs string }

// Merge3Marked is like [Merge3] for people who resolve the conflicts: the
// markers have labels, and show the base too, as git merge-file --diff3 does.
func Merge3Marked(ctx context.Context, base, ours, theirs []byte, l Labels) (merged []byte, clean bool, err error) {
	args := []string{"--diff3"}
	for _, label := range []string{l.Ours, l.Base, l.Theirs} {
		args = append(args, "-L", safeText(label))
	}
	return merge3(ctx, base, ours, theirs, args)
}

// Conflicts counts the places with conflict markers in a text that
// [Merge3Marked] made.
func Conflicts(merged []byte) int {
	n := bytes.Count(merged, []byte("\n<<<<<<< "))
	if bytes.HasPrefix(merged, []byte("<<<<<<< ")) {
		n++
	}
	return n
}
