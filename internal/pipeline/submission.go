package pipeline

import (
	"time"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

// A Submission is a series as the judge stage sees it: what was sent, what was
// said of it, and what was judged before.
type Submission struct {
	ID        int64
	Key       string
	Title     string
	TakenOver []string // keys of series by others that go on with it
	LastSign  time.Time
	Sent      []Sent // oldest first
	ReviewState
}

// A Sent is one posting of a series.
type Sent struct {
	ID             int64
	Key            string
	List           string
	Version, Total int
	RFC, Resend    bool
	Author         mailing.Person
	At             time.Time
	Flaw           string
	Review         string // JSON of series.Review; ""
	Needs          string // JSON list of series.Need
	ChangeID       string // by b4; ""
	State, Reason  string // as judged before
}

// A ReviewState is what the judge stage says of a series, with the fingerprint
// of all that it looked at.
type ReviewState struct {
	State, Reason string // State as series.State
	Ours          bool
	WaitingOn     string // as series.Judgement
	WaitingFor    string
	WaitingSince  time.Time // zero for nobody
	JudgedAt
}

// A JudgedReview is what the judge stage stores of one series.
type JudgedReview struct {
	Series int64
	ReviewState
	Sent []Sent // of these only ID, State and Reason count
}
