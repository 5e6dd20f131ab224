package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/mailing/publicinbox"
	"github.com/upstreamd/upstreamd/internal/progress"
)

// mailBatch is how many mails of a file are stored in one transaction, and
// mailBytes how many bytes, about.
const (
	mailBatch = 500
	mailBytes = 32 << 20
)

// A Loader stores the mails of files: mbox files, maildirs, directories of
// them, and public-inbox repositories. What was stored before is passed over.
type Loader struct {
	store    rawStore
	progress progress.Func
}

// ErrNoFile means that there is nothing at the path to load.
var ErrNoFile = errors.New("there is no such file or directory")

// NewLoader returns a Loader that writes to store.
func NewLoader(store rawStore, say progress.Func) *Loader {
	return &Loader{store: store, progress: say}
}

// A Loaded is what one call of [Loader.Load] did.
type Loaded struct {
	Read  int // mails read this time
	Added int // of these, mails that were not known
}

// A batch collects mails, and stores them with the mark that says how far
// reading has come.
type batch struct {
	store  rawStore
	input  string // whose mark it is
	mails  []RawMail
	size   int
	loaded *Loaded
}

// add takes a mail; mark is asked how far reading is after it.
func (b *batch) add(ctx context.Context, m RawMail, mark func() string) error {
	m.Oversize = len(m.Bytes) > mailing.MaxRaw
	b.mails, b.size = append(b.mails, m), b.size+len(m.Bytes)
	b.loaded.Read++
	if len(b.mails) < mailBatch && b.size < mailBytes {
		return ctx.Err()
	}
	return b.flush(ctx, mark())
}

// flush stores what there is, and the mark, in one transaction.
func (b *batch) flush(ctx context.Context, mark string) error {
	err := b.store.InTx(ctx, func(ctx context.Context) error {
		n, err := b.store.PutRawMails(ctx, b.mails)
		if err != nil {
			return err
		}
		b.loaded.Added += n
		return b.store.SetCursor(ctx, "collect", b.input, mark)
	})
	b.mails, b.size = nil, 0
	return err
}

// Load stores the mails at path that came since the last time. source is the
// name of the list that they are filed under, or [ImportSource]. A load that
// was interrupted goes on where it was; files of a directory that cannot be
// read hinder no other, the errors of all are joined.
func (l *Loader) Load(ctx context.Context, source, path string) (Loaded, error) {
	var loaded Loaded
	b := &batch{store: l.store, input: source + "\x1f" + path, loaded: &loaded}
	top, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return loaded, fmt.Errorf("%s: %w", path, ErrNoFile)
	case err != nil:
		return loaded, err
	case mailing.IsGit(path):
		err = l.inbox(ctx, b, source, path)
	case top.IsDir() || top.Mode().IsRegular():
		err = l.file(ctx, b, source, path)
	default:
		err = fmt.Errorf("%s: neither a file nor a directory", path)
	}
	return loaded, err
}

// inbox reads what is new in a public-inbox repository. The mark is the last
// commit of each epoch.
func (l *Loader) inbox(ctx context.Context, b *batch, source, path string) error {
	in, err := publicinbox.Open(ctx, path)
	if err != nil {
		return err
	}
	was, err := l.store.Cursor(ctx, "collect", b.input)
	if err != nil {
		return err
	}
	since := map[string]string{}
	if was != "" && json.Unmarshal([]byte(was), &since) != nil {
		clear(since) // the mark of something else that was there: begin anew
	}
	mark := func() string {
		text, _ := json.Marshal(since) // a map of texts can be encoded
		return string(text)
	}
	total, err := in.Count(ctx, since)
	if err != nil {
		return err
	}
	err = in.Read(ctx, since, func(m publicinbox.Mail) error {
		if m.Commit != "" {
			since[m.Epoch] = m.Commit
		}
		l.progress.Report("collect "+filepath.Base(path), b.loaded.Read+1, total)
		return b.add(ctx, RawMail{Bytes: m.Raw, Source: source, Mailbox: filepath.Join(path, m.Epoch), Removed: m.Removed}, mark)
	})
	if err != nil || b.loaded.Read == 0 {
		return err
	}
	return b.flush(ctx, mark())
}

// A fileMark is how far a file or directory was read.
type fileMark struct {
	State   string // changes when the file, or a directory's list of files, does
	Mails   int    // that were read
	Size    int64  // of the file; 0 of a directory
	Tail    string // hash of the file's end
	Done    bool   // all was read
	Problem string // what could not be read
}

func (m fileMark) String() string {
	text, _ := json.Marshal(m) // a plain struct can be encoded
	return string(text)
}

// file reads a file or maildir if it has changed since it was last read, from
// where that ended if it only grew.
func (l *Loader) file(ctx context.Context, b *batch, source, path string) error {
	now, err := markOf(path)
	if err != nil {
		return err
	}
	text, err := l.store.Cursor(ctx, "collect", b.input)
	if err != nil {
		return err
	}
	var was fileMark
	if text != "" && json.Unmarshal([]byte(text), &was) != nil {
		was = fileMark{}
	}
	if was.State == now.State && was.Done {
		return problemOf(was.Problem)
	}
	skip := skipped(was, now, path)
	size := int64(0)
	failed := error(nil) // of the store
	err = mailing.Read(path, func(raw []byte, _ string) error {
		now.Mails++
		size += int64(len(raw)) + 64 // with its separator, about
		if now.Mails <= skip {
			return ctx.Err()
		}
		l.progress.Report("collect "+filepath.Base(path), now.Mails, estimate(path, now, size))
		failed = b.add(ctx, RawMail{Bytes: raw, Source: source, Mailbox: path}, now.String)
		return failed
	})
	if failed != nil || ctx.Err() != nil {
		return errors.Join(failed, ctx.Err())
	}
	now.Done = true
	if err != nil {
		now.Problem = fmt.Sprintf("%v; %d mails were read", err, now.Mails)
	}
	if err := b.flush(ctx, now.String()); err != nil {
		return err
	}
	return problemOf(now.Problem)
}

func problemOf(text string) error {
	if text == "" {
		return nil
	}
	return errors.New(text)
}

// estimate is how many mails a file will have come to, 0 where it is packed or
// a directory.
func estimate(path string, m fileMark, read int64) int {
	if m.Size == 0 || strings.HasSuffix(path, ".gz") {
		return 0
	}
	return max(m.Mails, int(float64(m.Mails)*float64(m.Size)/float64(read)))
}

// skipped is how many mails at the beginning were stored before: those of an
// interrupted reading, or of a file that only grew; its last mail may have been
// half written then.
func skipped(was, now fileMark, path string) int {
	if was.State == now.State {
		return was.Mails
	}
	if was.Done && was.Problem == "" && was.Size > 0 && was.Size < now.Size && tailOf(path, was.Size) == was.Tail {
		return max(0, was.Mails-1)
	}
	return 0
}

// markOf is the mark of a file or directory of which nothing was read.
func markOf(path string) (fileMark, error) {
	state, size, err := fileState(path)
	m := fileMark{State: state}
	if err != nil {
		return m, err
	}
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		m.Size, m.Tail = size, tailOf(path, size)
	}
	return m, nil
}

// tailOf is a hash of the last bytes of the first size bytes of a file, "" if
// they cannot be read.
func tailOf(path string, size int64) string {
	const most = 64 << 10
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	n := min(size, most)
	h := sha256.New()
	if copied, err := io.Copy(h, io.NewSectionReader(f, size-n, n)); err != nil || copied != n {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

// fileState changes when a file, or a directory's list of files, changes.
func fileState(path string) (state string, size int64, err error) {
	n := 0
	var newest time.Time
	err = filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, os.ErrNotExist) {
			return nil
		} else if err != nil {
			return err
		}
		n, size = n+1, size+info.Size()
		if info.ModTime().After(newest) {
			newest = info.ModTime()
		}
		return nil
	})
	return fmt.Sprintf("%d files, %d bytes, %d", n, size, newest.UnixNano()), size, err
}
