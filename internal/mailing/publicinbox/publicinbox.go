// Package publicinbox reads the mails of a public-inbox archive: of its git
// repositories, not of the indexes beside them.
//
// There are two layouts (public-inbox-v1-format(5), public-inbox-v2-format(5)).
// In v1 one bare repository has a file for each mail, named by the hash of its
// Message-ID: "a1/b2c3...". A v2 inbox is a directory with the repositories
// git/0.git, git/1.git ..., its epochs; each commit writes one mail to the file
// m, or takes back the mail whose bytes it writes to the file d.
//
// Enter by [Open]. [Inbox.Read] then hands out what came after the commits that
// were read before, so that an archive of years is read once. The bytes of a
// mail are those that the archive was given; [mailing.Parse] makes sense of
// them.
package publicinbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/mailing"
)

// ErrNoInbox means that a repository has no commits with mails as public-inbox
// stores them.
var ErrNoInbox = errors.New("not a public-inbox repository")

// An Inbox is an archive that is only read.
type Inbox struct {
	epochs []epoch
}

// An epoch is one of the repositories of an archive; v1 has only one.
type epoch struct {
	name string // "0.git", or the path of the repository that was named
	n    int
	repo *git.Repo
}

// A Mail is one thing that happened to an archive: a mail came, or was taken
// back.
type Mail struct {
	Raw     []byte // at most [mailing.MaxRaw]+1 bytes: one more than allowed says that it was cut
	Removed bool   // spam, or a mistake: the archive does not show it any more
	Epoch   string // the repository that it is in, "0.git"
	Commit  string // the last commit of which nothing is left to read after this mail; "" if there is none yet
}

var epochDir = regexp.MustCompile(`^(\d{1,6})\.git$`)

// Open opens the archive at path: a v2 inbox, one of its epochs alone, or a v1
// repository, bare or not. The error matches [git.ErrNotFound] where none of
// these is.
func Open(ctx context.Context, path string) (*Inbox, error) {
	for _, dir := range []string{filepath.Join(path, "git"), path} { // public-inbox's own, and a plain folder of clones
		in, err := openEpochs(ctx, dir)
		if err != nil || len(in.epochs) > 0 {
			return in, err
		}
	}
	repo, err := git.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	abs, err := filepath.Abs(path)
	return &Inbox{[]epoch{{name: filepath.Base(abs), repo: repo}}}, err
}

// openEpochs opens the repositories 0.git, 1.git ... in a directory, if any.
func openEpochs(ctx context.Context, dir string) (*Inbox, error) {
	in := &Inbox{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return in, nil // there is none: another layout
	}
	for _, e := range entries {
		g := epochDir.FindStringSubmatch(e.Name())
		if g == nil {
			continue
		}
		repo, err := git.Open(ctx, filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		n, _ := strconv.Atoi(g[1]) // at most six digits
		in.epochs = append(in.epochs, epoch{e.Name(), n, repo})
	}
	slices.SortFunc(in.epochs, func(a, b epoch) int { return cmp.Or(cmp.Compare(a.n, b.n), cmp.Compare(a.name, b.name)) })
	return in, nil
}

// Count is how many commits there are to read after those in since: about as
// many as mails.
func (in *Inbox) Count(ctx context.Context, since map[string]string) (int, error) {
	n := 0
	for _, e := range in.epochs {
		q, err := e.query(ctx, since[e.name])
		if err != nil {
			return n, err
		}
		if q.Revs == nil {
			continue
		}
		more, err := e.repo.CountCommits(ctx, q)
		if err != nil {
			return n, err
		}
		n += more
	}
	return n, nil
}

// tip is the newest commit of an epoch, "" where there is none yet.
func (e epoch) tip(ctx context.Context) (string, error) {
	for _, rev := range []string{"HEAD", "refs/heads/master"} { // a clone's HEAD may name a branch that it has not
		tip, err := e.repo.Resolve(ctx, rev)
		if err == nil || !errors.Is(err, git.ErrNotFound) {
			return tip, err
		}
	}
	return "", nil
}

// Read hands out what happened after the commits in since, by epoch, oldest
// first; all of an epoch that since does not name. Where the history was
// rewritten, as public-inbox-purge does, the epoch is read from its beginning.
// Read stops at f's first error and returns it. f may keep Raw.
func (in *Inbox) Read(ctx context.Context, since map[string]string, f func(Mail) error) error {
	for _, e := range in.epochs {
		if err := e.read(ctx, since[e.name], f); err != nil {
			return err
		}
	}
	return nil
}

// query asks for the commits after since, of which there are none where it has
// no Revs.
func (e epoch) query(ctx context.Context, since string) (git.LogQuery, error) {
	tip, err := e.tip(ctx)
	if err != nil || tip == "" || tip == since {
		return git.LogQuery{}, err
	}
	q := git.LogQuery{Revs: []string{tip}, Reverse: true}
	if since != "" {
		if on, err := e.repo.IsAncestor(ctx, since, tip); err == nil && on {
			q.Not = []string{since}
		} else if err != nil && !errors.Is(err, git.ErrNotFound) {
			return q, err
		}
	}
	return q, nil
}

func (e epoch) read(ctx context.Context, since string, f func(Mail) error) error {
	q, err := e.query(ctx, since)
	if err != nil || q.Revs == nil {
		return err
	}
	blobs, err := e.repo.Batch(ctx)
	if err != nil {
		return err
	}
	defer blobs.Close()
	out := handout{epoch: e.name, since: strings.Join(q.Not, ""), f: f}
	err = e.repo.FileChanges(ctx, q, func(c git.FileChange) error {
		for _, s := range steps(c) {
			raw, err := blobs.Begin(s.blob, mailing.MaxRaw+1)
			if err != nil {
				return fmt.Errorf("%s: commit %s: %w", e.repo.Dir(), c.Commit, err)
			}
			if err := out.add(c.Commit, Mail{Raw: raw, Removed: s.removed}); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && out.commit == "" && q.Not == nil {
		return fmt.Errorf("%s: %w", e.repo.Dir(), ErrNoInbox)
	}
	if err == nil && out.commit != "" {
		err = out.flush(out.commit)
	}
	return err
}

// A handout holds each mail back until it is known whether its commit has
// another: one who stops between the two must read both again.
type handout struct {
	epoch, since, commit string // of the held mail
	held                 Mail
	f                    func(Mail) error
}

func (h *handout) add(commit string, m Mail) error {
	if h.commit != "" {
		done := h.commit
		if commit == h.commit {
			done = h.since
		}
		if err := h.flush(done); err != nil {
			return err
		}
		h.since = done
	}
	h.commit, h.held = commit, m
	return nil
}

func (h *handout) flush(done string) error {
	h.held.Epoch, h.held.Commit = h.epoch, done
	return h.f(h.held)
}

// A step is one mail that a commit adds or takes back.
type step struct {
	blob    string
	removed bool
}

var v1Path = regexp.MustCompile(`^[0-9a-f]{2}/[0-9a-f]{38}$`)

// steps says what a change to a file means in either layout. A file of another
// name is none of public-inbox's.
func steps(c git.FileChange) []step {
	var all []step
	switch {
	case c.Path == "m" && c.New != "":
		all = append(all, step{blob: c.New})
	case c.Path == "d" && c.New != "":
		all = append(all, step{c.New, true})
	case v1Path.MatchString(c.Path):
		if c.Old != "" {
			all = append(all, step{c.Old, true})
		}
		if c.New != "" {
			all = append(all, step{blob: c.New})
		}
	}
	return all
}
