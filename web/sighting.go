package web

import (
	"path"
	"strings"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// sighting is one place where the change was seen.
func (b *changeBuilder) sighting(g change.Sighting) view.Sighting {
	v := view.Sighting{
		Kind: g.Kind, Where: view.Link{Text: view.Safe(g.Source)}, Author: view.Safe(g.Author), Note: view.Safe(g.Note), At: b.when(g.At),
	}
	if g.Subject != b.c.Title {
		v.Subject = view.Safe(g.Subject)
	}
	switch g.Kind {
	case change.Offered:
		v.What, v.Code = view.Link{Text: view.Safe(g.Path), Href: b.named(g.Key).What.Href}, true
	case change.Carried, change.Dropped, change.Elsewhere:
		v.Where = view.Link{Text: view.Safe(g.Source + "@" + g.Branch), Href: view.LayerURL(g.Source)}
		v.What, v.Code = view.Link{Text: view.Safe(g.Path), Href: b.named(g.Key).What.Href}, true
	case change.Posted:
		v.What, v.Subject = view.Link{Text: titleOf(g.Subject), Href: view.MessageURL(strings.TrimPrefix(g.Key, change.PostedKey("")))}, ""
		if g.Branch != "" {
			v.Note = strings.TrimPrefix(v.Note+", for "+view.Safe(g.Branch), ", ")
		}
	case change.Committed, change.Queued:
		_, hash, _ := cutCommitKey(g.Key)
		v.What, v.Code = view.Link{Text: hash, Href: b.forge(g.Source, "commit", hash)}, true
	}
	return v
}

// where is a sighting in a few words.
func (b *changeBuilder) where(key string) string {
	g, ok := b.byKey[key]
	switch {
	case !ok:
		return view.Safe(key)
	case g.Kind == change.Posted:
		return view.Safe(strings.TrimPrefix(g.Note+" on "+g.Source, " "))
	case g.Path != "":
		return view.Safe(path.Base(g.Path) + " in " + g.Source + "@" + g.Branch)
	}
	return view.Safe(string(g.Kind) + " in " + g.Source)
}

// claim is what a file or mail says, in words.
func (b *changeBuilder) claim(c store.Claim) view.Claim {
	v := view.Claim{Where: view.Link{Text: view.Safe(path.Base(c.Origin))}, At: b.when(c.At)}
	switch c.Kind {
	case "missing":
		v.Says = "Upstream-Status is missing"
	case "malformed":
		v.Says = "Upstream-Status is malformed: " + view.Safe(c.Detail)
	case "applied":
		v.Says = "“applied”, says " + view.Safe(c.Detail)
		v.Where = view.Link{Text: "the mail", Href: view.MessageURL(c.Origin)}
	default:
		v.Says = view.Safe("Upstream-Status: " + c.Kind + " " + c.Detail)
	}
	return v
}

// carriedFact is what a layer knows of carrying the change.
func (b *changeBuilder) carriedFact(p store.CarriedPatch) view.CarriedFact {
	f := view.CarriedFact{
		Where:      view.Link{Text: view.Safe(p.Layer + "@" + p.Branch), Href: view.LayerFilter{Layer: p.Layer, Text: path.Base(p.Path)}.URL()},
		PatchFacts: b.patchFacts(p), Added: b.when(p.Added), Plan: view.SafeText(p.Plan),
	}
	f.Truth = "" // told below with its proof
	if p.Check.Truth != "" {
		f.Check = checkRow(p, b.locations)
		f.Check.Path = ""
	}
	if p.Kind == pipeline.CarriedDelta {
		f.Where.Href = view.LayerFilter{Layer: p.Layer, Show: "duplicates", Text: p.RecipeFile}.URL()
		kind := "fork"
		if p.Renamed {
			kind = "renamed"
		}
		f.Fork = view.Link{Text: "side by side with " + view.Safe(p.Other), Href: view.DuplicateURL(change.DuplicateName{Kind: kind, Layer: p.Layer, Other: p.Other, Name: p.Recipe})}
	}
	return f
}

// decision is what a person said, in words.
func (b *changeBuilder) decision(d change.Decision) view.Decision {
	v := view.Decision{Note: view.Safe(d.Note), By: view.Safe(d.By), At: b.when(d.At)}
	object := view.Safe(d.Object)
	if project, hash, ok := cutCommitKey(d.Object); ok {
		object = "commit " + shortHash(hash) + " of " + view.Safe(project)
	} else if g, ok := b.byKey[d.Object]; ok {
		object = b.where(g.Key)
	}
	switch d.Kind {
	case change.Confirm:
		v.Words = "said that " + object + " is the same change"
	case change.Reject:
		v.Words = "said that " + object + " is another change"
	case change.Link:
		v.Words = "linked it with " + object
	case change.Own:
		v.Words = "made " + object + " its owner"
		if d.Object == "" {
			v.Words = "left its owner to the rules"
		}
	case change.IsOurs:
		v.Words = "said that it is ours"
	case change.Replaced:
		v.Words = "closed it: upstream solved it otherwise"
	case change.Rejected:
		v.Words = "closed it: upstream does not want it"
	case change.NeverUpstream:
		v.Words = "closed it: it is not meant for upstream"
	case change.Reopen:
		v.Words = "reopened it"
	default:
		v.Words = view.Safe(string(d.Kind))
	}
	return v
}

// journey is how far the change has come, from the layer to upstream and back.
func (b *changeBuilder) journey(evidence []view.Evidence) []view.Step {
	carried := view.Step{Word: "Carried", Icon: "package"}
	posted := view.Step{Word: "Posted", Icon: "mail"}
	for _, g := range b.c.Sightings { // oldest first
		switch g.Kind {
		case change.Carried, change.Dropped:
			reach(&carried, b.when(g.At))
		case change.Posted:
			reach(&posted, b.when(g.At))
			posted.Note = view.Safe(g.Source)
		}
	}
	merged := view.Step{Word: "Merged", Icon: "git-merge"}
	released := view.Step{Word: "Released", Icon: "tag"}
	if len(evidence) > 0 && upstreamed(evidence[0]) {
		e := evidence[0]
		reach(&merged, e.At)
		merged.Note = e.Project
		if e.Where != nil && e.Where.FirstTag != "" {
			released.Reached, released.Note = true, "first in "+e.Where.FirstTag
		}
	}
	drop := view.Step{Word: "Droppable", Icon: "scissors"}
	for _, st := range b.c.Standings {
		if st.Status == change.Droppable {
			drop.Reached, drop.Note = true, view.Safe(st.Place)
		}
	}
	return []view.Step{carried, posted, merged, released, drop}
}

func reach(s *view.Step, at view.When) {
	if !s.Reached {
		s.Reached, s.At = true, at
	}
}

// upstreamed says whether the evidence is sure, stands, and is not only queued.
func upstreamed(e view.Evidence) bool {
	sure := e.Confirmed || (len(e.Matches) > 0 && e.Matches[0].Verdict == change.Merged)
	return sure && !e.Rejected && (e.Where == nil || !e.Where.Queued) && e.RevertedBy == ""
}

// cutCommitKey takes apart what change.CommitKey made.
func cutCommitKey(key string) (project, hash string, ok bool) {
	rest, ok := strings.CutPrefix(key, "commit:")
	i := strings.LastIndexByte(rest, ':')
	if !ok || i < 0 {
		return "", "", false
	}
	return rest[:i], rest[i+1:], true
}

func shortHash(hash string) string { return hash[:min(12, len(hash))] }
