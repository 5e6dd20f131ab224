package diffmatch

import (
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
}

// newProbe reads what a match needs of a patch.
func newProbe(p *patch.Patch, o Options) probe {
	q := probe{shape: shapeOf(p.Files)}
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
	if p.From != "" {
		q.cites = append(q.cites, rawHash(p.From))
	}
	for _, t := range p.Trailers {
		if t.Key == "cherry-picked-from" {
			q.cites = append(q.cites, rawHash(strings.ToLower(t.Value)))
		}
	}
	return q
}

// candidates compares a patch with the commits that may be it.
func (v *View) candidates(q probe) []candidate {
	x := v.x
	rows := v.lookup(q.shape)
	add := func(more []uint32) {
		n := 0
		for _, r := range more {
			if v.in.has(r) && !slices.Contains(rows, r) {
				rows = append(rows, r)
				if n++; n == maxCandidates {
					return
				}
			}
		}
	}
	if q.id != 0 {
		add(x.ids[q.id])
	}
	if q.subject != 0 {
		add(x.subjects[q.subject])
	}
	if q.date != 0 {
		add(x.times[q.date])
	}
	for _, h := range q.cites {
		if r, ok := x.byHash[h]; ok {
			add([]uint32{r})
		}
	}
	w := v.weigher()
	left := flatten(q.shape, w)
	list := make([]candidate, 0, len(rows))
	for _, r := range rows {
		s, err := x.shapeAt(r)
		if err != nil {
			continue // the checksum of the file was right, so this cannot be
		}
		c := candidate{row: r, alignment: align(left, flatten(s, w))}
		v.compareHeaders(&c, q)
		list = append(list, c)
	}
	return list
}

// compareHeaders fills in all that is not about lines.
func (v *View) compareHeaders(c *candidate, q probe) {
	r := &v.x.rows[c.row]
	c.patchID = q.id != 0 && q.id == r.patchID
	c.subject = q.subject != 0 && q.subject == r.subject
	c.author = q.author.same(r.author)
	c.knowsSubject, c.knowsAuthor = q.subject != 0, q.author != authorKey{}
	c.date = q.date != 0 && q.date == r.authorTime
	c.early = q.date != 0 && r.commitTime < q.date-2*86400
	c.cited = slices.Contains(q.cites, r.hash)
	if c.subject {
		for _, n := range v.x.subjects[q.subject] {
			if v.in.has(n) {
				c.twins++
			}
		}
	}
}
