package pipeline

import "github.com/upstreamd/upstreamd/internal/change"

// A TestedFlag is a flag with the fingerprint of what was tested: the same
// input need not be tested again.
type TestedFlag struct {
	change.Flag
	Input string
	Hunks string // JSON list of rebase.HunkResult; of an outlook an object of likelihoods; "" for none
}
