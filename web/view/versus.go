package view

import "net/url"

// A Versus is two sightings of one change beside each other.
type Versus struct {
	ID          int64 // of the change
	Title       string
	Choices     []Choice // what can be compared
	Left, Right string   // keys of what is
	Headline    string   // what it amounts to
	Same        bool     // it is the same change
	Near        bool     // it is mostly the same
	Reverted    string   // the commit that took it out again; ""
	Points      []Point
	Compared    *Comparison
	WhyNot      string // why there is no comparison; ""
}

// A Choice is one of what can be compared.
type Choice struct{ Key, Words string }

// CompareURL is the page that compares two sightings of a change by their keys.
func CompareURL(id int64, left, right string) string {
	q := url.Values{"left": {left}, "right": {right}}
	return ChangeURL(id) + "/compare?" + q.Encode()
}

// AllURL is the page with every line.
func AllURL(id int64, left, right string) string { return CompareURL(id, left, right) + "&all=yes" }

func (v Versus) tone() tone {
	switch {
	case v.Same:
		return toneGood
	case v.Near:
		return toneLook
	}
	return toneCalm
}

func (v Versus) icon() string {
	switch {
	case v.Same:
		return "circle-check"
	case v.Near:
		return "circle-question-mark"
	}
	return "circle-x"
}
