package view

import (
	"fmt"
	"strings"

	"github.com/upstreamd/upstreamd/internal/series"
)

// A ReviewChart shows a review over time: a lane for what was sent and one for
// each side, a mark for each thing that happened.
type ReviewChart struct {
	From, To When
	Lanes    []ReviewLane
	Words    string // the same in a line
}

// A ReviewLane is what one side did.
type ReviewLane struct {
	Word  string // "sent", "us", "reviewers", "robots"
	Marks []ReviewMark
}

// A ReviewMark is one thing that happened.
type ReviewMark struct {
	At    float64 // from 0 to 100 of the chart's length
	Kind  string  // as series.SignKind, or "sent"
	Bad   bool
	Label string // of a revision: "v2"
	Title string // in words, for the pointer
}

// SignWords is what a mail means, in words, for people who see it first.
func SignWords(kind string, bad bool) string {
	switch series.SignKind(kind) {
	case series.Asked:
		return "asks"
	case series.Wanted:
		return "wants it changed"
	case series.Objects:
		return "objects"
	case series.Refused:
		return "refuses it"
	case series.Agreed:
		return "gives a trailer"
	case series.Took:
		return "took it"
	case series.Pinged:
		return "pings"
	case series.Checked:
		if bad {
			return "found something"
		}
		return "found nothing wrong"
	case series.Promised:
		return "will change it"
	case "sent":
		return "sent"
	}
	return "answers"
}

func signTone(kind string, bad bool) tone {
	switch series.SignKind(kind) {
	case series.Asked:
		return toneLook
	case series.Wanted, series.Promised:
		return toneWarn
	case series.Objects, series.Refused:
		return toneBad
	case series.Agreed, series.Took:
		return toneGood
	case series.Pinged:
		return toneGo
	case series.Checked:
		if bad {
			return toneBad
		}
		return toneGood
	case "sent":
		return toneGo
	}
	return toneCalm
}

func signIcon(kind string, bad bool) string {
	switch series.SignKind(kind) {
	case series.Asked:
		return "circle-question-mark"
	case series.Wanted, series.Promised:
		return "pencil-line"
	case series.Objects, series.Refused:
		return "circle-x"
	case series.Agreed:
		return "circle-check"
	case series.Took:
		return "git-merge"
	case series.Pinged:
		return "bell-ring"
	case series.Checked:
		if bad {
			return "triangle-alert"
		}
		return "check"
	}
	return "message-square"
}

// glyph stands in a mark, so that its colour is not all that tells it.
func (m ReviewMark) glyph() string {
	switch series.SignKind(m.Kind) {
	case series.Asked:
		return "?"
	case series.Wanted:
		return "!"
	case series.Promised:
		return "↻"
	case series.Objects, series.Refused:
		return "×"
	case series.Agreed:
		return "✓"
	case series.Took:
		return "★"
	case series.Pinged:
		return "»"
	case series.Checked:
		if m.Bad {
			return "×"
		}
		return "✓"
	}
	return ""
}

// square says whether the mark has corners: what is no person's answer.
func (m ReviewMark) square() bool { return m.Kind == "sent" || m.Kind == string(series.Checked) }

func (m ReviewMark) x() string { return fmt.Sprintf("%.2f%%", 1.5+0.97*min(100, max(0, m.At))) }

// keys are the marks that the chart has, each kind once.
func (c ReviewChart) keys() []ReviewMark {
	var list []ReviewMark
	seen := map[string]bool{"sent": true} // its marks have words of their own
	for _, l := range c.Lanes {
		for _, m := range l.Marks {
			key := SignWords(m.Kind, m.Bad)
			if !seen[key] && m.Kind != "sent" {
				seen[key] = true
				list = append(list, m)
			}
		}
	}
	return list
}

// shown are the signs of a reply that say more than that it is an answer;
// trailers stand with the patch.
func (r Reply) shown() []Sign {
	var list []Sign
	for _, s := range r.Signs {
		if s.Kind != string(series.Said) && s.Kind != string(series.Agreed) {
			list = append(list, s)
		}
	}
	return list
}

// said are the words of a sign, quoted; of an agreement its kind.
func (s Sign) said() string {
	text := strings.TrimSpace(s.Text)
	switch {
	case text == "":
		return ""
	case s.Kind == string(series.Objects):
		return cut(text, 60)
	}
	return "“" + cut(text, 200) + "”"
}

// wears says whether the words of an action stand in a sign already.
func (r Reply) wears(action string) bool {
	kind := map[string]string{"ping": string(series.Pinged), "applied": string(series.Took)}[action]
	for _, s := range r.Signs {
		if s.Kind == kind {
			return true
		}
	}
	return false
}
