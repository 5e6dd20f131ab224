package view

import (
	"fmt"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
)

// decideURL is where decisions about a change are sent.
func decideURL(id int64) string { return ChangeURL(id) + "/decisions" }

// waitWords begin the reason why nobody of the team has to do anything.
func waitWords(a change.Action) string {
	if a == change.Wait {
		return "Wait:"
	}
	return "Nothing to do:"
}

// kindPreposition stands between a sighting's kind and its place.
func kindPreposition(k change.Kind) string {
	switch k {
	case change.Posted, change.Offered:
		return "to"
	case change.Dropped:
		return "from"
	}
	return "in"
}

// listed is names in a sentence: "a, b and c".
func listed(names []string) string {
	const most = 6
	if n := len(names); n > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %s more", Count(n-most))
	} else if n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

func firstOf[T any](list []T, n int) []T { return list[:min(n, len(list))] }

// noEvidence says what it means that there is no evidence.
func noEvidence(v Change) string {
	if len(v.Looked) == 0 {
		return "No upstream repository was searched yet: is its project in upstreamd.toml, and did the match stage run?"
	}
	return "If you know the commit, link it by hand under Decide."
}

func missingPart(title string) string {
	if title == "" {
		return "this part never came"
	}
	return title + " (never came)"
}

func orText(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

// maxAlike is how many pairs of sightings one page shows.
const maxAlike = 8

func (a Alike) tone() tone {
	if a.Same {
		return toneGood
	}
	return toneLook
}

func (a Alike) icon() string {
	if a.Same {
		return "circle-check"
	}
	return "circle-question-mark"
}

// lines says how many lines two sightings share that are not quite the same.
func (a Alike) lines() string {
	for _, p := range a.Points {
		if p.Kind == "lines" && !a.Same {
			return p.Detail
		}
	}
	return ""
}
