package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/mailing"
)

// aimVersion is part of the fingerprint of targets: raise it when they are found
// in another way.
const aimVersion = "3"

// A commit that a posting is made on, and that is in no mirror, is looked for
// again for so long: the mirror may be behind.
const baseComes = 14 * 24 * time.Hour

// An Aimed is a posting with what it is meant for.
type Aimed struct {
	ID      int64
	Key     string
	Base    string // commit that it says it is made on; ""
	Targets []Target
	Inputs  string // fingerprint of all that they were found by
}

// An aimStore keeps what postings are meant for.
type aimStore interface {
	remoteStore
	Aimed(ctx context.Context) ([]Aimed, error)
	PutAimed(ctx context.Context, aimed []Aimed) error
	RecipeFiles(ctx context.Context) ([]RecipeFile, error)
	PostedFiles(ctx context.Context, messageIDs []string) (map[string][]string, error)
}

// aim finds what postings are meant for, where they, the settings or the
// recipes are not as they were, and returns that of all, by posting.
func (m *Matcher) aim(ctx context.Context, posted []Posted, patches *Patches) (map[string][]Target, error) {
	all, err := m.aims.Aimed(ctx)
	if err != nil {
		return nil, err
	}
	recipes, err := m.aims.RecipeFiles(ctx)
	if err != nil {
		return nil, err
	}
	tips, err := projectTips(ctx, m.refs)
	if err != nil {
		return nil, err
	}
	settled, err := json.Marshal([]any{aimVersion, m.set.Layers, m.set.Projects, m.set.Lists, recipes})
	if err != nil {
		return nil, err
	}
	ground, fresh := fingerprint(string(settled)), fingerprint(fmt.Sprint(tips))
	parts := group(posted, func(p Posted) string { return p.PostingKey })
	targets := make(map[string][]Target, len(all))
	var todo []Aimed
	for _, a := range all {
		print := []string{ground, a.Base}
		for _, p := range parts[a.Key] {
			print = append(print, p.MessageID, p.Subject, p.List, p.Branch)
			if a.Base != "" && m.set.now().Sub(p.Sent) < baseComes {
				print = append(print, fresh)
			}
		}
		if inputs := fingerprint(print...); a.Inputs != inputs {
			a.Inputs = inputs
			todo = append(todo, a)
		}
		targets[a.Key] = a.Targets
	}
	g := newGround(m.set, recipes, m.baseFinder(ctx, patches))
	for batch := range slices.Chunk(todo, nestBatch) {
		if err := m.aimSome(ctx, g, parts, batch); err != nil {
			return nil, err
		}
		for _, a := range batch {
			targets[a.Key] = a.Targets
		}
	}
	return targets, nil
}

// aimSome finds what some postings are meant for, and stores it.
func (m *Matcher) aimSome(ctx context.Context, g ground, parts map[string][]Posted, batch []Aimed) error {
	var ids []string
	for _, a := range batch {
		for _, p := range parts[a.Key] {
			ids = append(ids, p.MessageID)
		}
	}
	files, err := m.aims.PostedFiles(ctx, ids)
	if err != nil {
		return err
	}
	for i, a := range batch {
		to := aim{Base: a.Base}
		for _, p := range parts[a.Key] {
			to.List, to.Branch = p.List, p.Branch
			to.Prefixes = union(to.Prefixes, mailing.ParseTag(p.Subject).Prefixes)
			to.Files = append(to.Files, files[p.MessageID]...)
		}
		batch[i].Targets = g.targets(to)
	}
	return m.aims.PutAimed(ctx, batch)
}

var hexHash = regexp.MustCompile(`^[0-9a-f]{12,64}$`)

// baseFinder finds the locations whose mirrors have a commit. A mirror that
// cannot be read is passed over: the fetch stage says why.
func (m *Matcher) baseFinder(ctx context.Context, patches *Patches) func(string) []string {
	var locations []string
	for _, l := range m.set.Layers {
		locations = union(locations, []string{l.Location})
	}
	for _, p := range m.set.Projects {
		locations = union(locations, []string{p.Location})
	}
	var mirrors map[string]*git.Batch // opened when the first is asked for
	return func(hash string) (found []string) {
		if hash = strings.ToLower(hash); !hexHash.MatchString(hash) {
			return nil
		}
		if mirrors == nil {
			mirrors = map[string]*git.Batch{}
			for _, l := range locations {
				if b, err := patches.batch(ctx, l); err == nil {
					mirrors[l] = b
				}
			}
		}
		for _, l := range locations {
			if b := mirrors[l]; b != nil {
				if has, err := b.Has(hash); err == nil && has {
					found = append(found, l)
				}
			}
		}
		return found
	}
}

// union is a with what b has besides.
func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(slices.Clip(a), s)
		}
	}
	return a
}
