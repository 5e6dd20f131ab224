package pipeline

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

// A TestedFlag is a flag with the fingerprint of what was tested: the same
// input need not be tested again.
type TestedFlag struct {
	change.Flag
	Input string
	Hunks string // JSON list of rebase.HunkResult; of an outlook an object of likelihoods; "" for none
}

const (
	hunksKept = 100      // results of hunks that are stored of one flag
	hunksMost = 64 << 10 // bytes of them
)

// tested makes the flag of what a test of a patch on a version found.
func tested(of change.Flag, res rebase.Result) TestedFlag {
	if res.Err != nil {
		res.Outcome, res.Detail = rebase.Untried, res.Err.Error()
	}
	of.Outcome, of.Detail, of.Commit, of.ThreeWay = res.Outcome, describe(res), res.Commit, res.ThreeWay
	return TestedFlag{Flag: of, Hunks: hunksOf(res.Hunks)}
}

// hunksOf are results of hunks as they are stored. Where there are too many,
// those are kept that do not apply.
func hunksOf(hunks []rebase.HunkResult) string {
	for _, keep := range []func(rebase.HunkResult) bool{
		func(rebase.HunkResult) bool { return true },
		func(h rebase.HunkResult) bool { return !fits(h.Outcome) },
	} {
		kept := make([]rebase.HunkResult, 0, min(len(hunks), hunksKept))
		for _, h := range hunks {
			if keep(h) && len(kept) <= hunksKept {
				kept = append(kept, h)
			}
		}
		b, err := json.Marshal(kept)
		if err == nil && len(kept) > 0 && len(kept) <= hunksKept && len(b) <= hunksMost {
			return string(b)
		}
	}
	return ""
}

// fits says whether something with this outcome is applied.
func fits(outcome string) bool {
	return outcome == rebase.Applies || outcome == rebase.Offset || outcome == rebase.Fuzz
}

// broken says whether a patch with this outcome needs work.
func broken(outcome string) bool { return outcome == rebase.Conflict || outcome == rebase.Gone }

// describe says in words what a test found.
func describe(r rebase.Result) string {
	if r.Detail != "" {
		return r.Detail
	}
	for _, h := range r.Hunks {
		if h.Outcome != r.Outcome {
			continue
		}
		words := fmt.Sprintf("%s, hunk %d at line %d", h.File, h.Hunk, h.Line)
		if len(h.Blame) > 0 {
			words += ", touched by " + h.Blame[0][:min(12, len(h.Blame[0]))]
		}
		return words
	}
	if r.Commit != "" {
		return "by " + r.Commit[:min(12, len(r.Commit))]
	}
	return ""
}

// shown is a ref without where it is.
func shown(ref string) string {
	return strings.TrimPrefix(strings.TrimPrefix(ref, "refs/tags/"), "refs/heads/")
}
