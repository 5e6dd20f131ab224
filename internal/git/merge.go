package git

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
)

// Merge3 merges the changes from base to theirs into ours, line by line like
// git merge-file. clean means that there is no conflict; otherwise the text has
// conflict markers, or is nil where one of the three is binary.
func Merge3(ctx context.Context, base, ours, theirs []byte) (merged []byte, clean bool, err error) {
	return merge3(ctx, base, ours, theirs, nil)
}

func merge3(ctx context.Context, base, ours, theirs []byte, options []string) (merged []byte, clean bool, err error) {
	dir, err := os.MkdirTemp("", "upstreamd-merge-")
	if err != nil {
		return nil, false, err
	}
	defer os.RemoveAll(dir)
	for name, data := range map[string][]byte{"ours": ours, "base": base, "theirs": theirs} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return nil, false, err
		}
	}
	c := command{
		args: append(append([]string{"merge-file", "--stdout", "--quiet"}, options...), "ours", "base", "theirs"),
		dir:  dir,
		env:  []string{"GIT_CEILING_DIRECTORIES=" + filepath.Dir(dir)},
	}
	merged, err = c.output(ctx)
	var failed *CommandError
	switch {
	case !errors.As(err, &failed):
	case failed.Code > 0 && failed.Code < 128: // the number of conflicts
		return merged, false, nil
	case slices.ContainsFunc([][]byte{base, ours, theirs}, isBinary):
		return nil, false, nil
	}
	return merged, err == nil, err
}

// isBinary says whether git takes b for binary: a NUL is near its begin.
func isBinary(b []byte) bool {
	const looked = 8000 // bytes: xdiff-interface.c, buffer_is_binary
	return bytes.IndexByte(b[:min(len(b), looked)], 0) >= 0
}
