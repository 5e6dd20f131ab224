// Package query reads what people type into the search box:
//
//	zlib "buffer overflow" from:ann@example.org since:2w -subject:rfc
//
// Words that stand alone are looked for everywhere, words in quotes as they
// follow one another, field:value in one field only, -x is what must not be
// there, and word* is every word that begins so. All must hold.
//
// [Parse] makes a [Query] of the text, or says what is wrong with it. [Words]
// is how texts and queries are cut into words: whoever indexes a text uses it
// too, so that both mean the same on every database. Nothing here knows SQL.
package query

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ErrSyntax means that a query cannot be understood; the text says why.
var ErrSyntax = errors.New("query not understood")

// A Field is where a term is looked for.
type Field string

// The fields that can be named.
const (
	Any       Field = ""        // subject, people, files and text
	Subject   Field = "subject" // without prefixes of replies or with them: as sent
	From      Field = "from"    // name or address of the author
	File      Field = "file"    // path or part of a path that a patch touches
	List      Field = "list"    // part of the name of a list
	MessageID Field = "msgid"   // exactly, with or without <>, or the address of an archive
	Kind      Field = "is"      // patch, cover, reply, other
)

// A Term is one thing that must be there, or must not.
type Term struct {
	Field  Field
	Words  []string // one after another, as [Words] cuts them; never empty
	Text   string   // as typed, without quotes, in lower case but for a message-id
	Prefix bool     // the last word is only the beginning of one
	Not    bool
}

// A Query is what is looked for.
type Query struct {
	Terms  []Term    // all of them
	Since  time.Time // sent then or later; zero: no limit
	Before time.Time // sent before; zero: no limit
}

// Limits of a query: more is no question.
const (
	maxText  = 1000
	maxTerms = 20
)

var fields = map[string]Field{
	"subject": Subject, "s": Subject, "from": From, "f": From, "author": From, "file": File, "path": File,
	"list": List, "l": List, "msgid": MessageID, "m": MessageID, "id": MessageID, "is": Kind, "kind": Kind,
}

var kinds = map[string]bool{"patch": true, "cover": true, "reply": true, "other": true}

const fieldNames = "subject:, from:, file:, list:, msgid:, is:, since: and before:"

// Parse reads a query. now is what "since:2w" counts from. The error matches
// [ErrSyntax].
func Parse(text string, now time.Time) (Query, error) {
	var q Query
	if len(text) > maxText {
		return q, fmt.Errorf("%w: longer than %d characters", ErrSyntax, maxText)
	}
	for rest := strings.TrimSpace(strings.ToValidUTF8(text, " ")); rest != ""; {
		if len(q.Terms) == maxTerms {
			return q, fmt.Errorf("%w: more than %d terms", ErrSyntax, maxTerms)
		}
		var tok token
		var err error
		if tok, rest, err = next(rest); err == nil {
			err = q.add(tok, now)
		}
		if err != nil {
			return Query{}, fmt.Errorf("%w: %w", ErrSyntax, err)
		}
	}
	if len(q.Terms) == 0 && q.Since.IsZero() && q.Before.IsZero() {
		return q, fmt.Errorf("%w: nothing to look for", ErrSyntax)
	}
	return q, nil
}

// A token is one term as typed.
type token struct {
	not    bool
	field  string // "" where there is none
	value  string
	quoted bool
}

// next takes one token off the beginning of a text.
func next(s string) (token, string, error) {
	var t token
	if len(s) > 1 && s[0] == '-' && s[1] != ' ' {
		t.not, s = true, s[1:]
	}
	if at := strings.IndexFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }); at > 0 && s[at] == ':' {
		after := s[at+1:]
		// "zlib: fix" is a subject, and "https://..." an address: no fields.
		if after != "" && !unicode.IsSpace(rune(after[0])) && !strings.HasPrefix(after, "//") {
			t.field, s = strings.ToLower(s[:at]), after
		}
	}
	if s[0] == '"' {
		value, rest, closed := strings.Cut(s[1:], `"`)
		if !closed {
			return t, "", errors.New(`a quote " is not closed`)
		}
		t.value, t.quoted = value, true
		return t, strings.TrimSpace(rest), nil
	}
	end := strings.IndexFunc(s, unicode.IsSpace)
	if end < 0 {
		end = len(s)
	}
	t.value = s[:end]
	return t, strings.TrimSpace(s[end:]), nil
}

// add takes one token into the query.
func (q *Query) add(t token, now time.Time) error {
	switch t.field {
	case "since", "after", "before", "until":
		return q.limit(t, now)
	}
	field, ok := fields[t.field]
	if !ok && t.field != "" {
		return fmt.Errorf("there is no field %q: there are %s; to look for it as text, put it in quotes", t.field+":", fieldNames)
	}
	term := Term{Field: field, Not: t.not, Text: strings.ToLower(t.value)}
	if field == MessageID {
		term.Text = messageID(t.value)
	}
	if field == Kind && !kinds[term.Text] {
		return fmt.Errorf("is:%s: want is:patch, is:cover, is:reply or is:other", t.value)
	}
	term.Prefix = !t.quoted && len(t.value) > 1 && strings.HasSuffix(t.value, "*")
	term.Words = Words(t.value)
	if len(term.Words) == 0 {
		if field == Any && !t.quoted { // a lone dash or dots between words
			return nil
		}
		return fmt.Errorf("%q has no word to look for", t.value)
	}
	if last := term.Words[len(term.Words)-1]; term.Prefix && utf8.RuneCountInString(last) < minPrefix {
		return fmt.Errorf("%s: want at least %d letters before the *", t.value, minPrefix)
	}
	q.Terms = append(q.Terms, term)
	return nil
}

// minPrefix is the length of the beginnings of words that are indexed; shorter
// ones would mean to look at everything.
const minPrefix = 3

// limit reads since: and before:.
func (q *Query) limit(t token, now time.Time) error {
	if t.not {
		return fmt.Errorf("-%s: cannot be turned round (write since: or before: without the minus)", t.field)
	}
	when, err := moment(t.value, now)
	if err != nil {
		return fmt.Errorf("%s:%s: want a date like 2025-03-01, 2025-03 or 2025, or how long ago: 10d, 2w, 6m, 1y", t.field, t.value)
	}
	if t.field == "since" || t.field == "after" {
		q.Since = when
	} else {
		q.Before = when
	}
	return nil
}

var errMoment = errors.New("no date")

// moment reads a date, or how long ago.
func moment(s string, now time.Time) (time.Time, error) {
	for _, layout := range []string{"2006-01-02", "2006-01", "2006", "20060102"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 0 {
			return t, nil
		}
	}
	if len(s) < 2 || len(s) > 5 {
		return time.Time{}, errMoment
	}
	n := 0
	for _, c := range s[:len(s)-1] {
		if c < '0' || c > '9' {
			return time.Time{}, errMoment
		}
		n = n*10 + int(c-'0')
	}
	switch s[len(s)-1] {
	case 'd':
		return now.AddDate(0, 0, -n), nil
	case 'w':
		return now.AddDate(0, 0, -7*n), nil
	case 'm':
		return now.AddDate(0, -n, 0), nil
	case 'y':
		return now.AddDate(-n, 0, 0), nil
	}
	return time.Time{}, errMoment
}

// messageID takes the id out of <...> or the address of an archive.
func messageID(s string) string {
	s = strings.Trim(strings.TrimSpace(s), "<>")
	if strings.Contains(s, "://") {
		s = strings.TrimSuffix(s, "/")
		s = s[strings.LastIndexByte(s, '/')+1:]
	}
	return s
}

// maxWord is the longest word in bytes; of longer ones the beginning counts.
const maxWord = 64

// Words cuts a text into words in lower case: runs of letters and digits.
func Words(text string) []string {
	var words []string
	for w := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		w = strings.ToLower(w)
		if len(w) > maxWord {
			w = w[:maxWord]
			for !utf8.ValidString(w) {
				w = w[:len(w)-1]
			}
		}
		words = append(words, w)
	}
	return words
}
