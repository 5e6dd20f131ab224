package web

import (
	"io"
	"net/http"
)

// healthz serves GET /healthz: the process lives.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") }

// readyz serves GET /readyz: the daemon can work. Why it cannot is for the log
// alone.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	if s.config.Ready != nil {
		if err := s.config.Ready(r.Context()); err != nil {
			s.log.Warn("not ready", "error", err)
			plain(w, http.StatusServiceUnavailable, "not ready\n")
			return
		}
	}
	plain(w, http.StatusOK, "ok\n")
}

// robots serves GET /robots.txt.
func (s *Server) robots(w http.ResponseWriter, r *http.Request) {
	r = r.Clone(r.Context())
	r.URL.Path = s.files.URL("robots.txt")
	s.files.ServeHTTP(w, r)
}

func plain(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text) // the client has gone: nobody is left to tell
}
