package diffmatch

import (
	"iter"
	"regexp"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// A probe is a patch prepared for the search.
type probe struct {
	shape   *shape
	id      uint64 // patch-id
	subject uint64
	author  authorKey
	date    int64 // author date in Unix seconds, 0 if unknown
	cites   []string
	mail    string // message-id of the mail that it is, or ""

	files       []*patch.File
	title, body string // "" where they do not count
	says        string // body, reduced as titles are
	words       bag    // of the title
}

// newProbe reads what a match needs of a patch.
func newProbe(p *patch.Patch, o Options) probe {
	q := probe{shape: shapeOf(p.Files), files: p.Files}
	if id := p.ID(); id != "" {
		q.id = shortID(id)
	}
	if o.DiffOnly {
		return q
	}
	q.subject = subjectKey(p.Subject)
	q.author = newAuthorKey(p.Author.Name, p.Author.Email)
	if !p.Date.IsZero() {
		q.date = p.Date.Unix()
	}
	q.cites = cites(p)
	for _, t := range p.Trailers {
		if strings.EqualFold(t.Key, "message-id") {
			q.mail = t.Value
			break
		}
	}
	q.title, q.body = p.Subject, p.Body
	q.says = plainText(p.Body)
	q.words = bagOf(strings.ToLower(p.Subject))
	return q
}

// citesRE knows how the messages of stable kernels name their origin.
var citesRE = regexp.MustCompile(`(?i)\[ ?upstream commit ([0-9a-f]{40}) ?\]|^commit ([0-9a-f]{40}) upstream`)

// hashRE is a full hash in a tag that tells where a patch is from.
var hashRE = regexp.MustCompile(`\b([0-9a-f]{40}|[0-9a-f]{64})\b`)

// cites are the raw hashes of the commits of which a patch says that it was
// made. A commit that it fixes or mentions is none of them.
func cites(p *patch.Patch) (list []string) {
	add := func(hex string) { list = append(list, rawHash(strings.ToLower(hex))) }
	if p.From != "" {
		add(p.From)
	}
	for _, t := range p.Trailers {
		switch strings.ToLower(t.Key) {
		case "cherry-picked-from":
			add(t.Value)
		case "upstream-status", "origin", "applied-upstream":
			if h := hashRE.FindString(t.Value); h != "" {
				add(h)
			}
		}
	}
	if m := citesRE.FindStringSubmatch(p.Body); m != nil {
		add(m[1] + m[2])
	}
	return list
}

// candidates compares a patch with the commits that may be it.
func (v *View) candidates(q probe) []candidate {
	rows := v.lookup(q.shape)
	add := func(more iter.Seq[uint32]) {
		n := 0
		for r := range more {
			if !slices.Contains(rows, r) {
				rows = append(rows, r)
				if n++; n == maxCandidates {
					return
				}
			}
		}
	}
	if q.id != 0 {
		add(v.withPatchID(q.id))
	}
	if q.subject != 0 {
		add(v.withSubject(q.subject))
	}
	if q.date != 0 {
		add(v.writtenAt(q.date))
	}
	for _, h := range q.cites {
		add(v.withHash(h))
		add(v.pickedFrom(h))
	}
	if q.mail != "" {
		add(v.withMessageID(q.mail))
	}
	w := v.weigher()
	left := flatten(q.shape, w)
	list := make([]candidate, 0, len(rows))
	for _, r := range rows {
		s, err := v.shape(r)
		if err != nil {
			continue // the checksum of the file was right, so this cannot be
		}
		left.lost = v.lostFiles(left.files, v.committed(r))
		c := candidate{row: r, alignment: align(left, flatten(s, w))}
		v.compareHeaders(&c, q)
		list = append(list, c)
	}
	return list
}

// lostFiles says of each file whether its path was in the tree at some time.
func (v *View) lostFiles(files []fileShape, when int64) []bool {
	lost := make([]bool, len(files))
	for i, f := range files {
		lost[i] = v.lost(f.path, when)
	}
	return lost
}

// commonTitle is how many commits may have a title that still tells something.
const commonTitle = 3

// compareHeaders fills in all that is not about lines.
func (v *View) compareHeaders(c *candidate, q probe) {
	r := v.row(c.row)
	c.titled = r.subject
	c.patchID = q.id != 0 && q.id == r.patchID
	c.subject = q.subject != 0 && q.subject == r.subject
	c.author = q.author.same(r.author)
	c.knowsSubject, c.knowsAuthor = q.subject != 0, q.author != authorKey{}
	title := patch.CleanSubject(r.title)
	c.title = q.words.similar(bagOf(strings.ToLower(title)))
	if plain := plainText(title); len(plain) >= 16 {
		c.named = strings.Contains(q.says, plain)
	}
	c.date = q.date != 0 && q.date == r.authorTime
	c.early = q.date != 0 && r.commitTime < q.date-2*86400
	c.linked = q.mail != "" && slices.Contains(r.messages, messageKey(q.mail))
	for _, h := range q.cites {
		c.cited = c.cited || h == r.hash || slices.Contains(r.picked, h)
	}
	if c.subject {
		c.twins = v.titles(q.subject)
	}
	if c.twins > commonTitle { // "Update NEWS" is no title
		c.subject, c.title = false, 0
	}
}

// titles is how many commits of the view have a title.
func (v *View) titles(subject uint64) (n int) {
	for range v.withSubject(subject) {
		n++
	}
	return n
}
