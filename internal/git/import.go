package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// FastImport reads a stream in the format of git fast-import into the bare
// repository dir, which is made when there is none; its HEAD is main. It
// returns the hashes of the commits, blobs and tags that the stream gives
// marks, by the mark with its colon (":7"). The error matches [ErrNotFound]
// when the stream names a commit that is not there.
func FastImport(ctx context.Context, dir string, stream io.Reader) (map[string]string, error) {
	repo, err := Open(ctx, dir)
	if errors.Is(err, ErrNotFound) {
		repo, err = initBare(ctx, dir)
	}
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "upstreamd-import-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	marks := filepath.Join(tmp, "marks")
	c := repo.command("fast-import", "--quiet", "--done", "--date-format=raw", "--export-marks="+marks)
	c.stdin = stream
	if err := c.run(ctx); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(marks)
	if err != nil {
		return nil, err
	}
	hashes := map[string]string{}
	for line := range strings.Lines(string(b)) {
		mark, hash, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			return nil, fmt.Errorf("git fast-import: odd mark %q", line)
		}
		hashes[mark] = hash
	}
	return hashes, nil
}

// initBare makes an empty bare repository.
func initBare(ctx context.Context, dir string) (*Repo, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(abs, 0o755); err != nil {
		return nil, err
	}
	c := command{
		args: []string{"init", "--bare", "--quiet", "--template=", "--initial-branch=main", "--end-of-options", abs},
		dir:  abs,
	}
	if err := c.run(ctx); err != nil {
		return nil, err
	}
	return Open(ctx, abs)
}

// FormatPatch is the commit as git format-patch writes it to a file: a mail
// with the author and date of the commit, its message, diffstat and diff. The
// result depends on the commit alone, not on the version of git that prints
// it or on anybody's settings.
func (r *Repo) FormatPatch(ctx context.Context, commit string) ([]byte, error) {
	if err := checkRev(commit); err != nil {
		return nil, err
	}
	c := r.command("format-patch", "--stdout", "-1", "-U3", "--no-signature", "--no-color", "--no-renames", "--no-attach",
		"--no-thread", "--no-numbered", "--no-to", "--no-cc", "--no-signoff", "--no-base", "--no-notes", "--no-ext-diff", "--no-textconv",
		"--abbrev=12", "--inter-hunk-context=0", "--diff-algorithm=myers", "--src-prefix=a/", "--dst-prefix=b/",
		"--no-relative", "--stat=72", "--end-of-options", commit)
	out, err := c.output(ctx)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(out)) == 0 {
		return nil, fmt.Errorf("commit %s: a merge has no patch: %w", commit, ErrNotFound)
	}
	return out, nil
}
