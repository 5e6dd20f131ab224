package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/web/view"
)

// A sourceStore knows where everything comes from.
type sourceStore interface {
	Sources(ctx context.Context) ([]pipeline.Source, error)
	Moves(ctx context.Context, source int64, limit int) ([]git.RefMove, []time.Time, error)
}

// movesShown is how many moves of one source's refs the page shows.
const movesShown = 12

// sources serves GET /sources.
func (s *Server) sources(w http.ResponseWriter, r *http.Request) error {
	all, err := s.store.Sources(r.Context())
	if err != nil {
		return err
	}
	var v view.Sources
	for _, kind := range []pipeline.SourceKind{pipeline.ProjectSource, pipeline.LayerSource, pipeline.ListSource, pipeline.AccountSource} {
		g := view.SourceGroup{Kind: string(kind)}
		for _, src := range all {
			if src.Kind != kind {
				continue
			}
			row := s.sourceRow(src)
			if row.Moves, err = s.moves(r.Context(), src.ID); err != nil {
				return err
			}
			g.Rows = append(g.Rows, row)
		}
		v.Groups = append(v.Groups, g)
	}
	return s.render(w, r, view.SourcesPage(s.shell(r, "Sources", view.InSources), v))
}

// sourceRow is how a source is doing.
func (s *Server) sourceRow(src pipeline.Source) view.SourceRow {
	return view.SourceRow{
		Kind: string(src.Kind), Name: view.Safe(src.Name), Location: view.Safe(src.Location), FromFile: src.FromFile, Gone: src.Gone,
		LastChecked: s.when(src.LastChecked), LastSuccess: s.when(src.LastSuccess),
		Error: view.SafeText(src.LastError), ErrorSince: s.when(src.ErrorSince),
	}
}

// moves are the latest moves of a source's refs.
func (s *Server) moves(ctx context.Context, source int64) ([]view.RefMove, error) {
	moves, seen, err := s.store.Moves(ctx, source, movesShown)
	if err != nil {
		return nil, err
	}
	out := make([]view.RefMove, 0, len(moves))
	for i, m := range moves {
		tag, isTag := strings.CutPrefix(m.Ref, "refs/tags/")
		ref := strings.TrimPrefix(tag, "refs/heads/")
		out = append(out, view.RefMove{Ref: view.Safe(ref), Tag: isTag, Old: m.Old, New: m.New, Kind: m.Kind, At: s.when(seen[i])})
	}
	return out, nil
}

// when is a moment as the pages show it.
func (s *Server) when(t time.Time) view.When { return view.When{At: t, Now: s.now()} }
