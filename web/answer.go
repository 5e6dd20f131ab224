package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/a-h/templ"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/series"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// A handler answers one request, or returns why it did not.
type handler func(http.ResponseWriter, *http.Request) error

// A refusal is an error that is the client's: its status code and what the
// person is told.
type refusal struct {
	code         int
	title, words string
	advice       string
}

func (e *refusal) Error() string { return fmt.Sprintf("%d: %s", e.code, e.words) }

var (
	errNoPage      = &refusal{http.StatusNotFound, "Not found", "There is no such page.", "Perhaps the address was cut off."}
	errMethod      = &refusal{http.StatusMethodNotAllowed, "Not possible", "This page cannot be asked in that way.", ""}
	errCrossOrigin = &refusal{http.StatusForbidden, "Refused", "This form was sent from another site.", "If it was you: go to the page here and try again."}
	errTooLarge    = &refusal{http.StatusRequestEntityTooLarge, "Too large", "That is more than a form may hold.", ""}
	errTimeout     = &refusal{http.StatusServiceUnavailable, "Too slow", "The answer took too long.", "Try again in a moment."}
)

// badRequest refuses what a person sent, in words for the person.
func badRequest(format string, args ...any) error {
	return &refusal{http.StatusBadRequest, "Not understood", fmt.Sprintf(format, args...), "Go back and try again."}
}

// answer makes a handler one of net/http: it alone answers for errors.
func (s *Server) answer(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}

// fail shows why a request was not answered. What is not the client's fault is
// logged under a reference that the page shows.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := failureOf(r.Context(), err)
	if f.Code >= 500 && !errors.Is(r.Context().Err(), context.Canceled) {
		f.Ref = reference()
		s.log.Error("page", "method", r.Method, "path", r.URL.Path, "error", err, "ref", f.Ref)
	}
	shell := s.shell(r, f.Title, "")
	if err := s.show(w, r, f.Code, view.FailurePage(shell, f)); err != nil {
		s.log.Error("page", "path", r.URL.Path, "error", err)
		http.Error(w, f.Words, f.Code)
	}
}

// failureOf is what a page says of an error.
func failureOf(ctx context.Context, err error) view.Failure {
	var refused *refusal
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &refused):
	case errors.As(err, &large):
		refused = errTooLarge
	case errors.Is(err, store.ErrNotFound), errors.Is(err, change.ErrNotFound), errors.Is(err, series.ErrNotFound):
		refused = &refusal{http.StatusNotFound, "Not found", "There is nothing here by that name.",
			"It may have been joined with another one, or be gone."}
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded):
		refused = errTimeout
	default:
		refused = &refusal{http.StatusInternalServerError, "Something went wrong", "The page could not be made.",
			"It is no fault of yours. Tell who runs this server."}
	}
	return view.Failure{Code: refused.code, Title: refused.title, Words: refused.words, Advice: refused.advice}
}

// render shows a page, whole or not at all.
func (s *Server) render(w http.ResponseWriter, r *http.Request, c templ.Component) error {
	return s.show(w, r, http.StatusOK, c)
}

func (s *Server) show(w http.ResponseWriter, r *http.Request, code int, c templ.Component) error {
	var b bytes.Buffer
	if err := c.Render(context.WithoutCancel(r.Context()), &b); err != nil {
		return fmt.Errorf("page %s: %w", r.URL.Path, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Add("Vary", "HX-Request")
	w.WriteHeader(code)
	_, _ = w.Write(b.Bytes()) // the client has gone: nobody is left to tell
	return nil
}

// isFragment says whether htmx asks for the part of the page that it swaps.
func isFragment(r *http.Request) bool {
	return r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-History-Restore-Request") != "true"
}

// redirect sends the browser to a page of ours after a form.
func redirect(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
