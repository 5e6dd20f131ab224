package static_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/web/static"
)

func TestFiles(t *testing.T) {
	files, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	for name, kind := range map[string]string{
		"app.css":              "text/css; charset=utf-8",
		"app.js":               "text/javascript; charset=utf-8",
		"htmx-2.0.11.min.js":   "text/javascript; charset=utf-8",
		"icon.svg":             "image/svg+xml",
		"lucide.LICENSE":       "text/plain; charset=utf-8",
		"htmx-2.0.11.min.html": "", // there is no such file
	} {
		url := files.URL(name)
		if kind == "" {
			if url != "" {
				t.Errorf("URL(%s) = %q, want none", name, url)
			}
			continue
		}
		w := httptest.NewRecorder()
		files.ServeHTTP(w, httptest.NewRequest("GET", url, nil))
		if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || got != kind {
			t.Errorf("GET %s = %d, %q, want 200, %q", url, w.Code, got, kind)
		}
		if w.Header().Get("X-Content-Type-Options") != "" {
			t.Errorf("GET %s sets headers that the server sets", url)
		}
	}
	for _, path := range []string{"/static/", "/static/app.css", "/static/../static.go", "/static/vendor"} {
		w := httptest.NewRecorder()
		files.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", path, w.Code)
		}
	}
}

// TestStyleSheet checks that the style sheet is whole, needs nothing from
// elsewhere and uses no colour that is not in both schemes.
func TestStyleSheet(t *testing.T) {
	files, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	files.ServeHTTP(w, httptest.NewRequest("GET", files.URL("app.css"), nil))
	css := w.Body.String()
	if open, closed := strings.Count(css, "{"), strings.Count(css, "}"); open != closed || open < 100 {
		t.Errorf("%d { and %d }", open, closed)
	}
	if at, tokens := strings.Index(css, "@layer tokens, base"), strings.Index(css, "@layer tokens {"); at < 0 || at > tokens {
		t.Error("the order of layers is not said first")
	}
	for _, bad := range []string{"url(", "@import", "expression(", "http:"} {
		if strings.Contains(css, bad) {
			t.Errorf("app.css contains %q", bad)
		}
	}
}
