package change

import "time"

// A Status is what the evidence shows of one standing.
type Status string

// The statuses, from nothing done to done.
const (
	Local            Status = "local"             // carried, never seen on a list or upstream
	InReview         Status = "in review"         // posted, within the list's patience
	ChangesRequested Status = "changes requested" // somebody asked for a new revision
	Ignored          Status = "ignored"           // posted, no answer for longer than the list's patience
	Claimed          Status = "applied (claimed)" // a mail says applied, no commit seen
	Unsure           Status = "probably merged"   // a person should confirm
	InQueue          Status = "queued"            // on a staging branch only
	InUpstream       Status = "merged"            // on an upstream branch, not in what we pin
	Droppable        Status = "droppable"         // contained in what this branch pins
	WasReverted      Status = "reverted"          // merged, and taken out again
	NotCarried       Status = "dropped"           // the layer does not carry it any more
	WasReplaced      Status = "replaced"          // decided: solved otherwise
	WasRejected      Status = "rejected"          // decided: upstream does not want it
	StaysLocal       Status = "never upstream"    // decided: not meant for upstream
	WasAbandoned     Status = "abandoned"         // decided: nobody goes on with it
)

// Done says whether nothing more is expected of anybody.
func (s Status) Done() bool {
	switch s {
	case NotCarried, WasReplaced, WasRejected, StaysLocal, WasAbandoned:
		return true
	}
	return false
}

// Statuses lists all statuses in the order in which pages show them.
func Statuses() []Status {
	return []Status{
		Droppable, Unsure, InUpstream, InQueue, Claimed, ChangesRequested, Ignored,
		InReview, Local, WasReverted, NotCarried, WasReplaced, WasRejected, StaysLocal, WasAbandoned,
	}
}

// An Action is what somebody of the team has to do next.
type Action string

// The actions, most urgent first.
const (
	DropIt        Action = "drop"           // remove the patch file and its SRC_URI entry
	ConfirmIt     Action = "confirm"        // look at the evidence, say yes or no
	RebaseIt      Action = "rebase"         // it conflicts with the newest version
	ReviseIt      Action = "revise"         // answer the review with a new revision
	AnswerIt      Action = "answer"         // somebody asked us something
	PingIt        Action = "ping"           // ask the list again
	SendElsewhere Action = "send elsewhere" // this list does not answer: another one may
	FollowIt      Action = "follow"         // somebody else posted it: review theirs instead of posting ours
	CorrectTag    Action = "correct tag"    // Upstream-Status says something that is not so
	PostIt        Action = "post"           // send it upstream
	UpdateFork    Action = "update fork"    // upstream's recipe went on: rebase ours onto it, or drop ours
	Wait          Action = "wait"           // it is upstream's turn
	NoAction      Action = ""               // nothing to do
)

// Actions lists the actions that ask for work, most urgent first.
func Actions() []Action {
	return []Action{DropIt, ConfirmIt, RebaseIt, ReviseIt, AnswerIt, PingIt, SendElsewhere, FollowIt, CorrectTag, PostIt, UpdateFork}
}

// Asks says whether the action asks somebody of the team to do something.
func (a Action) Asks() bool { return a != NoAction && a != Wait }

// A Standing is one change in one local layer branch or, where no local layer
// carries it, at the upstream it is meant for.
type Standing struct {
	ID       int64
	ChangeID int64
	Place    string // "layer@branch" or the name of the list or project
	Local    bool   // whether the place is a local layer
}

// A Judgement is what the rules say of one standing at one moment.
type Judgement struct {
	Status     Status
	Reason     string    // why this status, in words
	Action     Action    // what comes next
	Why        string    // why this action, in words
	Owner      string    // name of the person who has to do it; "" is nobody
	Since      time.Time // since when the status holds; zero if not known
	ValidUntil time.Time // next moment when the clock alone may change it; zero is never
}
