package patch

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// A Named is what the detail of an Upstream-Status, or free text, points to.
// Each list is in the order of the text, without repeats.
type Named struct {
	Commits    []string // full or short hashes, lower case
	MessageIDs []string // without <>; taken out of archive addresses too
	Pulls      []string // addresses of pull or merge requests
	URLs       []string // all addresses, those above too
}

// maxNamed bounds each list of a [Named].
const maxNamed = 20

var (
	address = regexp.MustCompile(`https?://[^\s<>"'\]\)\|]+`)
	// A hash in plain text has a digit and a letter, so that no word and no
	// date is taken for one.
	hashWord  = regexp.MustCompile(`(?i)\b[0-9a-f]{8,64}\b`)
	bareID    = regexp.MustCompile(`<([^\s<>@]+@[^\s<>@]+)>`)
	inBracket = regexp.MustCompile(`(?i)\bmessage-id:?\s*<?([^\s<>@]+@[^\s<>@\]]+)`)
	pull      = regexp.MustCompile(`^https?://[^/]+/.+/(pull|pulls|merge_requests|pull-requests)/\d+`)
	// Where forges and cgit, gitweb, gitiles have the hash of a commit.
	inAddress = regexp.MustCompile(`(?i)(?:/commits?/|/\+/|[?&;](?:id|h)=|/rev/|/c/)([0-9a-f]{7,64})(?:[^0-9a-z]|$)`)
)

// FindNamed finds what a text points to: commits by hash or by the address
// where a forge shows them, mails by message-id or by the address in an archive
// of public-inbox, and pull requests.
func FindNamed(text string) Named {
	var n Named
	if len(text) > 1<<16 {
		text = text[:1<<16]
	}
	for _, a := range address.FindAllString(text, maxNamed) {
		a = strings.TrimRight(a, ".,;:!")
		n.URLs = appendNew(n.URLs, a)
		switch {
		case pull.MatchString(a):
			n.Pulls = appendNew(n.Pulls, pull.FindString(a))
		default:
			if m := inAddress.FindStringSubmatch(a); m != nil {
				n.Commits = appendNew(n.Commits, strings.ToLower(m[1]))
			} else if id := idOf(a); id != "" {
				n.MessageIDs = appendNew(n.MessageIDs, id)
			}
		}
	}
	plain := address.ReplaceAllString(text, " ")
	for _, re := range [...]*regexp.Regexp{bareID, inBracket} {
		for _, m := range re.FindAllStringSubmatch(plain, maxNamed) {
			n.MessageIDs = appendNew(n.MessageIDs, m[1])
		}
	}
	for _, h := range hashWord.FindAllString(plain, maxNamed) {
		if h = strings.ToLower(h); len(h) == 40 || len(h) == 64 || strings.ContainsAny(h, "abcdef") && strings.ContainsAny(h, "0123456789") {
			n.Commits = appendNew(n.Commits, h)
		}
	}
	return n
}

// idOf is the message-id in the address of a public-inbox archive:
// https://host/list/ID/ or https://host/list/ID/T/.
func idOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || strings.Contains(u.Host, "@") {
		return ""
	}
	for _, part := range strings.Split(u.EscapedPath(), "/") {
		id, err := url.PathUnescape(part)
		if at := strings.IndexByte(id, '@'); err == nil && at > 0 && at < len(id)-1 && strings.IndexByte(id[at+1:], '@') < 0 {
			return id
		}
	}
	return ""
}

func appendNew(list []string, s string) []string {
	if len(list) >= maxNamed || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
