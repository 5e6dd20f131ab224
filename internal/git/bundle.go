package git

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// bundleStamp holds the size and time of the bundle that a mirror was made of.
const bundleStamp = "upstreamd-bundle"

// OpenAny is like [Open], but path may also be a bundle file: it is fetched
// into a bare mirror under cacheDir, and again whenever its size or time
// changes.
func OpenAny(ctx context.Context, path, cacheDir string) (*Repo, error) {
	if is, err := isBundle(path); err != nil {
		return nil, err
	} else if !is {
		return Open(ctx, path)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	fi, err := os.Stat(abs)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(abs))
	name := strings.TrimSuffix(filepath.Base(abs), ".bundle") + "-" + hex.EncodeToString(sum[:6]) + ".git"
	m, err := InitMirror(ctx, filepath.Join(cacheDir, name))
	if err != nil {
		return nil, err
	}
	stamp := fmt.Appendf(nil, "%s\n%d %d\n", abs, fi.Size(), fi.ModTime().UnixNano())
	stampFile := filepath.Join(m.dir, bundleStamp)
	if have, err := os.ReadFile(stampFile); err == nil && bytes.Equal(have, stamp) {
		return m.Repo, nil
	}
	if _, err := m.Fetch(ctx, Source{URL: abs, Local: true, Prune: true}); err != nil {
		return nil, err
	}
	return m.Repo, os.WriteFile(stampFile, stamp, 0o600)
}

// isBundle reports whether the file at path begins like a git bundle. The
// error matches [ErrCorrupt] when its header does not end: git would take such
// a bundle for one without any branch.
func isBundle(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, nil
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "# v") || !strings.HasSuffix(lines.Text(), " git bundle") {
		return false, nil
	}
	for lines.Scan() {
		if lines.Text() == "" {
			return true, nil
		}
	}
	return true, fmt.Errorf("bundle %s: header: %w", path, ErrCorrupt)
}
