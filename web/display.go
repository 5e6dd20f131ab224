package web

import (
	"net/http"
	"strings"

	"github.com/upstreamd/upstreamd/web/view"
)

// A display is how one browser wants the pages: it is kept in a cookie there.
type display struct {
	theme string // "light", "dark", "" for what the system says
	keys  bool   // keyboard shortcuts
}

// displayOf reads the cookie; anything odd in it is the default.
func (s *Server) displayOf(r *http.Request) display {
	d := display{keys: true}
	c, err := r.Cookie(cookieName(s.config.TLS, "upstreamd-display"))
	if err != nil {
		return d
	}
	theme, keys, _ := strings.Cut(c.Value, ".")
	if theme == "light" || theme == "dark" {
		d.theme = theme
	}
	d.keys = keys != "off"
	return d
}

// setDisplay serves POST /display.
func (s *Server) setDisplay(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	d := s.displayOf(r)
	switch theme := r.PostForm.Get("theme"); theme {
	case "light", "dark":
		d.theme = theme
	case "system":
		d.theme = ""
	}
	switch r.PostForm.Get("keys") {
	case "on":
		d.keys = true
	case "off":
		d.keys = false
	}
	value := d.theme + ".on"
	if !d.keys {
		value = d.theme + ".off"
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(s.config.TLS, "upstreamd-display"), Value: value, Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, Secure: s.config.TLS, SameSite: http.SameSiteLaxMode,
	})
	return redirect(w, r, ownPath(r.PostForm.Get("here")))
}

// shell is what surrounds a page.
func (s *Server) shell(r *http.Request, title string, section view.Section, crumbs ...view.Link) view.Shell {
	d := s.displayOf(r)
	sh := view.Shell{
		Title: view.Safe(title), Section: section, Crumbs: crumbs, User: accountOf(r).Name,
		Theme: d.theme, Keys: d.keys, Here: "/", Asset: s.files.URL,
	}
	if r.Method == http.MethodGet {
		sh.Here = r.URL.RequestURI()
	}
	if sh.User != "" && !isFragment(r) {
		sh.Notice = s.sessions.PopString(r.Context(), keyNotice)
		sh.Trouble = s.troubled(r)
	}
	return sh
}

// troubled counts the sources that fail. A page is shown without the count
// where it cannot be had.
func (s *Server) troubled(r *http.Request) int {
	sources, err := s.store.Sources(r.Context())
	if err != nil {
		s.log.Warn("sources", "error", err)
		return 0
	}
	n := 0
	for _, src := range sources {
		if src.LastError != "" && !src.Gone {
			n++
		}
	}
	return n
}
