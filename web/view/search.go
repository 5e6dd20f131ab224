package view

import (
	"net/url"
	"strconv"
)

// InSearch is the section of the search page.
const InSearch Section = "search"

// Search is the page that finds mails and changes.
type Search struct {
	Text    string // as typed
	Wrong   string // what is wrong with it; ""
	Asked   bool   // there was something to look for
	Page    int    // from 0
	Mails   []FoundMail
	More    bool // there is a page after this one
	Recipes []FoundRecipe
	Changes []FoundChange
}

// A FoundMail is one mail that was found.
type FoundMail struct {
	Subject string
	Href    string
	Kind    string // patch, cover, reply, other
	Author  string
	List    string
	Sent    When
	Series  string // address of its series; ""
}

// A FoundChange is one carried change that was found.
type FoundChange struct {
	Title  string
	Href   string
	Recipe string
	Where  string // layer and path
}

// url is the address of a page of the same search.
func (v Search) url(page int) string {
	q := url.Values{"q": {v.Text}}
	if page > 0 {
		q.Set("page", strconv.Itoa(page))
	}
	return "/search?" + q.Encode()
}

// searchExamples are what the page offers to who has not asked yet.
func searchExamples() []struct{ Query, Says string } {
	return []struct{ Query, Says string }{
		{`buffer overflow`, "both words, anywhere"},
		{`"buffer overflow"`, "the words as they follow one another"},
		{`subject:zlib -subject:rfc`, "in the subject; a dash takes away"},
		{`from:ann@example.org since:3m`, "by one author, of the last three months; also 10d, 2w, 1y, 2025-03"},
		{`file:lib/inflate.c is:patch`, "patches that touch a file"},
		{`list:oe-core before:2025-01 xattr*`, "on one list, before a day, words that begin so"},
		{`msgid:20250301.1-1-ann@example.org`, "one mail by its Message-ID"},
	}
}

// A FoundRecipe is a recipe that a search found by its name.
type FoundRecipe struct {
	Name, Href string
	Layers     int // that have it
}
