package mailing

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Tag is what the brackets before a title say: "[meta-oe][kirkstone][PATCH
// v2 3/7] zlib: fix build" is part 3 of 7, version 2, for kirkstone.
type Tag struct {
	Title     string // the subject without tags and reply marks
	Version   int    // 2 for v2; 1 if the subject does not say
	Versioned bool   // the subject says the version
	Numbered  bool   // the subject says n/m
	Index     int    // n of n/m; 0 is the cover letter
	Total     int    // m of n/m
	Patch     bool   // the word PATCH stands there
	Set       bool   // the word PATCHSET: a cover letter without numbers
	RFC       bool
	Resend    bool
	Reply     bool     // Re:, Fwd: or the like
	Forward   bool     // Fwd:, and nothing else of that kind
	Branches  []string // stable branches named, in lower case, sorted: "5.15", "kirkstone"
	Prefixes  []string // all other words in brackets, as written: list, layer, tree
}

// Branch is the stable branches of the tag as one value, "" if none.
func (t Tag) Branch() string { return strings.Join(t.Branches, " ") }

var (
	tagReply   = regexp.MustCompile(`(?i)^(?:(?:re|aw|sv|antw|vs|fwd?|fw|wg|tr|回复|答复)\s*(?:\[\d+\])?\s*[:：]|was:)\s*`)
	tagForward = regexp.MustCompile(`(?i)^(?:fwd?|fw|wg|tr)\s*:`)
	tagBracket = regexp.MustCompile(`^\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\s*`) // one level within is seen
	tagSubject = regexp.MustCompile(`(?i)^subject:\s*`)
	tagOf      = regexp.MustCompile(`(?i)\b(\d{1,4})\s+of\s+(\d{1,4})\b`)
	tagSlash   = regexp.MustCompile(`\b(\d{1,4})\s*/\s*(\d{1,4})\b`)
	// one word: PATCH, RFC, v2 and 3/7 in any combination that is written in one
	tagWord = regexp.MustCompile(`(?i)^-?(patch|rfc)?[-_.]?(?:v\.?(\d{1,3}))?[-_:]?(?:(\d{1,4})/(\d{1,4}))?$`)
	tagTail = regexp.MustCompile(`(?i)(?:\s*[(\[](?:patch\s+)?(?:v|ver\.?|version|take|rev)\s*\.?(\d{1,3})[)\]]|,\s+v(\d{1,3}))\s*$`)
	// a branch named by a number: 5.15, 6.1-stable, linux-5.10.y, dev-6.12, 19.07
	tagBranch = regexp.MustCompile(`(?i)^(?:[a-z]+[-/])*v?(\d+\.\d+(?:\.\d+)?)(?:\.[xy]|[-/](?:stable|lts|longterm))?$`)
)

var tagPatchWords = map[string]bool{
	"patch": true, "patches": true, "patchset": true, "patchv": true,
	"path": true, "patc": true, "pacth": true, "ptach": true, "pathc": true, "patche": true, "pacht": true, // as people type it
}

// OpenEmbedded's release names, which are its stable branches.
var tagReleases = wordSet(`danny dylan dora daisy dizzy fido jethro krogoth morty pyro rocko sumo thud
	warrior zeus dunfell gatesgarth hardknott honister kirkstone langdale mickledore nanbield scarthgap
	styhead walnascar whinlatter wrynose blacksail`)

// What is prepared for a stable branch has its name and one of these.
var tagStaging = wordSet("-nut -next -stable -contrib")

func wordSet(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// ParseTag reads a subject, decoded and on one line.
func ParseTag(subject string) Tag {
	t := Tag{Version: 1}
	s := strings.TrimSpace(subject)
	if len(s) > 4000 {
		s = clean(s[:4000])
	}
	for range 32 {
		if at := tagSubject.FindString(s); at != "" {
			s = s[len(at):]
			continue
		}
		if at := tagReply.FindString(s); at != "" {
			t.Forward = tagForward.MatchString(at) && (t.Forward || !t.Reply)
			t.Reply = true
			s = s[len(at):]
			continue
		}
		g := tagBracket.FindStringSubmatch(s)
		if g == nil {
			break
		}
		t.bracket(g[1])
		s = s[len(g[0]):]
	}
	s = t.openBracket(s)
	if g := tagTail.FindStringSubmatch(s); g != nil {
		t.version(g[1] + g[2])
		s = s[:len(s)-len(g[0])]
	}
	t.Title = strings.TrimSpace(s)
	if !t.Patch && !t.RFC && t.Index > t.Total { // [Report 2024/01]
		t.Numbered, t.Index, t.Total = false, 0, 0
	}
	return t
}

// openBracket reads a tag whose closing bracket was forgotten.
func (t *Tag) openBracket(s string) string {
	if !strings.HasPrefix(s, "[") || strings.Contains(s, "]") {
		return s
	}
	words := strings.Fields(strings.TrimLeft(s, "["))
	n := 0
	for n < len(words) && tagIsWord(words[n]) {
		n++
	}
	t.bracket(strings.Join(words[:n], " "))
	return strings.Join(words[n:], " ")
}

func tagIsWord(w string) bool {
	return w != "" && (tagPatchWords[strings.ToLower(w)] || tagWord.MatchString(w))
}

// bracket reads the words of one bracket.
func (t *Tag) bracket(s string) {
	s = tagOf.ReplaceAllString(s, "$1/$2")
	s = tagSlash.ReplaceAllString(s, "$1/$2")
	words := strings.FieldsFunc(s, func(r rune) bool {
		return r == ',' || r == ' ' || r == '\t' || r == ';' || r == '{' || r == '}' || r == '[' || r == ']'
	})
	for i, w := range words {
		if i > 0 && strings.EqualFold(words[i-1], "on") { // [PATCH rebased on v6.4]
			continue
		}
		t.word(w)
	}
}

// word reads one word of a bracket.
func (t *Tag) word(w string) {
	l := strings.ToLower(w)
	if g := tagWord.FindStringSubmatch(w); g != nil && w != "-" {
		t.Patch = t.Patch || strings.EqualFold(g[1], "patch")
		t.RFC = t.RFC || strings.EqualFold(g[1], "rfc")
		t.version(g[2])
		t.number(g[3], g[4])
		return
	}
	head, _, _ := strings.Cut(l, "-")
	switch {
	case head != l && tagPatchWords[head]: // PATCH-19.07
		t.compound(w)
	case tagPatchWords[l]:
		t.Patch = true
		t.Set = t.Set || l == "patchset"
	case l == "resend" || l == "re-send" || l == "repost" || l == "resent":
		t.Resend = true
	case l == "rft" || l == "autosel":
		t.Prefixes = append(t.Prefixes, w)
	case tagReleases[l] || tagReleases[head] && tagStaging[l[len(head):]]:
		t.branch(head)
	case tagBranch.MatchString(l):
		t.branch(tagBranch.FindStringSubmatch(l)[1])
	default:
		t.compound(w)
	}
}

// compound reads words joined by / or -, such as PATCH/RFC and PATCH-19.07.
func (t *Tag) compound(w string) {
	for _, sep := range []string{"/", "-"} {
		head, tail, ok := strings.Cut(w, sep)
		if ok && tail != "" && (tagIsWord(head) || head == "" || sep == "/" && tagReleases[strings.ToLower(head)]) {
			if head != "" {
				t.word(head)
			}
			t.word(tail)
			return
		}
	}
	if w != "" && len(t.Prefixes) < 20 {
		t.Prefixes = append(t.Prefixes, w)
	}
}

// branch notes a branch; their order says nothing.
func (t *Tag) branch(b string) {
	if at, ok := slices.BinarySearch(t.Branches, b); !ok {
		t.Branches = slices.Insert(t.Branches, at, b)
	}
}

func (t *Tag) version(s string) {
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		t.Version, t.Versioned = n, true
	}
}

func (t *Tag) number(n, m string) {
	if n == "" || t.Numbered {
		return
	}
	t.Numbered = true
	t.Index, _ = strconv.Atoi(n) // at most four digits
	t.Total, _ = strconv.Atoi(m)
}
