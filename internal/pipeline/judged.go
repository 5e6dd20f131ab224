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

// holds says whether the judgement holds now, given what there is to look at.
func (j JudgedAt) holds(inputs string, now time.Time) bool {
	return j.Inputs == inputs && (j.ValidUntil.IsZero() || now.Before(j.ValidUntil))
}
