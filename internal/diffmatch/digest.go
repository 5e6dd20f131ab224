package diffmatch

import (
	"bytes"
	"encoding/hex"
	"net/url"
	"regexp"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// maxDiff bounds the bytes of one commit's diff that are read: [maxLines]
// lines are in it unless they are very long.
const maxDiff = 8 << 20

// A digest is what the index keeps of one commit.
type digest struct {
	hash       string    // raw bytes
	parents    []string  // raw bytes
	title      string    // the subject as it is, for people
	by         string    // the author as "Name <address>", for people
	author     authorKey // of by
	authorTime int64     // Unix seconds
	commitTime int64
	subject    uint64   // key of the title
	undoes     uint64   // key of the title that a Revert "..." names, or 0
	patchID    uint64   // first 8 bytes; 0 without hunks
	picked     []string // raw hashes of the commits that it was picked or imported from
	reverts    []string // hex hashes, perhaps abbreviated, of the commits that it reverts
	messages   []uint64 // keys of the message-ids of the mails that it was made of
	flags      rowFlags
	shape      *shape
}

// newDigest reads a commit, whose diff is not kept.
func newDigest(c *git.Commit, scan *scanner) *digest {
	d := &digest{
		hash:       rawHash(c.Hash),
		title:      cut(c.Subject),
		by:         cut(c.Author.Name + " <" + c.Author.Email + ">"),
		authorTime: c.AuthorTime.Unix(),
		commitTime: c.CommitTime.Unix(),
		messages:   messagesIn(c.Body),
	}
	d.author = authorOf(d.by)
	d.subject, d.undoes = titleKeys(c.Subject)
	for _, p := range c.Parents {
		d.parents = append(d.parents, rawHash(p))
	}
	if c.Lost != "" {
		d.flags |= wasLost
	}
	d.readDiff(c, scan)
	lower := strings.ToLower(c.Body)
	if strings.Contains(lower, "picked from commit") || strings.Contains(lower, " rev:") {
		for _, h := range hashesIn(pickedRE, lower) {
			d.picked = append(d.picked, rawHash(h))
		}
	}
	if strings.Contains(lower, "revert") {
		d.reverts = hashesIn(revertsRE, lower)
	}
	return d
}

// readDiff makes the shape and the patch-id.
func (d *digest) readDiff(c *git.Commit, scan *scanner) {
	diff := c.Diff
	if len(diff) > maxDiff {
		diff = diff[:maxDiff]
	}
	cut := c.DiffTruncated || len(diff) < len(c.Diff)
	if cut {
		diff = diff[:bytes.LastIndexByte(diff, '\n')+1]
	}
	if len(c.Parents) > 1 {
		d.flags |= isMerge
		d.shape, _ = scan.shape(ownChanges(diff)) // git has no patch-id of a merge either
	} else {
		d.shape, d.patchID = scan.shape(diff)
	}
	if d.shape.lines == 0 || cut {
		d.patchID = 0
	}
	if cut && len(diff) > 0 {
		d.shape.cut = true
	}
	if d.shape.cut {
		d.flags |= wasCut
	}
}

var (
	// pickedRE knows git cherry-pick -x, and the references that combined
	// repositories such as poky add. Texts are in small letters.
	pickedRE  = regexp.MustCompile(`(?:cherry[- ]picked from commit|from [\w-]+ rev:|\([\w-]+ rev:) *([0-9a-f]{12,64})`)
	revertsRE = regexp.MustCompile(`reverts? commit ([0-9a-f]{7,64})`)
	// messageRE knows the trailers and the archives' addresses that name the
	// mail from which a commit was made.
	messageRE = regexp.MustCompile(`(?i)^(?:message-id:\s*<?|(?:link|url|patchwork|closes):\s*https?://[^/\s]+/(?:\S*[/=])?)([^\s<>/=&]+@[^\s<>/&]+)>?/?\s*$`)
)

// hashesIn finds the hashes that a text names.
func hashesIn(re *regexp.Regexp, text string) (list []string) {
	for _, m := range re.FindAllStringSubmatch(text, 20) {
		list = append(list, m[1])
	}
	return list
}

// messagesIn finds the keys of the message-ids that the trailers of a message name.
func messagesIn(body string) (list []uint64) {
	for line := range strings.Lines(body) {
		if !strings.Contains(line, ":") || !strings.Contains(line, "@") || len(list) == 20 {
			continue // which is faster than to ask messageRE
		}
		if m := messageRE.FindStringSubmatch(line); m != nil {
			list = append(list, messageKey(m[1]))
		}
	}
	return list
}

// messageKey is the key of a message-id, with its brackets or without, or as
// it stands in an address.
func messageKey(id string) uint64 {
	id = strings.Trim(id, "<> ")
	if plain, err := url.PathUnescape(id); err == nil {
		id = plain
	}
	return xxhash.Sum64String(id)
}

// rawHash is the bytes of a hex hash, the last digit of an odd number left off.
func rawHash(s string) string {
	b, err := hex.DecodeString(s[:len(s)&^1])
	if err != nil {
		return ""
	}
	return string(b)
}

// revertedSubject is the key of the title that a subject Revert "..." names.
func revertedSubject(s string) uint64 {
	inner, ok := strings.CutPrefix(patch.CleanSubject(s), `Revert "`)
	if !ok {
		return 0
	}
	return subjectKey(strings.TrimSuffix(inner, `"`))
}

// shortID is the first 8 bytes of a patch-id.
func shortID(id string) uint64 {
	var n uint64
	for _, c := range []byte(rawHash(id)[:min(8, len(id)/2)]) {
		n = n<<8 | uint64(c)
	}
	return n
}

// cut bounds what is kept for people.
func cut(s string) string {
	const most = 300
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	return s
}
