package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/auth"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// SetPasswordPath is where the one-time link with this token leads.
func SetPasswordPath(token string) string { return "/set-password?token=" + url.QueryEscape(token) }

var errLink = &refusal{http.StatusNotFound, "This link does not work", "It was used already, is too old, or was cut off.",
	"Ask for a new one: upstreamd account link prints it."}

// showSetPassword serves GET /set-password.
func (s *Server) showSetPassword(w http.ResponseWriter, r *http.Request) error {
	return s.passwordForm(w, r, r.FormValue("token"), "")
}

// passwordForm shows the form, with what was wrong with the last try.
func (s *Server) passwordForm(w http.ResponseWriter, r *http.Request, token, problem string) error {
	a, err := s.store.LoginLink(r.Context(), auth.HashToken(token), s.now())
	if errors.Is(err, store.ErrNotFound) {
		return errLink
	} else if err != nil {
		return err
	}
	code := http.StatusOK
	if problem != "" {
		code = http.StatusUnprocessableEntity
	}
	v := view.SetPassword{Name: a.Name, Token: token, Problem: problem, Least: auth.MinLength}
	return s.show(w, r, code, view.SetPasswordPage(s.shell(r, "Set your password", ""), v))
}

// setPassword serves POST /set-password: it uses the link up, ends all other
// sessions of the account, and logs in.
func (s *Server) setPassword(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	ctx, token, password := r.Context(), r.PostForm.Get("token"), r.PostForm.Get("password")
	a, err := s.store.LoginLink(ctx, auth.HashToken(token), s.now())
	if errors.Is(err, store.ErrNotFound) {
		return errLink
	} else if err != nil {
		return err
	}
	if password != r.PostForm.Get("again") {
		return s.passwordForm(w, r, token, "The two are not the same.")
	}
	if err := auth.CheckPassword(password, a.Name); err != nil {
		return s.passwordForm(w, r, token, sentence(err.Error()))
	}
	phc, err := auth.Hash(ctx, password)
	if err != nil {
		return err
	}
	a, err = s.store.UseLoginLink(ctx, auth.HashToken(token), phc, s.now())
	if errors.Is(err, store.ErrNotFound) {
		return errLink
	} else if err != nil {
		return err
	}
	s.log.Info("password set", "account", a.Name)
	if err := s.begin(ctx, a); err != nil {
		return err
	}
	return redirect(w, r, "/")
}

// sentence makes an error's text a sentence for a page.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// minutes is a time to wait in words.
func minutes(d time.Duration) string {
	if n := int(d.Minutes()) + 1; n > 1 {
		return fmt.Sprintf("%d minutes", n)
	}
	return "a minute"
}
