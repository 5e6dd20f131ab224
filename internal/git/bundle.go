package git

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
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
	if !isBundle(path) {
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

// isBundle reports whether the file at path begins like a git bundle.
func isBundle(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, len("# v2 git bundle\n"))
	if _, err := io.ReadFull(f, head); err != nil {
		return false
	}
	return bytes.HasPrefix(head, []byte("# v")) && bytes.HasSuffix(head, []byte(" git bundle\n"))
}
