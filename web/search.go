package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/upstreamd/upstreamd/internal/query"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// A searchStore finds mails and changes by their words.
type searchStore interface {
	Search(ctx context.Context, q query.Query, limit, offset int) (store.SearchResult, error)
}

// search serves GET /search.
func (s *Server) search(w http.ResponseWriter, r *http.Request) error {
	v := view.Search{Text: r.FormValue("q"), Page: pageOf(r)}
	if strings.TrimSpace(v.Text) != "" {
		if err := s.find(r.Context(), &v); err != nil {
			return err
		}
	}
	return s.render(w, r, view.SearchPage(s.shell(r, "Search", view.InSearch), v))
}

// find fills a page with what the query finds, or with what is wrong with it.
func (s *Server) find(ctx context.Context, v *view.Search) error {
	q, err := query.Parse(v.Text, s.now())
	if errors.Is(err, query.ErrSyntax) {
		v.Wrong = view.Safe(strings.TrimPrefix(err.Error(), query.ErrSyntax.Error()+": "))
		return nil
	} else if err != nil {
		return err
	}
	found, err := s.store.Search(ctx, q, pageSize, v.Page*pageSize)
	if err != nil {
		return err
	}
	v.Asked, v.More = true, found.More
	for _, m := range found.Mails {
		row := view.FoundMail{
			Subject: titleOf(m.Subject), Href: view.MessageURL(m.MessageID), Kind: m.Kind, Author: nameOf(m.FromName, m.From),
			List: view.Safe(m.List), Sent: s.when(m.Sent),
		}
		if m.SeriesID != 0 {
			row.Series = view.SeriesURL(m.SeriesID)
		}
		v.Mails = append(v.Mails, row)
	}
	for _, r := range found.Recipes {
		v.Recipes = append(v.Recipes, view.FoundRecipe{Name: view.Safe(r.PN), Href: view.RecipeURL(r.PN), Layers: r.Layers})
	}
	for _, c := range found.Changes {
		v.Changes = append(v.Changes, view.FoundChange{
			Title: titleOf(c.Title), Href: view.ChangeURL(c.ID), Recipe: view.Safe(c.Recipe), Where: view.Safe(c.Source + ": " + c.Path),
		})
	}
	return nil
}
