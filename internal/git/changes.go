package git

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// A FileChange is what one commit did to one file.
type FileChange struct {
	Commit   string
	Time     time.Time // of the commit, in UTC
	Path     string    // as git quotes it where it has odd bytes
	Old, New string    // hashes of the content; "" where the file did or does not exist
}

// FileChanges calls f for every file that each commit of the log changed, in
// the order of q; commits that change nothing, and merges, are passed over.
// Diff of q is not looked at. An error of f ends it and is returned.
func (r *Repo) FileChanges(ctx context.Context, q LogQuery, f func(FileChange) error) error {
	mark := "upstreamd-" + rand.Text() // no path can look like a commit
	input, err := q.input()
	if err != nil {
		return err
	}
	c := r.command("log", "--stdin", "--no-color", "--no-decorate", "--no-notes", "--no-show-signature", "--no-merges",
		"--raw", "--no-abbrev", "--no-renames", "--no-relative", "--format=tformat:"+mark+"%H %ct")
	if q.Reverse {
		c.args = append(c.args, "--reverse")
	}
	if len(q.Revs) == 0 {
		c.args = append(c.args, "--branches")
	}
	c.stdin = strings.NewReader(input)
	p, err := c.start(ctx)
	if err != nil {
		return err
	}
	lines := &logReader{r: bufio.NewReaderSize(p.stdout, 64<<10)}
	commit, when := "", time.Time{}
	for {
		line, err := lines.line(messageLimit)
		if errors.Is(err, io.EOF) {
			return p.wait()
		}
		if hash, ok := bytes.CutPrefix(line, []byte(mark)); err == nil && ok {
			name, seconds, _ := strings.Cut(string(hash), " ")
			commit, when = name, unixTime(seconds)
		} else if err == nil && len(line) > 0 {
			var change FileChange
			if change, err = fileChange(commit, string(line)); err == nil {
				change.Time = when
				err = f(change)
			}
		}
		if err != nil {
			p.kill()
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
	}
}

// CountCommits is how many commits a log of q has. Only Revs, Not and Merges
// of q are looked at.
func (r *Repo) CountCommits(ctx context.Context, q LogQuery) (int, error) {
	input, err := LogQuery{Revs: q.Revs, Not: q.Not}.input()
	if err != nil {
		return 0, err
	}
	c := r.command("rev-list", "--count", "--stdin")
	if !q.Merges {
		c.args = append(c.args, "--no-merges")
	}
	c.stdin = strings.NewReader(input)
	out, err := c.output(ctx)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(out)))
}

// fileChange reads one line of git log --raw:
// ":100644 100644 <old> <new> M<tab>path".
func fileChange(commit, line string) (FileChange, error) {
	head, path, ok := strings.Cut(line, "\t")
	f := strings.Fields(head)
	if !ok || len(f) != 5 || f[0][0] != ':' {
		return FileChange{}, fmt.Errorf("git log --raw: odd line %.80q", line)
	}
	return FileChange{Commit: commit, Path: path, Old: realHash(f[2]), New: realHash(f[3])}, nil
}

// realHash is a hash, "" for the one of all zeros.
func realHash(s string) string {
	if strings.Trim(s, "0") == "" {
		return ""
	}
	return s
}
