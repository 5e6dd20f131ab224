package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

const blobLimit = 16 << 20 // bytes of one blob

// errNoBlob means that an object is there and is no blob.
var errNoBlob = fmt.Errorf("no blob: %w", ErrNotFound)

// An Entry is one file of a tree.
type Entry struct {
	Mode string // 100644, 100755, 120000 for a symbolic link, 160000 for a submodule
	Type string // "blob", or "commit" for a submodule
	Hash string
	Path string
	Size int64 // bytes; 0 for a submodule
}

// Tree returns all files of the commit or tree rev, in order of their paths.
func (r *Repo) Tree(ctx context.Context, rev string) ([]Entry, error) {
	if err := checkRev(rev); err != nil {
		return nil, err
	}
	out, err := r.command("ls-tree", "-r", "-l", "-z", "--full-tree", rev).output(ctx)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for line := range bytes.SplitSeq(bytes.TrimSuffix(out, []byte{0}), []byte{0}) {
		if len(line) == 0 {
			continue // the empty tree
		}
		head, path, ok := strings.Cut(string(line), "\t")
		f := strings.Fields(head)
		if !ok || len(f) != 4 {
			return nil, fmt.Errorf("git ls-tree: odd line %.80q", line)
		}
		size, err := strconv.ParseInt(f[3], 10, 64)
		if err != nil && f[3] != "-" {
			return nil, fmt.Errorf("git ls-tree: odd size %.20q", f[3])
		}
		entries = append(entries, Entry{Mode: f[0], Type: f[1], Hash: f[2], Path: path, Size: size})
	}
	return entries, nil
}

// A Batch reads many blobs with one git process. Its methods may be called
// from several goroutines. It must be closed.
type Batch struct {
	mu   sync.Mutex
	p    *process
	stop context.CancelFunc
	in   *io.PipeWriter
	out  *bufio.Reader
	err  error // why the process is of no more use
}

// Batch starts a Batch. It ends with ctx at the latest.
func (r *Repo) Batch(ctx context.Context) (*Batch, error) {
	ctx, stop := context.WithCancel(ctx)
	in, w := io.Pipe()
	c := r.command("cat-file", "--batch")
	c.stdin = in
	p, err := c.start(ctx)
	if err != nil {
		stop()
		return nil, err
	}
	return &Batch{p: p, stop: stop, in: w, out: bufio.NewReaderSize(p.stdout, 64<<10)}, nil
}

// Blob returns the content of the blob spec, a hash or rev:path; for a
// symbolic link that is its target. The error matches [ErrNotFound] when there
// is no such blob and [ErrTooBig] when it has more than 16 MiB.
func (b *Batch) Blob(spec string) ([]byte, error) {
	data, size, err := b.begin(spec, blobLimit)
	if err == nil && size > blobLimit {
		return nil, fmt.Errorf("blob %q of %d bytes: %w", spec, size, ErrTooBig)
	}
	return data, err
}

// Has says whether the repository has an object with this hash, of any type.
func (b *Batch) Has(hash string) (bool, error) {
	_, _, err := b.begin(hash, 0)
	switch {
	case err == nil || errors.Is(err, errNoBlob):
		return true, nil
	case errors.Is(err, ErrNotFound):
		return false, nil
	}
	return false, err
}

// Begin is like [Batch.Blob] for blobs of any size, of which it returns the
// first bytes, at most so many.
func (b *Batch) Begin(spec string, most int64) ([]byte, error) {
	data, _, err := b.begin(spec, most)
	return data, err
}

func (b *Batch) begin(spec string, most int64) (data []byte, size int64, err error) {
	if !plainSpec(spec) {
		return nil, 0, fmt.Errorf("blob %q: %w", spec, ErrNotFound)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return nil, 0, b.err
	}
	data, size, err = b.ask(spec, most)
	if err != nil && !errors.Is(err, ErrNotFound) {
		b.err = err
		b.stop()
	}
	return data, size, err
}

// plainSpec refuses what git would not look up: texts to search for, names
// relative to a directory (on which git gives up), and what is no line.
func plainSpec(spec string) bool {
	_, path, _ := strings.Cut(spec, ":")
	return spec != "" && spec[0] != ':' && len(spec) <= 16<<10 && !strings.ContainsAny(spec, "\n\x00") &&
		!strings.HasPrefix(path, "./") && !strings.HasPrefix(path, "../")
}

// ask puts one question and reads the whole answer, of which it returns the
// first bytes.
func (b *Batch) ask(spec string, most int64) (data []byte, size int64, err error) {
	if _, err := io.WriteString(b.in, spec+"\n"); err != nil {
		return nil, 0, fmt.Errorf("git cat-file: %w", err)
	}
	head, err := b.out.ReadString('\n')
	if err != nil {
		return nil, 0, fmt.Errorf("git cat-file: %w", noEOF(err))
	}
	f := strings.Fields(head)
	if len(f) < 3 || len(f) > 3 || strings.HasPrefix(head, spec+" ") && f[len(f)-1] == "missing" {
		return nil, 0, fmt.Errorf("blob %q: %w", spec, ErrNotFound)
	}
	size, err = strconv.ParseInt(f[2], 10, 64)
	if err != nil || size < 0 {
		return nil, 0, fmt.Errorf("blob %q: %w", spec, ErrNotFound)
	}
	if f[1] != "blob" {
		most = 0
	}
	data = make([]byte, min(size, most))
	if _, err := io.ReadFull(b.out, data); err != nil {
		return nil, 0, fmt.Errorf("git cat-file: %w", noEOF(err))
	}
	if _, err := io.CopyN(io.Discard, b.out, size-int64(len(data))+1); err != nil { // with the newline that follows
		return nil, 0, fmt.Errorf("git cat-file: %w", noEOF(err))
	}
	if f[1] != "blob" {
		return nil, 0, fmt.Errorf("blob %q is a %s: %w", spec, f[1], errNoBlob)
	}
	return data, size, nil
}

// Close ends the process.
func (b *Batch) Close() {
	b.in.Close()
	b.stop()
	b.p.cmd.Wait() // a process that was told to end has nothing to say
}
