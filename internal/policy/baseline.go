package policy

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A Baseline is what a team knows of already: findings by rule, path and what
// broke the rule, so that lines may move and diffs may be refreshed.
type Baseline struct{ known []Known }

// A Known is one line of a baseline.
type Known struct {
	Rule, Print string
	Path        string // in the repository
}

// ErrBaseline means that a file is no baseline.
var ErrBaseline = errors.New("no baseline of upstreamd check")

const (
	baselineHead = "# upstreamd check baseline 1"
	maxBaseline  = 8 << 20
)

// Fingerprint identifies what broke the rule: the same whatever the file is
// called and wherever the line stands.
func (f Finding) Fingerprint() string {
	sum := sha256.Sum256([]byte(f.Rule.ID + "\n" + f.about))
	return hex.EncodeToString(sum[:8])
}

// NewBaseline knows all findings. Those about a number that is allowed are left
// out: the number is to be raised.
func NewBaseline(r *Report) Baseline {
	var b Baseline
	for _, f := range r.Findings {
		if f.about != counted {
			b.known = append(b.known, Known{f.Rule.ID, f.Fingerprint(), f.File})
		}
	}
	slices.SortFunc(b.known, func(x, y Known) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Print, y.Print))
	})
	b.known = slices.Compact(b.known)
	return b
}

// Len is how many findings are known.
func (b Baseline) Len() int { return len(b.known) }

// Text is the baseline as a file: sorted lines of rule, fingerprint and path,
// the path quoted where it would not be one plain word.
func (b Baseline) Text() []byte {
	var out bytes.Buffer
	fmt.Fprintln(&out, baselineHead)
	fmt.Fprintln(&out, "# What is known already: rule, fingerprint, path. Remove lines as you mend things.")
	for _, k := range b.known {
		name := k.Path
		if quoted := strconv.Quote(name); quoted != `"`+name+`"` || strings.ContainsAny(name, " #") {
			name = quoted
		}
		fmt.Fprintf(&out, "%s %s %s\n", k.Rule, k.Print, name)
	}
	return out.Bytes()
}

// ReadBaseline reads what [Baseline.Text] wrote. The error matches
// [ErrBaseline] and says the line.
func ReadBaseline(b []byte) (Baseline, error) {
	var out Baseline
	if len(b) > maxBaseline {
		return out, fmt.Errorf("larger than 8 MiB: %w", ErrBaseline)
	}
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	n := 0
	for lines.Scan() {
		n++
		text := strings.TrimRight(lines.Text(), "\r \t")
		switch {
		case n == 1 && text != baselineHead:
			return out, fmt.Errorf("line 1: want %q: %w", baselineHead, ErrBaseline)
		case text == "" || text[0] == '#':
			continue
		}
		f := strings.SplitN(text, " ", 3)
		if len(f) != 3 {
			return out, fmt.Errorf("line %d: want rule, fingerprint and path: %w", n, ErrBaseline)
		}
		name := f[2]
		if strings.HasPrefix(name, `"`) {
			plain, err := strconv.Unquote(name)
			if err != nil {
				return out, fmt.Errorf("line %d: path %s: %w", n, short(name), ErrBaseline)
			}
			name = plain
		}
		out.known = append(out.known, Known{f[0], f[1], name})
	}
	switch err := lines.Err(); {
	case err != nil:
		return out, fmt.Errorf("line %d: %w: %w", n+1, err, ErrBaseline)
	case n == 0:
		return out, fmt.Errorf("empty: %w", ErrBaseline)
	}
	return out, nil
}

// Hide takes what is known out of the report. Gone are the lines of the
// baseline that found nothing. A file that moved to another directory, as when
// a recipe's version moves, is still known.
func (b Baseline) Hide(r *Report) (hidden int, gone []Known) {
	same := func(k Known, f Finding) bool {
		return k.Rule == f.Rule.ID && k.Print == f.Fingerprint() && k.Path == f.File
	}
	moved := func(k Known, f Finding) bool {
		return k.Rule == f.Rule.ID && k.Print == f.Fingerprint() && path.Base(k.Path) == path.Base(f.File)
	}
	left := slices.Clone(b.known)
	for _, match := range []func(Known, Finding) bool{same, moved} {
		used := map[int]bool{}
		index := map[[2]string][]int{} // by rule and fingerprint
		for i, k := range left {
			key := [2]string{k.Rule, k.Print}
			index[key] = append(index[key], i)
		}
		r.Findings = slices.DeleteFunc(r.Findings, func(f Finding) bool {
			if f.about == counted {
				return false
			}
			for _, i := range index[[2]string{f.Rule.ID, f.Fingerprint()}] {
				if match(left[i], f) && !used[i] {
					used[i] = true
					hidden++
					return true
				}
			}
			return false
		})
		next := left[:0]
		for i, k := range left {
			if !used[i] {
				next = append(next, k)
			}
		}
		left = next
	}
	return hidden, left
}
