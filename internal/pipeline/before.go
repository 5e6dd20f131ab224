package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
)

// A likenessStore knows what was found alike at the last grouping, so that only
// series that are new or different need be compared.
type likenessStore interface {
	Likenesses(ctx context.Context) ([]change.Likeness, error)
	// Cursors are all cursors of a stage, by input.
	Cursors(ctx context.Context, stage string) (map[string]string, error)
}

// before is what the last grouping found of the posted patches.
type before struct {
	common string                       // fingerprint of all that every series is compared with
	prints map[string]string            // of each series, by its key, as it was then
	alike  map[string][]change.Likeness // what was found of its patches
	now    map[string]string            // prints as they are now, where they differ
}

// remember reads what the last grouping found.
func (g *grouping) remember(ctx context.Context, st likenessStore) error {
	common, err := g.commonPrint()
	if err != nil {
		return err
	}
	g.before = before{common: common, alike: map[string][]change.Likeness{}, now: map[string]string{}}
	if g.before.prints, err = st.Cursors(ctx, "alike"); err != nil {
		return err
	}
	list, err := st.Likenesses(ctx)
	if err != nil {
		return err
	}
	for _, l := range list {
		if name := g.comparedIn(l); name != "" {
			g.before.alike[name] = append(g.before.alike[name], l)
		}
	}
	return nil
}

// comparedIn is the series in whose comparison a likeness is found: that of the
// posted patch, of two such that of the one that is not in the set of ours.
func (g *grouping) comparedIn(l change.Likeness) string {
	a, aPosted := g.posted[l.A]
	b, bPosted := g.posted[l.B]
	switch {
	case aPosted && bPosted && g.owned.posts(a):
		return b.SeriesKey
	case aPosted:
		return a.SeriesKey
	case bPosted:
		return b.SeriesKey
	}
	return ""
}

// commonPrint is the fingerprint of the sets and of what people and the
// configuration say.
func (g *grouping) commonPrint() (string, error) {
	h := []string{groupVersion}
	for _, key := range sortedKeys(g.carried) {
		h = append(h, key, g.carried[key].content(), g.carried[key].Recipe)
	}
	for _, key := range sortedKeys(g.offered) {
		h = append(h, key, g.offered[key].Subject, strings.Join(g.offered[key].Recipes, " "))
	}
	for _, key := range sortedKeys(g.posted) {
		if p := g.posted[key]; g.owned.posts(p) {
			h = append(h, key, p.List, p.Branch)
		}
	}
	for _, d := range g.decided {
		h = append(h, string(d.Kind), d.Subject, d.Object)
	}
	b, err := json.Marshal([]any{g.set.listProjects(), g.set.Projects})
	return fingerprint(append(h, string(b))...), err
}

// seriesPrint is the fingerprint of all that the comparison of a series depends
// on.
func (g *grouping) seriesPrint(postings map[string][]string) string {
	h := []string{g.before.common}
	for _, name := range sortedKeys(postings) {
		for _, key := range postings[name] {
			p := g.posted[key]
			h = append(h, name, key, p.Title, p.List, p.Branch, fmt.Sprint(p.Version, p.Part, p.Sent.Unix(), p.Raw))
		}
	}
	return fingerprint(h...)
}

// same says whether a series is as it was, and keeps its print if it is not.
func (b *before) same(name, print string) bool {
	if b.prints[name] == print {
		return true
	}
	b.now[name] = print
	return false
}
