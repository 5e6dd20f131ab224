package web_test

import (
	"net/http"
	"net/url"
	"testing"
)

// TestSearch: the page shows what is found, and says in words what is wrong
// with a query.
func TestSearch(t *testing.T) {
	_, b := newWorld(t)
	for _, tt := range []struct {
		query string
		words []string
	}{
		{"", []string{"All mails, the patches that layers carry, and recipes by name", "in the subject; a dash takes away"}},
		{"xattr is:patch", []string{"xattr: write shared entries only once", "/m/", "patch"}},
		{"nosuchword", []string{"No mail has that"}},
		{"form:ann", []string{"This cannot be looked for", `there is no field "form:"`}},
		{`"open`, []string{"a quote", "is not closed"}},
		{"<script>alert(1)</script>", []string{"No mail has that"}},
	} {
		path := "/search?q=" + url.QueryEscape(tt.query)
		a := b.get(path)
		if a.code != http.StatusOK {
			t.Errorf("GET %s = %d", path, a.code)
		}
		wants(t, path, a.body, tt.words...)
	}
}
