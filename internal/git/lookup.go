package git

import (
	"bytes"
	"context"
	"fmt"
	"strings"
)

// Hashes looks up objects with one git process and returns the hash of each
// spec, a hash or rev:path, in their order; "" where there is no such object.
// No content is read.
func (r *Repo) Hashes(ctx context.Context, specs []string) ([]string, error) {
	found := make([]string, len(specs))
	var input strings.Builder
	var asked []int
	for i, spec := range specs {
		if plainSpec(spec) {
			input.WriteString(spec + "\n")
			asked = append(asked, i)
		}
	}
	if len(asked) == 0 {
		return found, nil
	}
	c := r.command("cat-file", "--batch-check=%(objectname) %(objecttype)")
	c.stdin = strings.NewReader(input.String())
	out, err := c.output(ctx)
	if err != nil {
		return nil, err
	}
	lines := bytes.Split(bytes.TrimSuffix(out, []byte("\n")), []byte("\n"))
	if len(lines) != len(asked) {
		return nil, fmt.Errorf("git cat-file: %d answers to %d questions", len(lines), len(asked))
	}
	for k, line := range lines {
		// what is missing is told with the words of the question, which may hold blanks
		hash, kind, _ := strings.Cut(string(line), " ")
		switch kind {
		case "blob", "tree", "commit", "tag":
			if isHash(hash) {
				found[asked[k]] = hash
			}
		}
	}
	return found, nil
}

// isHash says whether s is a full hash, SHA-1 or SHA-256.
func isHash(s string) bool {
	return (len(s) == 40 || len(s) == 64) && !strings.ContainsFunc(s, func(c rune) bool {
		return (c < '0' || c > '9') && (c < 'a' || c > 'f')
	})
}
