package web

import (
	"context"
	"net/http"
	"slices"

	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/web/view"
)

// movedPatch serves GET /versions/patch: a patch file before and after its
// recipe moved to another version.
func (s *Server) movedPatch(w http.ResponseWriter, r *http.Request) error {
	m, p, err := s.findMovedPatch(r.Context(), r)
	if err != nil {
		return err
	}
	rows, err := s.moveRows(r.Context(), []pipeline.Move{m})
	if err != nil {
		return err
	}
	v := view.MovedPatch{Move: rows[0], Patch: s.patchMove(m, p)}
	v.Move.Patches = nil
	if err := s.beforeAndAfter(r.Context(), m.Source, p, &v); err != nil {
		s.log.Warn("comparison", "layer", m.Source, "patch", p.Name, "error", err)
		v.WhyNot = whyNotFiles(err)
	}
	crumbs := []view.Link{{Text: "Moved versions", Href: view.VersionFilter{}.URL()}, {Text: view.Safe(m.PN), Href: view.RecipeURL(m.PN)}}
	return s.render(w, r, view.MovedPatchPage(s.shell(r, v.Patch.Name, view.InVersions, crumbs...), v))
}

// findMovedPatch is the move that the URL names, and what it did to the patch.
// Only what a move knows can be asked for: no URL names a blob.
func (s *Server) findMovedPatch(ctx context.Context, r *http.Request) (pipeline.Move, layer.PatchMove, error) {
	name, source := r.FormValue("recipe"), r.FormValue("layer")
	if name == "" || source == "" {
		return pipeline.Move{}, layer.PatchMove{}, errNoPage
	}
	moves, err := s.store.VersionMoves(ctx, pipeline.MoveQuery{Names: []string{name}, Source: source})
	if err != nil {
		return pipeline.Move{}, layer.PatchMove{}, err
	}
	for _, m := range moves {
		at := slices.IndexFunc(m.Patches, func(p layer.PatchMove) bool { return p.Name == r.FormValue("patch") })
		if m.Commit == r.FormValue("commit") && at >= 0 {
			return m, m.Patches[at], nil
		}
	}
	return pipeline.Move{}, layer.PatchMove{}, errNoPage
}

// beforeAndAfter puts the patch before the move on the left and after it on the
// right.
func (s *Server) beforeAndAfter(ctx context.Context, source string, p layer.PatchMove, v *view.MovedPatch) error {
	if p.BlobBefore == "" || p.Blob == "" {
		return errNoBoth
	}
	before, err := s.layerFile(ctx, source, p.BlobBefore)
	if err != nil {
		return err
	}
	after, err := s.layerFile(ctx, source, p.Blob)
	if err != nil {
		return err
	}
	a, b := patchFiles(before), patchFiles(after)
	if len(a) == 0 || len(b) == 0 {
		a, b = lineByLine(before), lineByLine(after)
	}
	c := view.Compare(a, b)
	c.Name(view.Named{What: view.Link{Text: "before"}, Word: "patch before"}, view.Named{What: view.Link{Text: "after"}, Word: "patch after"})
	v.Same = c.LeftSide.Found == c.LeftSide.Lines && c.RightSide.Only() == 0
	v.Compared = &c
	return nil
}
