package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/auth"
	"github.com/upstreamd/upstreamd/internal/store"
)

// An accountStore knows who may log in.
type accountStore interface {
	Account(ctx context.Context, name string) (store.Account, error)
	AccountByID(ctx context.Context, id int64) (store.Account, error)
	LoginLink(ctx context.Context, tokenHash string, now time.Time) (store.Account, error)
	UseLoginLink(ctx context.Context, tokenHash, phc string, now time.Time) (store.Account, error)
}

// open is every path that can be had without login; all else cannot.
func open(path string) bool { return path == "/login" || path == "/set-password" }

type accountKey struct{}

// accountOf is who asks; its Name is "" before login.
func accountOf(r *http.Request) store.Account {
	a, _ := r.Context().Value(accountKey{}).(store.Account)
	return a
}

// enter lets nobody pass without login but to the pages of open.
func (s *Server) enter(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := s.visitor(r.Context())
		if err != nil {
			s.fail(w, r, err)
			return
		}
		if a.Name == "" && !open(r.URL.Path) {
			s.askLogin(w, r)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), accountKey{}, a)))
	})
}

// visitor is the account of the session; the zero account without a session
// that still holds.
func (s *Server) visitor(ctx context.Context) (store.Account, error) {
	id := s.sessions.GetInt64(ctx, keyAccount)
	if id == 0 {
		return store.Account{}, nil
	}
	a, err := s.store.AccountByID(ctx, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return store.Account{}, err
	}
	now := s.now()
	seen := time.Unix(s.sessions.GetInt64(ctx, keySeen), 0)
	if err != nil || auth.Stamp(a.Password) != s.sessions.GetString(ctx, keyStamp) || now.Sub(seen) > sessionIdle {
		return store.Account{}, s.sessions.Destroy(ctx)
	}
	if now.Sub(seen) > seenEvery {
		s.sessions.Put(ctx, keySeen, now.Unix())
	}
	return a, nil
}

// askLogin sends a browser to the login page and back afterwards; others are
// refused.
func (s *Server) askLogin(w http.ResponseWriter, r *http.Request) {
	to := "/login"
	if r.Method == http.MethodGet && r.URL.Path != "/" {
		to += "?next=" + url.QueryEscape(r.URL.RequestURI())
	}
	switch {
	case r.Header.Get("HX-Request") == "true":
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusUnauthorized)
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		http.Redirect(w, r, to, http.StatusSeeOther)
	default:
		s.fail(w, r, &refusal{http.StatusUnauthorized, "Not logged in", "Your session has ended.", "Log in, then do it again."})
	}
}

// begin starts a session of its own for somebody who proved who they are.
func (s *Server) begin(ctx context.Context, a store.Account) error {
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	s.sessions.Put(ctx, keyAccount, a.ID)
	s.sessions.Put(ctx, keyStamp, auth.Stamp(a.Password))
	s.sessions.Put(ctx, keySeen, s.now().Unix())
	return nil
}

// ownPath is a path of this site as a form or link names it, or "/": nothing
// leads elsewhere.
func ownPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" ||
		!strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.ContainsAny(s, "\\\r\n\t") {
		return "/"
	}
	return s
}
