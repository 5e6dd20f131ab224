package diffmatch

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// maxDiff bounds the bytes of one commit's diff that are read: [maxLines]
// lines are in it unless they are very long.
const maxDiff = 8 << 20

// A digest is what the index keeps of one commit, before it is numbered.
type digest struct {
	hash       string   // raw bytes
	parents    []string // raw bytes
	title      string   // the subject as it is, for people
	by         string   // the author as "Name <address>", for people
	author     authorKey
	authorTime int64 // Unix seconds
	commitTime int64
	subject    uint64   // key of the title
	undoes     uint64   // key of the title that a Revert "..." names, or 0
	patchID    uint64   // first 8 bytes; 0 without hunks
	picked     []string // raw hashes of the commits that it was picked or imported from
	reverts    []string // hex hashes, perhaps abbreviated, of the commits that it reverts
	shape      *shape
}

// newDigest reads a commit.
func newDigest(c *git.Commit) *digest {
	diff := c.Diff
	if len(diff) > maxDiff {
		diff = diff[:bytes.LastIndexByte(diff[:maxDiff], '\n')+1]
	}
	files, _ := patch.ParseDiff(diff) // what cannot be read is not there
	d := &digest{
		hash:       rawHash(c.Hash),
		title:      cut(c.Subject),
		by:         cut(c.Author.Name + " <" + c.Author.Email + ">"),
		author:     newAuthorKey(c.Author.Name, c.Author.Email),
		authorTime: c.AuthorTime.Unix(),
		commitTime: c.CommitTime.Unix(),
		subject:    subjectKey(patch.CleanSubject(c.Subject)),
		undoes:     revertedSubject(c.Subject),
		shape:      shapeOf(files),
	}
	for _, p := range c.Parents {
		d.parents = append(d.parents, rawHash(p))
	}
	if d.shape.lines > 0 && len(diff) == len(c.Diff) {
		d.patchID = shortID(patch.DiffID(diff))
	}
	d.shape.cut = d.shape.cut || len(diff) < len(c.Diff) || c.DiffTruncated
	for _, h := range hashesIn(pickedRE, c.Body) {
		d.picked = append(d.picked, rawHash(h))
	}
	d.reverts = hashesIn(revertsRE, c.Body)
	return d
}

var (
	// pickedRE knows git cherry-pick -x, and the references that combined
	// repositories such as poky add.
	pickedRE  = regexp.MustCompile(`(?i)(?:cherry[- ]picked from commit|From [\w-]+ rev:|\([\w-]+ rev:) *([0-9a-f]{12,64})`)
	revertsRE = regexp.MustCompile(`(?i)reverts? commit ([0-9a-f]{7,64})`)
)

// hashesIn finds the hashes that a text names.
func hashesIn(re *regexp.Regexp, text string) (list []string) {
	for _, m := range re.FindAllStringSubmatch(text, 20) {
		list = append(list, strings.ToLower(m[1]))
	}
	return list
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
