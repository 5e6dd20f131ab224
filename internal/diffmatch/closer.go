package diffmatch

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// maxCloser is how many candidates of a patch are read again, to compare words.
const maxCloser = 6

// A wording is what patch and commit have in common in their words. It is
// known of the few candidates that were read again.
type wording struct {
	left, right float64 // share of the changed lines' weight that the other side has in other words, times how alike they are
	told        float64 // share of the message, in pairs of words, that the other message has too
	joint       float64 // share of the changed lines' weight that this and the others have which landed with it
	refs        int     // security advisories, bugs and requests that both messages name
	refNames    []string
	reworded    int         // lines in other words
	examples    [][2]string // some of them: the patch's line, and the commit's
}

// A message is the text of a patch or commit, reduced to what is compared.
type message struct {
	pairs map[string]bool // of words
	refs  map[string]bool
}

func newMessage(subject, body string) message {
	return message{prose(body), refsIn(subject + "\n" + body)}
}

// refRE finds names of advisories, bugs, issues and merge requests.
var refRE = regexp.MustCompile(`(?i)\b(?:CVE-\d{4}-\d{4,}|GHSA(?:-[a-z0-9]{4}){3})\b|(?:#|\b(?:issues?|bugs?|bug_id|merge_requests|pull)[/= #!]+)(\d{2,7})\b`)

// refsIn are the things outside that a text names: "cve-2024-1234", "#415".
func refsIn(text string) map[string]bool {
	refs := map[string]bool{}
	for _, m := range refRE.FindAllStringSubmatch(text[:min(len(text), 1<<16)], 50) {
		if m[1] != "" {
			refs["#"+m[1]] = true
		} else {
			refs[strings.ToLower(m[0])] = true
		}
	}
	return refs
}

// lookCloser reads some candidates again and compares words. What cannot be
// read, as in a repository that lacks blobs, stays as it is.
func (v *View) lookCloser(ctx context.Context, q *probe, list []*candidate) error {
	byHash := make(map[string]*candidate, len(list))
	var hashes []string
	for _, c := range list {
		h := v.name(c.row)
		byHash[h] = c
		hashes = append(hashes, h)
	}
	w := v.weigher()
	left := flatten(q.shape, w)
	lt := texts(q.files, left)
	said := newMessage(q.title, q.body)
	// A commit that git cannot read ends the log; it and those behind it are
	// compared without their words.
	_ = v.x.repo.Log(ctx, git.LogQuery{Revs: hashes, Only: true, Diff: true}, func(gc *git.Commit) error {
		c := byHash[gc.Hash]
		if c == nil {
			return nil
		}
		files, _ := patch.ParseDiff(gc.Diff[:min(len(gc.Diff), maxDiff)])
		left.lost = v.lostFiles(left.files, v.committed(c.row))
		c.words, c.found = compareWords(left, lt, flatten(shapeOf(files), w), files)
		if q.body != "" {
			other := newMessage(gc.Subject, gc.Body)
			c.words.told, _ = sharedProse(said.pairs, other.pairs)
			for r := range said.refs {
				if other.refs[r] {
					c.words.refs++
					c.words.refNames = append(c.words.refNames, r)
				}
			}
			slices.Sort(c.words.refNames)
		}
		return nil
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, c := range list {
		v.join(c, list, left.weights)
	}
	return nil
}

// join looks what of the patch a candidate has together with others that
// seem to be pieces of it, too: a maintainer may have split it.
func (v *View) join(c *candidate, list []*candidate, weights []float64) {
	const near = 60 * 86400
	all, joint := 0.0, 0.0
	has := make([]bool, len(weights))
	take := func(o *candidate) (gain float64) {
		for i, f := range o.found {
			if f && !has[i] {
				has[i] = true
				gain += weights[i]
			}
		}
		return gain
	}
	for _, w := range weights {
		all += w
	}
	joint = take(c)
	for _, o := range list {
		apart := v.committed(c.row) - v.committed(o.row)
		together := v.row(c.row).author.same(v.row(o.row).author) && max(apart, -apart) < near
		if o != c && together && o.covered >= 0.45 && o.order >= 0.8 && o.path >= 0.8 && o.mass >= 2 {
			joint += take(o)
		}
	}
	c.words.joint = ratio(joint, all)
}

// compareWords sums up what lines say in other words.
func compareWords(left *flat, lt []string, right *flat, files []*patch.File) (w wording, found []bool) {
	at := right.places()
	pair := pairFiles(left, right, at)
	match := matchLines(left, right, pair, at)
	var all, covered float64
	touched := make([]bool, len(right.files))
	found = make([]bool, len(match))
	for i, p := range match {
		all += left.weights[i]
		if p >= 0 {
			found[i] = true
			touched[right.entries[p].file] = true
		}
	}
	for _, p := range pair {
		if p.file >= 0 && p.agree > 0 {
			touched[p.file] = true
		}
	}
	rt := texts(files, right)
	for _, r := range reworded(left, right, lt, rt, match) {
		if w.reworded++; len(w.examples) < 3 {
			w.examples = append(w.examples, [2]string{cut(strings.TrimSpace(lt[r.left])), cut(strings.TrimSpace(rt[r.right]))})
		}
		w.left += left.weights[r.left] * r.like
		w.right += right.weights[r.right] * r.like
		found[r.left] = true
		touched[right.entries[r.right].file] = true
	}
	for i, e := range right.entries {
		if touched[e.file] {
			covered += right.weights[i]
		}
	}
	w.left, w.right = ratio(w.left, all), ratio(w.right, covered)
	return w, found
}
