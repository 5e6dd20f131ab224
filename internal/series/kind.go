package series

import "regexp"

// A Kind is what a mail is to a series.
type Kind string

const (
	Cover Kind = "cover" // introduces a series; has no diff
	Patch Kind = "patch"
	Reply Kind = "reply"
	Other Kind = "other" // none of these: a question, a report, a robot
)

// notice matches titles of mails that carry or name a patch but post none:
// robots that say what became of somebody's patch.
var notice = regexp.MustCompile(`(?i)^(?:patch "|failed: patch "|\+ \S+ added to|warning: patch "|build (?:failure|success|regression)|merged: |applied: |\S+ commit: )`)

var noticeTag = map[string]bool{"failed": true, "merged": true, "folded-merged": true, "to-be-updated": true, "withdrawn": true, "nacked": true, "obsolete": true}

// kind says what a mail is, from the mail alone.
func (m *Mail) kind() Kind {
	switch {
	case m.Tag.Forward && m.Tag.Patch && m.HasDiff && !m.isNotice():
		return Patch // sent again by hand
	case m.Tag.Reply || m.isNotice():
		return m.talk()
	case m.HasDiff:
		if !m.tagged() && m.InReplyTo != "" && !m.looksSent() {
			return Reply // "try this:" and a diff
		}
		return Patch
	case m.Tag.Set && m.InReplyTo == "", m.Tag.Numbered && m.Tag.Index == 0 && (m.tagged() || len(m.Titles) > 0):
		return Cover
	case m.Tag.Numbered && m.Tag.Patch && m.Stat:
		return Patch // its diff was left out (git format-patch -D) or is beyond reading
	}
	return m.talk()
}

// tagged says if the subject claims that this is a patch.
func (m *Mail) tagged() bool {
	return m.Tag.Patch || m.Tag.RFC || m.Tag.Resend || m.Tag.Numbered
}

func (m *Mail) isNotice() bool {
	if notice.MatchString(m.Tag.Title) {
		return true
	}
	for _, p := range m.Tag.Prefixes {
		if noticeTag[p] {
			return true
		}
	}
	return false
}

// looksSent says if the mail went out by a program that sends patches.
func (m *Mail) looksSent() bool {
	_, ok := batchOf(m.MessageID)
	return ok
}

func (m *Mail) talk() Kind {
	if m.InReplyTo != "" || len(m.References) > 0 || m.Tag.Reply {
		return Reply
	}
	return Other
}
