// Package secret reads passwords and tokens from files that nobody else can
// read, and from commands that print them. What they hold is never part of an
// error.
package secret

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// ErrExposed means that others can read a file that holds a secret.
var ErrExposed = errors.New("others can read this secret: chmod 600 it")

// limit is more than any password, key or token needs.
const limit = 64 << 10

// ReadFile returns the secret that the file holds, without the white space
// around it. It refuses files that group or others may read ([ErrExposed]),
// files that are not regular, and empty ones.
func ReadFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s: not a regular file", path)
	case info.Mode().Perm()&0o077 != 0:
		return "", fmt.Errorf("%s (mode %04o): %w", path, info.Mode().Perm(), ErrExposed)
	}
	b, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return "", err
	}
	s := strings.TrimSpace(string(b))
	if s == "" {
		return "", fmt.Errorf("%s: the file is empty", path)
	}
	return s, nil
}
