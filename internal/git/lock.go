package git

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// lockDir waits until no other process or goroutine writes to the mirror dir.
// Closing the file, or the end of all processes that have it, unlocks.
func lockDir(ctx context.Context, dir string) (*os.File, error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		f, err := tryLock(filepath.Join(dir, "upstreamd-lock"))
		if f != nil || err != nil {
			return f, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}

// tryLock returns nil when another holds the lock.
func tryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		// A mirror that was renewed meanwhile has another lock file.
		now, serr := os.Stat(path)
		mine, ferr := f.Stat()
		if serr == nil && ferr == nil && os.SameFile(now, mine) {
			return f, nil
		}
	}
	f.Close()
	if err == nil || errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
		return nil, nil
	}
	return nil, err
}

// removeStale deletes git's own lock files and half packs, left by a git that
// was killed. Whoever holds the lock of [lockDir] knows that no git writes here.
func removeStale(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inObjects := strings.HasPrefix(path, filepath.Join(dir, "objects")+string(filepath.Separator))
		switch {
		case !d.Type().IsRegular():
		case inObjects && strings.HasPrefix(d.Name(), "tmp_"),
			strings.HasSuffix(d.Name(), ".lock"):
			return os.Remove(path)
		}
		return nil
	})
}
