package view

import "github.com/upstreamd/upstreamd/internal/change"

// A tone is the colour of a badge or bar; the style sheet knows it as a class.
// The word beside it always says the same.
type tone string

const (
	toneWin  tone = "win"  // something to gain: can be dropped
	toneGood tone = "good" // merged
	toneGo   tone = "go"   // under way
	toneLook tone = "look" // wants a look
	toneWarn tone = "warn" // waits for us
	toneBad  tone = "bad"  // broken, taken back
	toneCalm tone = "calm" // nothing happened yet
	toneDone tone = "done" // closed
)

func (t tone) class() string { return "tone-" + string(t) }

func statusTone(s change.Status) tone {
	switch s {
	case change.Droppable:
		return toneWin
	case change.InUpstream:
		return toneGood
	case change.InQueue, change.Claimed, change.InReview:
		return toneGo
	case change.Unsure:
		return toneLook
	case change.ChangesRequested, change.Ignored:
		return toneWarn
	case change.WasReverted:
		return toneBad
	case change.NotCarried, change.WasReplaced, change.WasRejected, change.StaysLocal, change.WasAbandoned:
		return toneDone
	}
	return toneCalm
}

func statusIcon(s change.Status) string {
	switch s {
	case change.Droppable:
		return "scissors"
	case change.InUpstream:
		return "git-merge"
	case change.InQueue:
		return "git-pull-request"
	case change.Claimed:
		return "message-square"
	case change.InReview:
		return "mail"
	case change.Unsure:
		return "eye"
	case change.ChangesRequested:
		return "pencil-line"
	case change.Ignored:
		return "hourglass"
	case change.WasReverted:
		return "undo-2"
	case change.NotCarried:
		return "archive"
	case change.WasReplaced:
		return "replace"
	case change.WasRejected:
		return "circle-x"
	case change.StaysLocal:
		return "pin"
	case change.WasAbandoned:
		return "ban"
	}
	return "circle-dashed"
}

func actionTone(a change.Action) tone {
	switch a {
	case change.DropIt:
		return toneWin
	case change.ConfirmIt:
		return toneLook
	case change.RebaseIt:
		return toneBad
	case change.ReviseIt, change.AnswerIt, change.PingIt, change.SendElsewhere:
		return toneWarn
	case change.FollowIt, change.CorrectTag, change.PostIt, change.UpdateFork:
		return toneGo
	}
	return toneCalm
}

func actionIcon(a change.Action) string {
	switch a {
	case change.DropIt:
		return "scissors"
	case change.ConfirmIt:
		return "eye"
	case change.RebaseIt:
		return "git-merge-conflict"
	case change.ReviseIt:
		return "pencil-line"
	case change.AnswerIt:
		return "message-square"
	case change.PingIt:
		return "bell-ring"
	case change.SendElsewhere:
		return "external-link"
	case change.FollowIt:
		return "users"
	case change.CorrectTag:
		return "tag"
	case change.PostIt:
		return "send"
	case change.UpdateFork:
		return "git-branch"
	case change.Wait:
		return "hourglass"
	}
	return "check"
}

// actionWords says what an action asks for, for people who see it first.
func actionWords(a change.Action) string {
	switch a {
	case change.DropIt:
		return "Upstream has it: remove the patch file"
	case change.ConfirmIt:
		return "Looks merged: say yes or no"
	case change.RebaseIt:
		return "Breaks on the newest version"
	case change.ReviseIt:
		return "Answer the review with a new revision"
	case change.AnswerIt:
		return "Somebody waits for our answer"
	case change.SendElsewhere:
		return "This list does not answer: try another"
	case change.PingIt:
		return "No answer for too long: ask again"
	case change.FollowIt:
		return "Somebody else posted it: review theirs"
	case change.CorrectTag:
		return "Upstream-Status says something else"
	case change.PostIt:
		return "Never sent: post it"
	case change.UpdateFork:
		return "Upstream's recipe went on: rebase the fork or drop it"
	}
	return ""
}

func kindIcon(k change.Kind) string {
	switch k {
	case change.Carried:
		return "package"
	case change.Posted:
		return "mail"
	case change.Offered:
		return "inbox"
	case change.Elsewhere:
		return "layers"
	case change.Committed:
		return "git-commit-horizontal"
	case change.Queued:
		return "git-pull-request"
	case change.Dropped:
		return "archive"
	}
	return "circle-dashed"
}

func kindTone(k change.Kind) tone {
	switch k {
	case change.Committed:
		return toneGood
	case change.Queued, change.Posted, change.Offered:
		return toneGo
	case change.Dropped:
		return toneDone
	}
	return toneCalm
}

func verdictTone(v change.Verdict) tone {
	switch v {
	case change.Merged:
		return toneGood
	case change.Probable:
		return toneLook
	}
	return toneCalm
}

// seriesTone is the colour of a review's state, as series.State words it.
func seriesTone(state string) tone {
	switch state {
	case "merged", "partly merged":
		return toneGood
	case "reviewed":
		return toneLook
	case "changes requested", "rejected", "stale":
		return toneWarn
	case "superseded", "resent", "abandoned":
		return toneDone
	case "new":
		return toneCalm
	}
	return toneGo
}

// seriesIcon stands beside a review's state.
func seriesIcon(state string) string {
	switch state {
	case "merged", "partly merged":
		return "git-merge"
	case "reviewed":
		return "circle-check"
	case "changes requested", "rejected":
		return "pencil-line"
	case "stale", "new":
		return "hourglass"
	case "superseded", "resent", "abandoned":
		return "archive"
	}
	return "message-square"
}

// claimTone is the colour of a word of Upstream-Status.
func claimTone(word string) tone {
	switch word {
	case "Backport":
		return toneGood
	case "Submitted":
		return toneGo
	case "missing":
		return toneBad
	case "malformed":
		return toneWarn
	case "Denied", "Inactive-Upstream":
		return toneLook
	case "Inappropriate":
		return toneDone
	}
	return toneCalm
}
