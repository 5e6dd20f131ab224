package web

import (
	"net/http"
	"testing"

	"github.com/go-chi/chi/v5"
)

// OwnPath is ownPath.
func OwnPath(s string) string { return ownPath(s) }

// Routes lists every route as "METHOD /path".
func Routes(t *testing.T) []string {
	t.Helper()
	s := &Server{}
	r := chi.NewRouter()
	s.pages(r)
	var out []string
	err := chi.Walk(r, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		out = append(out, method+" "+route)
		return nil
	})
	if err != nil || len(out) < 15 {
		t.Fatalf("%d routes, %v", len(out), err)
	}
	return out
}

// Changelog and MessageIDOf read what people wrote.
var (
	Changelog   = changelog
	MessageIDOf = messageIDOf
)
