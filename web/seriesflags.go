package web

import (
	"context"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// addBranchFlags adds to the patches of the newest revision what tests on the
// branch that they are meant for found.
func (s *Server) addBranchFlags(ctx context.Context, found store.Series, v *view.Series) error {
	newest := newestOf(found)
	if len(v.Revisions) == 0 || len(newest.Parts) == 0 {
		return nil
	}
	var keys []string
	for _, p := range newest.Parts {
		keys = append(keys, change.PostedKey(p.MessageID))
	}
	flags, err := s.flagsBySighting(ctx, keys)
	if err != nil || len(flags) == 0 {
		return err
	}
	places, err := s.locations(ctx)
	if err != nil {
		return err
	}
	of := tested{}
	for _, t := range newest.Targets { // a layer is tried on as a project is
		if places[t.Name] != "" {
			of.project, of.location = t.Name, places[t.Name]
			break
		}
	}
	parts := v.Revisions[0].Parts
	for i, p := range parts {
		if p.MessageID == "" {
			continue
		}
		parts[i].Flags = s.flags(flags[change.PostedKey(p.MessageID)], of)
		for _, f := range parts[i].Flags {
			if f.Broken() {
				v.Broken++
			}
		}
	}
	return nil
}
