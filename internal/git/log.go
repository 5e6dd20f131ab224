package git

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	messageLimit = 1 << 20  // bytes of one commit message
	diffLimit    = 32 << 20 // bytes of one commit's diff
)

// A Person is the author or committer as the commit names them.
type Person struct{ Name, Email string }

// A Commit is one commit of a log. It is not changed after it was handed out.
type Commit struct {
	Hash                   string
	Parents                []string
	Author, Committer      Person
	AuthorTime, CommitTime time.Time // in UTC; zero when the commit has an impossible one
	Subject                string    // first paragraph of the message, in one line
	Body                   string    // the rest of the message
	Diff                   []byte    // where asked for; empty for a merge, and where a shallow clone ends
	DiffTruncated          bool      // the diff is longer than 32 MiB, or the reader's limit, and was cut there
	Lost                   string    // why there is no diff, where objects are missing ([CommitReader] only)
}

// A LogQuery says which commits a log is about.
type LogQuery struct {
	Revs    []string // where to start, full refs or hashes best; default: all branches and HEAD
	Not     []string // what is reachable from these is left out
	Diff    bool     // fill in Diff: unified, a/ and b/ prefixes, full index lines, renames as delete and add
	Paths   []string // only commits that touch one of these files or directories, from the root of the tree
	Reverse bool     // oldest first
	Merges  bool     // merge commits too
	Only    bool     // just the commits that Revs names, in that order, none that they are made on
	Max     int      // at most so many commits; 0 for no limit
}

// Log calls f for each commit, newest first, while git is still running. An
// error of f ends it and is returned.
func (r *Repo) Log(ctx context.Context, q LogQuery, f func(*Commit) error) error {
	// Neither a message nor a file can contain a mark drawn for this call, so
	// nothing in them can look like the next commit.
	mark := "upstreamd-" + rand.Text()
	c := r.command(q.args(mark)...)
	if len(q.Revs) == 0 {
		if head, err := r.Resolve(ctx, "HEAD"); err == nil {
			q.Revs = []string{head} // beside the branches: it may be detached
		}
	}
	input, err := q.input()
	if err != nil {
		return err
	}
	c.stdin = strings.NewReader(input)
	p, err := c.start(ctx)
	if err != nil {
		return err
	}
	in := &logReader{r: bufio.NewReaderSize(p.stdout, 64<<10), mark: mark}
	ends := r.Shallow()
	for {
		commit, err := in.next()
		switch {
		case err == nil:
			if ends[commit.Hash] {
				commit.Diff = nil
			}
			err = f(commit)
		case errors.Is(err, io.EOF):
			return p.wait()
		case errors.Is(err, io.ErrUnexpectedEOF):
			return errors.Join(err, p.wait()) // git knows why it stopped
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

// headFormat is what [parseHead] reads.
const headFormat = "%H%n%P%n%an%n%ae%n%at%n%cn%n%ce%n%ct%n%B%n"

// diffArgs fix the form of all diffs.
var diffArgs = []string{
	"-p", "-U3", "--no-ext-diff", "--no-textconv", "--no-renames", "--full-index",
	"--inter-hunk-context=0", "--diff-algorithm=myers", "--ignore-submodules=none", "--submodule=short",
	"--src-prefix=a/", "--dst-prefix=b/", "--no-relative", "--ita-invisible-in-index",
}

func (q LogQuery) args(mark string) []string {
	args := []string{
		"log", "--stdin", "--no-color", "--no-decorate", "--no-notes", "--no-show-signature", "--ignore-missing",
		"--format=tformat:" + mark + "%n" + headFormat + mark + "-",
	}
	if q.Diff {
		args = append(args, diffArgs...)
	}
	if q.Reverse {
		args = append(args, "--reverse")
	}
	if !q.Merges {
		args = append(args, "--no-merges")
	}
	if q.Only {
		args = append(args, "--no-walk=unsorted")
	}
	if q.Max > 0 {
		args = append(args, "--max-count="+strconv.Itoa(q.Max))
	}
	if len(q.Revs) == 0 {
		args = append(args, "--branches")
	}
	return args
}

// input is what git log reads: revisions and paths, as many as there are.
func (q LogQuery) input() (string, error) {
	var b strings.Builder
	for _, rev := range q.Revs {
		if err := checkRev(rev); err != nil {
			return "", err
		}
		b.WriteString(rev + "\n")
	}
	for _, rev := range q.Not {
		if err := checkRev(rev); err != nil {
			return "", err
		}
		b.WriteString("^" + rev + "\n")
	}
	if len(q.Paths) > 0 {
		b.WriteString("--\n")
	}
	for _, path := range q.Paths {
		if strings.Contains(path, "\n") || !fs.ValidPath(strings.TrimSuffix(path, "/")) {
			return "", fmt.Errorf("path %q: %w", path, ErrNotFound)
		}
		b.WriteString(path + "\n")
	}
	return b.String(), nil
}

// A logReader cuts the output of git log into commits.
type logReader struct {
	r    *bufio.Reader
	mark string
	open bool // the mark that begins a commit is read already
}

// next reads one commit; io.EOF after the last.
func (l *logReader) next() (*Commit, error) {
	if !l.open {
		line, err := l.line(messageLimit)
		if err != nil {
			return nil, err
		}
		if string(line) != l.mark {
			return nil, fmt.Errorf("git log: odd line %.80q", line)
		}
	}
	head, err := l.head()
	if err != nil {
		return nil, err
	}
	c, ok := parseHead(head)
	if !ok {
		return nil, fmt.Errorf("git log: odd head %.80q", head)
	}
	return c, l.diff(c)
}

// head reads up to the mark that ends it.
func (l *logReader) head() ([]byte, error) {
	var b bytes.Buffer
	end := l.mark + "-"
	for {
		line, err := l.line(messageLimit)
		if err != nil {
			return nil, noEOF(err)
		}
		if string(line) == end {
			return b.Bytes(), nil
		}
		if b.Len()+len(line) < messageLimit {
			b.Write(line)
			b.WriteByte('\n')
		}
	}
}

// parseHead reads what git printed for [headFormat].
func parseHead(b []byte) (c *Commit, ok bool) {
	var head [8]string
	for i := range head {
		line, rest, ok := bytes.Cut(b, []byte("\n"))
		if !ok {
			return nil, false
		}
		head[i], b = text(line), rest
	}
	c = &Commit{
		Hash: head[0], Parents: strings.Fields(head[1]),
		Author: Person{head[2], head[3]}, AuthorTime: unixTime(head[4]),
		Committer: Person{head[5], head[6]}, CommitTime: unixTime(head[7]),
	}
	subject, body, _ := strings.Cut(strings.TrimLeft(text(b), "\n"), "\n\n")
	c.Subject = strings.TrimSpace(strings.ReplaceAll(subject, "\n", " "))
	c.Body = strings.Trim(body, "\n")
	if c.Body != "" {
		c.Body += "\n"
	}
	return c, true
}

// diff reads up to the mark that begins the next commit, or the end.
func (l *logReader) diff(c *Commit) error {
	l.open = false
	var b []byte
	start := true // of a line
	for {
		part, err := l.r.ReadSlice('\n')
		if start && bytes.HasPrefix(part, []byte(l.mark)) {
			l.open = true
			break
		}
		start = err == nil
		if len(b)+len(part) <= diffLimit {
			b = append(b, part...)
		} else {
			c.DiffTruncated = true
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
	c.Diff = bytes.TrimLeft(b, "\n")
	return nil
}

// line reads one line without its newline, of which no more than limit bytes
// are kept.
func (l *logReader) line(limit int) ([]byte, error) {
	var b []byte
	for {
		part, err := l.r.ReadSlice('\n')
		if len(b) < limit {
			b = append(b, part...)
		}
		switch {
		case err == nil:
			return bytes.TrimSuffix(b, []byte("\n")), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(b) > 0:
			return b, nil
		default:
			return nil, err
		}
	}
}

// noEOF is for an end in the middle of a commit.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// text is b as UTF-8. What is not, is taken for Latin-1, which old commits
// without an encoding header mostly are.
func text(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return string(r)
}
