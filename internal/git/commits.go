package git

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
)

// RevList returns the hashes of all commits that are reachable from some
// revisions (full refs or hashes) and not from others, oldest first and none
// before its parents. What is in not and does not exist is passed over.
func (r *Repo) RevList(ctx context.Context, revs, not []string) ([]string, error) {
	if len(revs) == 0 {
		return nil, nil
	}
	input, err := LogQuery{Revs: revs, Not: not}.input()
	if err != nil {
		return nil, err
	}
	c := r.command("rev-list", "--ignore-missing", "--reverse", "--date-order", "--stdin")
	c.stdin = strings.NewReader(input)
	c.limit = 4 << 30 // at 41 bytes a commit
	out, err := c.output(ctx)
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(out)), nil
}

// maxLost is how many commits in a row may turn out to be damaged before the
// rest of a call is read without diffs.
const maxLost = 20

// A CommitReader reads commits by name, with their diffs, by a git process
// that lives from call to call. It is used by one goroutine and must be
// closed.
type CommitReader struct {
	repo  *Repo
	limit int             // bytes of one diff
	ends  map[string]bool // where a shallow clone ends
	mark  string
	p     *process
	stop  context.CancelFunc
	in    *io.PipeWriter
	out   markReader
}

// CommitReader returns a reader that cuts diffs at limit bytes.
func (r *Repo) CommitReader(limit int) *CommitReader {
	// No file can contain a mark drawn for this reader. It begins with a byte
	// that is rare in text, so that it is found fast.
	return &CommitReader{repo: r, limit: limit, ends: r.Shallow(), mark: "\x01upstreamd-" + rand.Text()}
}

// Read calls f for each of some commits, given by full hashes, in that order.
// The diff of a merge is a combined one (git diff-tree --cc), of the files
// that differ from all parents. A commit of which objects are missing or
// damaged comes with the reason in Lost instead of a diff, and with nothing
// but its hash if it cannot be read itself. Where a shallow clone ends there is
// no diff: git would show the whole tree. Diff is valid until f returns. An
// error of f ends the reading and is returned.
func (c *CommitReader) Read(ctx context.Context, hashes []string, f func(*Commit) error) error {
	lost, tried := 0, false
	for len(hashes) > 0 {
		n, err := c.run(ctx, hashes, f)
		if err == nil {
			return nil
		}
		var died *deadError
		if ctx.Err() != nil || !errors.As(err, &died) {
			c.Close()
			return err
		}
		hashes = hashes[n:]
		if n > 0 || len(hashes) == 0 {
			lost, tried = 0, false
		}
		if len(hashes) == 0 {
			return nil
		}
		if !tried {
			tried = true // git may have stumbled over something that is being repacked
			continue
		}
		take := 1
		if lost++; lost >= maxLost {
			take = len(hashes)
		}
		for _, hash := range hashes[:take] {
			if err := f(c.header(ctx, hash, died.Error())); err != nil {
				return err
			}
		}
		hashes, tried = hashes[take:], false
	}
	return ctx.Err()
}

// A deadError says why git ended early.
type deadError struct{ err error }

func (e *deadError) Error() string { return e.err.Error() }
func (e *deadError) Unwrap() error { return e.err }

// run reads commits until git ends, and says how many it has handed out. The
// error is a deadError if the next one ended git.
func (c *CommitReader) run(ctx context.Context, hashes []string, f func(*Commit) error) (done int, err error) {
	if c.p == nil {
		if err := c.start(ctx); err != nil {
			return 0, err
		}
	}
	go func(in io.Writer) {
		var b strings.Builder
		for _, h := range hashes {
			b.WriteString(h + "\n" + c.mark + "e\n") // what is no hash, git repeats
		}
		io.WriteString(in, b.String())
	}(c.in)
	for i, hash := range hashes {
		commit, err := c.out.commit(hash, c.limit)
		if errors.Is(err, io.EOF) {
			c.in.Close()
			werr := c.p.wait()
			c.stop()
			c.p = nil
			if werr == nil {
				werr = io.ErrUnexpectedEOF
			}
			return i, &deadError{werr}
		}
		if err != nil {
			return i, err
		}
		if c.ends[hash] {
			commit.Diff = nil
		}
		if err := f(commit); err != nil {
			return i + 1, err
		}
	}
	return len(hashes), nil
}

// start starts git.
func (c *CommitReader) start(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	in, w := io.Pipe()
	cmd := c.repo.command("diff-tree", "--stdin", "--always", "--root", "--cc", "--no-color", "--no-notes", "--no-show-signature",
		"--format=tformat:"+c.mark+"c%n"+headFormat+c.mark+"m")
	cmd.args = append(cmd.args, diffArgs...)
	cmd.stdin = in
	p, err := cmd.start(ctx)
	if err != nil {
		stop()
		return err
	}
	c.p, c.stop, c.in = p, stop, w
	c.out = markReader{r: p.stdout, mark: []byte(c.mark), buf: c.out.buf}
	return nil
}

// header reads a commit without its diff.
func (c *CommitReader) header(ctx context.Context, hash, why string) *Commit {
	found := &Commit{Hash: hash}
	q := LogQuery{Revs: []string{hash}, Only: true, Merges: true}
	c.repo.Log(ctx, q, func(c *Commit) error { // an error leaves the hash alone
		found = c
		return nil
	})
	found.Lost = why
	return found
}

// Close ends the process.
func (c *CommitReader) Close() {
	if c.p == nil {
		return
	}
	c.in.Close()
	c.stop()
	c.p.cmd.Wait() // a process that was told to end has nothing to say
	c.p = nil
}

// A markReader cuts a stream at marks, each followed by a letter and a newline.
type markReader struct {
	r          io.Reader
	mark       []byte
	buf        []byte
	start, end int // what is read and not handed out
}

// commit reads one commit: c head m diff e, or e alone for one that git does
// not have.
func (m *markReader) commit(hash string, limit int) (*Commit, error) {
	_, kind, _, err := m.next(messageLimit)
	if err != nil {
		return nil, err
	}
	if kind == 'e' {
		return &Commit{Hash: hash, Lost: "commit is missing"}, nil
	}
	head, kind, _, err := m.next(messageLimit)
	if err != nil {
		return nil, err
	}
	c, ok := parseHead(head)
	if !ok || kind != 'm' || c.Hash != hash {
		return nil, fmt.Errorf("git diff-tree: odd head of commit %.64s", hash)
	}
	diff, kind, cut, err := m.next(limit)
	if err != nil {
		return nil, err
	}
	if kind != 'e' {
		return nil, fmt.Errorf("git diff-tree: odd diff of commit %.64s", hash)
	}
	c.Diff, c.DiffTruncated = bytes.TrimLeft(diff, "\n"), cut
	return c, nil
}

// next reads up to the next mark. Of what stands before it no more than limit
// bytes are kept; they are valid until the next call.
func (m *markReader) next(limit int) (part []byte, kind byte, cut bool, err error) {
	scan := m.start
	for {
		whole := len(m.mark) + 2
		if i := bytes.IndexByte(m.buf[scan:m.end], m.mark[0]); i < 0 {
			scan = m.end
		} else if scan += i; m.end-scan >= whole {
			if !bytes.HasPrefix(m.buf[scan:m.end], m.mark) {
				scan++
				continue
			}
			part = m.buf[m.start:scan]
			m.start = scan + whole
			return part[:min(len(part), limit)], m.buf[m.start-2], cut || len(part) > limit, nil
		}
		if over := scan - m.start - limit; over > 0 {
			cut = true
			copy(m.buf[scan-over:], m.buf[scan:m.end])
			scan, m.end = scan-over, m.end-over
		}
		scan -= m.room()
		n, err := m.r.Read(m.buf[m.end:])
		m.end += n
		if n == 0 && err != nil {
			return nil, 0, false, err
		}
	}
}

// room makes room in the buffer, and says by how much its content has moved.
func (m *markReader) room() (moved int) {
	const least = 64 << 10
	if len(m.buf)-m.end >= least {
		return 0
	}
	moved = m.start
	if n := m.end - m.start; len(m.buf) < 2*n+2*least {
		bigger := make([]byte, 2*n+4*least)
		copy(bigger, m.buf[m.start:m.end])
		m.buf = bigger
	} else {
		copy(m.buf, m.buf[m.start:m.end])
	}
	m.start, m.end = 0, m.end-moved
	return moved
}
