// Package series puts list mail together: the mails of one run to a posting,
// the postings of one work to a series, replies to what they answer.
//
// A [Mail] is the small part of a message that this needs; [NewMail] makes it
// and it can be stored. [Assemble] is a pure function of a set of mails: the
// order in which they come changes nothing. It reads no diff and no database;
// likeness of diffs is brought in by others. [Reviews] gathers what was said of
// each posting, and [Judge] says how a review goes.
//
// Everything here is a claim by whoever sent the mail. Nothing makes a series
// merged, and nobody changes another author's series by posting.
package series

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// ErrNotFound means that no such series is known.
var ErrNotFound = errors.New("series not found")

// A Mail is what assembly needs to know of one message.
type Mail struct {
	MessageID  string
	InnerID    string // of the mail that the list wrapped, or ""
	InReplyTo  string
	References []string // oldest first
	From       mailing.Person
	Author     mailing.Person // of the patch; From where the text names nobody
	Date       time.Time      // zero if unknown
	List       string
	Subject    string
	Tag        mailing.Tag

	HasDiff  bool
	Stat     bool     // has a diffstat
	PatchID  string   // git patch-id --stable, "" without hunks
	Files    []string // paths that the diff touches, new names
	Signers  []string // of a patch: addresses in its Signed-off-by and Co-developed-by, lower case
	ChangeID string
	Links    []Link   // to other mails, in the mail's own words
	Titles   []string // of a cover letter: the patches it lists
	Pull     bool     // asks to pull from a repository

	Trailers []mailing.Trailer // of a reply
	Action   mailing.Action    // of a reply
	Words    mailing.Words     // of a reply by a person
	Check    mailing.Check     // of a reply by a program
	Base     string            // commit that it says it applies to, "" if it does not
	Needs    []Need            // what it says it depends on
	Ignored  bool              // its sender asks trackers not to look (X-Patchwork-Hint)
}

// A Link is an address of an archived mail that a mail names.
type Link struct {
	MessageID string
	Earlier   bool // it is called an earlier version: "previous posting: https://..."
	Version   int  // the version that it is called: "v1: https://...", 0 if none
}

const (
	maxLinks  = 50
	maxTitles = 300
	maxFiles  = 500
)

// NewMail takes from a message what assembly needs.
func NewMail(m *mailing.Message) Mail {
	tag := mailing.ParseTag(m.Subject)
	mail := Mail{
		MessageID: m.MessageID, InnerID: m.InnerID, InReplyTo: m.InReplyTo, References: m.References,
		From: m.From, Author: m.Author, Date: m.Date, List: m.ListID, Subject: m.Subject, Tag: tag,
		ChangeID: m.ChangeID, Ignored: strings.EqualFold(m.Field("X-Patchwork-Hint"), "ignore"),
	}
	if mayHaveDiff(m.Text) {
		mail.readPatch(m.Text)
	}
	mail.Stat = hasStat(m.Text)
	mail.Links = links(aboveDiff(m.Text))
	if tag.Reply || !mail.HasDiff && (m.InReplyTo != "" || len(m.References) > 0) {
		mail.Trailers = mailing.Trailers(m.Text)
		mail.Action, mail.Words = mailing.ReadReply(m.Text)
		if mail.Check = mailing.CheckOf(m); mail.Check.Robot {
			mail.Words = mailing.Words{}
		}
	}
	if !tag.Reply {
		mail.Base, mail.Needs = needs(m.Text)
	}
	if !mail.HasDiff && !tag.Reply {
		mail.Titles = coverTitles(m.Text)
		mail.Pull = strings.Contains(m.Text, "in the git repository at:") || strings.Contains(m.Text, "in the Git repository at:")
	}
	return mail
}

var diffStat = regexp.MustCompile(`^ \d+ files? changed, \d+ (?:inser|dele)tion`)

const diffBegins = `^(?:diff --git |diff -|Index: |--- [^\n]+\n\+\+\+ |GIT binary patch)`

var (
	diffStart = regexp.MustCompile(diffBegins)          // here
	diffMark  = regexp.MustCompile(`(?m)` + diffBegins) // on some line
)

// mayHaveDiff is a cheap look before the text is parsed.
func mayHaveDiff(text string) bool {
	return strings.Contains(text, "\n+++ ") || strings.Contains(text, "diff --git ") || strings.HasPrefix(text, "--- ")
}

func (m *Mail) readPatch(text string) {
	p, err := patch.Parse([]byte(text))
	if errors.Is(err, patch.ErrNoDiff) || len(p.Files) == 0 {
		// too big to read, or beyond repair: still a posted patch
		m.HasDiff = !errors.Is(err, patch.ErrNoDiff) && diffMark.MatchString(text)
		return
	}
	m.HasDiff = true
	m.PatchID = p.ID()
	for _, f := range p.Files {
		if len(m.Files) < maxFiles {
			m.Files = append(m.Files, f.Path())
		}
	}
	m.Signers = signers(p.Trailers)
}

// signers are who signed a patch off or developed it too.
func signers(trailers []patch.Trailer) (addresses []string) {
	const most = 50
	for _, t := range trailers {
		if !strings.EqualFold(t.Key, "Signed-off-by") && !strings.EqualFold(t.Key, "Co-developed-by") {
			continue
		}
		a := strings.ToLower(patch.ParsePerson(t.Value).Email)
		if a != "" && !slices.Contains(addresses, a) && len(addresses) < most {
			addresses = append(addresses, a)
		}
	}
	return addresses
}

// aboveDiff is the text that stands before the first diff.
func aboveDiff(text string) string {
	const longest = 64 << 10
	text = text[:min(len(text), longest)]
	at := 0
	for line := range strings.Lines(text) {
		switch line[0] { // what a diff can begin with
		case 'd', 'I', '-', 'G':
			if diffStart.MatchString(text[at:min(len(text), at+len(line)+8)]) {
				return text[:at]
			}
		}
		at += len(line)
	}
	return text
}

// hasStat looks for the last line of a diffstat.
func hasStat(text string) bool {
	for range 10 {
		at := strings.Index(text, " changed, ")
		if at < 0 {
			return false
		}
		line := strings.LastIndexByte(text[:at], '\n') + 1
		if diffStat.MatchString(text[line:min(len(text), at+40)]) {
			return true
		}
		text = text[at+1:]
	}
	return false
}

var (
	archived    = regexp.MustCompile(`https?://[^\s<>"]+?/([^\s/<>"@]+(?:@|%40)[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)`)
	earlier     = regexp.MustCompile(`(?i)\b(?:rfc|previous(?:ly)?|prior|earlier|supersedes|old)\b`)
	fromTrailer = regexp.MustCompile(`(?i)^(?:link|closes|reported-by|patchwork)\s*:\s*$`)
	labelled    = regexp.MustCompile(`(?i)(?:^|[^a-z0-9])v(?:er(?:sion)?)? ?\.?(\d{1,3})\b`)
	midField    = regexp.MustCompile(`(?i)^(?:supersedes|previous|message-id|link to v\d+)[^<]{0,20}<([^\s<>@]+@[^\s<>]+)>`)
)

// links finds the archived mails that a text names, outside of quotes.
func links(text string) []Link {
	var found []Link
	above, line := "", ""
	for next := range strings.Lines(text) {
		if s := strings.TrimSpace(line); s != "" {
			above = s
		}
		line = next
		if line[0] == '>' || len(line) > 1000 || !strings.Contains(line, "@") && !strings.Contains(line, "%40") {
			continue
		}
		if g := midField.FindStringSubmatch(line); g != nil {
			found = append(found, Link{MessageID: g[1], Earlier: true})
		}
		for _, at := range archived.FindAllStringSubmatchIndex(line, 4) {
			id, err := url.PathUnescape(line[at[2]:at[3]])
			if err != nil || len(found) >= maxLinks {
				continue
			}
			label := line[:at[0]]
			if strings.TrimSpace(label) == "" && strings.HasSuffix(above, ":") {
				label = above
			}
			if fromTrailer.MatchString(label) {
				continue // where it came from or what it is about
			}
			l := Link{MessageID: id, Earlier: earlier.MatchString(label)}
			if g := labelled.FindAllStringSubmatch(label, 2); len(g) == 1 {
				l.Version, _ = strconv.Atoi(g[0][1]) // at most three digits
			}
			found = append(found, l)
		}
	}
	return found
}

var (
	listedBy    = regexp.MustCompile(`^[^\s].* \((\d+)\):$`)
	listedTitle = regexp.MustCompile(`^ {2,6}(\S.*)$`)
)

// coverTitles reads the short log of a cover letter: "Ann (2):" and below it
// the titles, indented, long ones folded.
func coverTitles(text string) []string {
	var titles []string
	in := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \r\n")
		switch {
		case listedBy.MatchString(line):
			in = true
		case !in || line == "":
			in = false
		case strings.HasPrefix(line, "    ") && len(titles) > 0:
			titles[len(titles)-1] += " " + strings.TrimSpace(line)
		default:
			g := listedTitle.FindStringSubmatch(line)
			if g == nil {
				in = false
			} else if len(titles) < maxTitles {
				titles = append(titles, g[1])
			}
		}
	}
	return titles
}
