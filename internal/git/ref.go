package git

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Tip is where a branch or tag points.
type Tip struct {
	Ref  string    // refs/heads/x or refs/tags/y
	Hash string    // the commit, also for an annotated tag
	Time time.Time // when that commit was committed
}

const tipFormat = "--format=%(objectname)|%(objecttype)|%(committerdate:unix)|" +
	"%(*objectname)|%(*objecttype)|%(*committerdate:unix)|%(refname)"

// Tips returns all branches and tags in order of their names. Tags of trees
// and blobs are left out.
func (r *Repo) Tips(ctx context.Context) ([]Tip, error) {
	out, err := r.command("for-each-ref", tipFormat, "refs/heads", "refs/tags").output(ctx)
	if err != nil {
		return nil, err
	}
	var tips []Tip
	for line := range strings.Lines(string(out)) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), "|", 7)
		if len(f) != 7 {
			return nil, fmt.Errorf("git for-each-ref: odd line %q", line)
		}
		hash, kind, when := f[0], f[1], f[2]
		if kind == "tag" {
			hash, kind, when = f[3], f[4], f[5]
		}
		if kind == "tag" { // a tag of a tag
			err := r.Log(ctx, LogQuery{Revs: []string{hash}, Merges: true, Max: 1}, func(c *Commit) error {
				tips = append(tips, Tip{Ref: f[6], Hash: c.Hash, Time: c.CommitTime})
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
		if kind == "commit" {
			tips = append(tips, Tip{Ref: f[6], Hash: hash, Time: unixTime(when)})
		}
	}
	return tips, nil
}

// Resolve returns the full hash of the commit that rev names. The error
// matches [ErrNotFound] when there is none.
func (r *Repo) Resolve(ctx context.Context, rev string) (string, error) {
	if err := checkRev(rev); err != nil {
		return "", err
	}
	out, err := r.command("rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}").output(ctx)
	var failed *CommandError
	if errors.As(err, &failed) && !errors.Is(err, ErrCorrupt) {
		return "", fmt.Errorf("revision %q: %w", rev, ErrNotFound)
	}
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(strings.TrimPrefix(string(out), "--end-of-options\n")), nil
}

// IsAncestor reports whether commit a is b or reachable from b.
func (r *Repo) IsAncestor(ctx context.Context, a, b string) (bool, error) {
	if err := errors.Join(checkRev(a), checkRev(b)); err != nil {
		return false, err
	}
	err := r.command("merge-base", "--is-ancestor", a, b).run(ctx)
	var failed *CommandError
	if errors.As(err, &failed) && failed.Code == 1 {
		return false, nil
	}
	return err == nil, err
}

// Containing returns the full names of the branches and tags from which
// commit is reachable.
func (r *Repo) Containing(ctx context.Context, commit string) ([]string, error) {
	if err := checkRev(commit); err != nil {
		return nil, err
	}
	out, err := r.command("for-each-ref", "--format=%(refname)", "--contains="+commit, "refs/heads", "refs/tags").output(ctx)
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(out)), nil
}

// checkRev refuses what git could take for anything but one revision.
func checkRev(rev string) error {
	if rev == "" || len(rev) > 1024 || strings.ContainsAny(rev[:1], "-^:") || strings.Contains(rev, "..") ||
		strings.ContainsFunc(rev, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return fmt.Errorf("revision %q: %w", rev, ErrNotFound)
	}
	return nil
}

// unixTime reads seconds since 1970. Impossible times are the zero time.
func unixTime(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < -1<<40 || n > 1<<40 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}
