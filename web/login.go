package web

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/go-chi/chi/v5/middleware"

	"github.com/upstreamd/upstreamd/internal/auth"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// showLogin serves GET /login.
func (s *Server) showLogin(w http.ResponseWriter, r *http.Request) error {
	if accountOf(r).Name != "" {
		return redirect(w, r, ownPath(r.FormValue("next")))
	}
	return s.render(w, r, view.LoginPage(s.shell(r, "Log in", ""), view.Login{Next: ownPath(r.FormValue("next"))}))
}

// login serves POST /login. Whether the name or the password is wrong is not
// said, and takes the same time.
func (s *Server) login(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	name, ip := r.PostForm.Get("name"), middleware.GetClientIP(r.Context())
	if len(name) > maxName*4 { // no account has such a name, and the log need not
		name = name[:maxName]
	}
	form := view.Login{Name: name, Next: ownPath(r.PostForm.Get("next"))}
	if wait, ok := s.throttle.Try(name, ip, s.now()); !ok {
		s.log.Warn("login throttled", "account", name, "ip", ip)
		form.Problem = fmt.Sprintf("Too many tries. Wait %s.", minutes(wait))
		w.Header().Set("Retry-After", fmt.Sprint(int(wait.Seconds())+1))
		return s.show(w, r, http.StatusTooManyRequests, view.LoginPage(s.shell(r, "Log in", ""), form))
	}
	a, err := s.store.Account(r.Context(), name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	ok, err := auth.Verify(r.Context(), a.Password, r.PostForm.Get("password"))
	if err != nil {
		return fmt.Errorf("account %s: %w", a.Name, err)
	}
	if !ok {
		s.log.Warn("login refused", "account", name, "ip", ip)
		form.Problem = "Name or password is not right."
		return s.show(w, r, http.StatusUnauthorized, view.LoginPage(s.shell(r, "Log in", ""), form))
	}
	s.throttle.Forget(name, ip)
	if err := s.begin(r.Context(), a); err != nil {
		return err
	}
	s.log.Info("login", "account", a.Name, "ip", ip)
	return redirect(w, r, form.Next)
}

// logout serves POST /logout.
func (s *Server) logout(w http.ResponseWriter, r *http.Request) error {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	return redirect(w, r, "/login")
}

// badForm is what is wrong with a form that cannot be read.
func badForm(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	return badRequest("The form could not be read.")
}
