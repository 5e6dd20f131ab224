package pipeline

import (
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
)

// A Judged is what the rules say of one standing, with the fingerprint of all
// that they looked at.
type Judged struct {
	Standing  int64
	Judgement change.Judgement
	Inputs    string
}

// A JudgedAt is what is known of an earlier judgement: it holds while the
// inputs are the same and ValidUntil (zero: never) has not come.
type JudgedAt struct {
	Inputs     string
	ValidUntil time.Time
}
