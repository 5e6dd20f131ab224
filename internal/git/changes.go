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
	Commit     string
	Author     Person
	AuthorTime time.Time // in UTC; zero when the commit has an impossible one
	Time       time.Time // of the commit, likewise
	Path       string    // as git quotes it where it has odd bytes
	Old, New   string    // hashes of the content; "" where the file did or does not exist
}

// FileChanges calls f for every file that each commit of the log changed, in
// the order of q; commits that change nothing, and merges, are passed over.
// Of q it looks at Revs, Not, Paths and Reverse. An error of f ends it and is
// returned.
func (r *Repo) FileChanges(ctx context.Context, q LogQuery, f func(FileChange) error) error {
	return r.fileChanges(ctx, q, "--no-merges", f)
}

// MainChanges is [Repo.FileChanges] of the main line alone: of the first
// parent of each commit. What a merge brought into it is the merge's.
func (r *Repo) MainChanges(ctx context.Context, q LogQuery, f func(FileChange) error) error {
	return r.fileChanges(ctx, q, "-m", f)
}

// fileChanges is the log with what is to become of merges.
func (r *Repo) fileChanges(ctx context.Context, q LogQuery, merges string, f func(FileChange) error) error {
	mark := "upstreamd-" + rand.Text() // no path can look like a commit
	input, err := q.input()
	if err != nil {
		return err
	}
	c := r.command("log", "--stdin", "--no-color", "--no-decorate", "--no-notes", "--no-show-signature", merges,
		"--raw", "--no-abbrev", "--no-renames", "--no-relative", "--format=tformat:"+mark+"%H%x00%ct%x00%at%x00%an%x00%ae")
	if merges != "--no-merges" {
		c.args = append(c.args, "--first-parent")
	}
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
	var commit FileChange
	for {
		line, err := lines.line(messageLimit)
		if errors.Is(err, io.EOF) {
			return p.wait()
		}
		if head, ok := bytes.CutPrefix(line, []byte(mark)); err == nil && ok {
			commit, err = changeHead(head)
		} else if err == nil && len(line) > 0 {
			change := commit
			if err = change.read(string(line)); err == nil {
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

// Roots are the commits without parents that some revisions have; in a shallow
// clone also those where it ends.
func (r *Repo) Roots(ctx context.Context, revs []string) ([]string, error) {
	if len(revs) == 0 {
		return nil, nil
	}
	input, err := LogQuery{Revs: revs}.input()
	if err != nil {
		return nil, err
	}
	c := r.command("rev-list", "--max-parents=0", "--stdin")
	c.stdin = strings.NewReader(input)
	out, err := c.output(ctx)
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(out)), nil
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

// changeHead reads what the format of [Repo.fileChanges] prints of a commit.
func changeHead(head []byte) (FileChange, error) {
	part := bytes.Split(head, []byte{0})
	if len(part) != 5 {
		return FileChange{}, fmt.Errorf("git log: odd head %.80q", head)
	}
	return FileChange{
		Commit: string(part[0]), Time: unixTime(string(part[1])), AuthorTime: unixTime(string(part[2])),
		Author: Person{text(part[3]), text(part[4])},
	}, nil
}

// read reads one line of git log --raw:
// ":100644 100644 <old> <new> M<tab>path".
func (c *FileChange) read(line string) error {
	head, path, ok := strings.Cut(line, "\t")
	f := strings.Fields(head)
	if !ok || len(f) != 5 || f[0][0] != ':' {
		return fmt.Errorf("git log --raw: odd line %.80q", line)
	}
	c.Path, c.Old, c.New = path, realHash(f[2]), realHash(f[3])
	return nil
}

// realHash is a hash, "" for the one of all zeros.
func realHash(s string) string {
	if strings.Trim(s, "0") == "" {
		return ""
	}
	return s
}
