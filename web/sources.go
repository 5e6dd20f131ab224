package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// A sourceStore knows where everything comes from.
type sourceStore interface {
	Sources(ctx context.Context) ([]pipeline.Source, error)
	SourceStates(ctx context.Context) ([]store.SourceState, error)
	QuarantinedMails(ctx context.Context, limit int) ([]store.Quarantined, int, error)
}

// quarantinedShown is how many mails that could not be read the page shows.
const quarantinedShown = 50

// sources serves GET /sources.
func (s *Server) sources(w http.ResponseWriter, r *http.Request) error {
	states, err := s.store.SourceStates(r.Context())
	if err != nil {
		return err
	}
	mails, total, err := s.store.QuarantinedMails(r.Context(), quarantinedShown)
	if err != nil {
		return err
	}
	v := view.Sources{QuarantinedTotal: total}
	for _, kind := range []pipeline.SourceKind{pipeline.ProjectSource, pipeline.LayerSource, pipeline.ListSource, pipeline.AccountSource} {
		g := view.SourceGroup{Kind: string(kind)}
		for _, st := range states {
			if st.Kind == kind {
				g.Rows = append(g.Rows, s.sourceState(st))
			}
		}
		v.Groups = append(v.Groups, g)
	}
	for _, q := range mails {
		v.Quarantined = append(v.Quarantined, view.Quarantined{
			MessageID: q.MessageID, Subject: view.Safe(q.Subject), From: nameOf(q.FromName, q.From), Reason: view.Safe(q.Reason), At: s.when(q.Sent),
		})
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

// sourceState is how a source is doing, with what came from it.
func (s *Server) sourceState(st store.SourceState) view.SourceRow {
	v := s.sourceRow(st.Source)
	v.Refs = st.Tips
	v.ByAccount = st.Kind == pipeline.ListSource && !hasFiles(st.Settings)
	for _, m := range st.Moves {
		tag, isTag := strings.CutPrefix(m.Ref, "refs/tags/")
		v.Moves = append(v.Moves, view.RefMove{
			Ref: view.Safe(strings.TrimPrefix(tag, "refs/heads/")), Tag: isTag, Old: m.Old, New: m.New, Kind: m.Kind, At: s.when(m.Seen),
		})
	}
	for _, b := range st.Mailboxes {
		box := view.Mailbox{Name: view.Safe(b.Name), Mails: b.Mails}
		if b.UIDValidity != 0 {
			box.Note = fmt.Sprintf("up to UID %d", b.HighUID)
			if b.HighUID < b.LastUID {
				box.Note = fmt.Sprintf("read up to UID %d of %d", b.HighUID, b.LastUID)
			}
		}
		v.Mailboxes = append(v.Mailboxes, box)
	}
	return v
}

// hasFiles says whether a list's section names files to read.
func hasFiles(settings string) bool {
	var section struct{ Files []string }
	return json.Unmarshal([]byte(settings), &section) == nil && len(section.Files) > 0
}

// when is a moment as the pages show it.
func (s *Server) when(t time.Time) view.When { return view.When{At: t, Now: s.now()} }
