package view_test

import (
	"bytes"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/upstreamd/upstreamd/web/view"
)

// pages makes every page with each of its structs filled by f.
func pages(f filler) map[string]templ.Component {
	s := filled[view.Shell](f)
	s.Asset = func(name string) string { return "/static/" + name }
	outside := s
	outside.User = ""
	layer := func(show string) view.Layer {
		l := filled[view.Layer](f)
		l.Filter.Show = show
		return l
	}
	return map[string]templ.Component{
		"login":            view.LoginPage(outside, filled[view.Login](f)),
		"set-password":     view.SetPasswordPage(outside, filled[view.SetPassword](f)),
		"overview":         view.OverviewPage(s, filled[view.Overview](f)),
		"overview-empty":   view.OverviewPage(s, view.Overview{}),
		"changes":          view.ChangesPage(s, filled[view.Changes](f)),
		"changes-empty":    view.ChangesPage(s, view.Changes{}),
		"change":           view.ChangePage(s, filled[view.Change](f)),
		"change-empty":     view.ChangePage(s, view.Change{}),
		"compare":          view.VersusPage(s, filled[view.Versus](f)),
		"compare-empty":    view.VersusPage(s, view.Versus{}),
		"gaps":             view.GapsPage(s, filled[view.Gaps](f)),
		"gaps-empty":       view.GapsPage(s, view.Gaps{}),
		"series-list":      view.SeriesListPage(s, filled[view.SeriesList](f)),
		"series-empty":     view.SeriesListPage(s, view.SeriesList{}),
		"series":           view.SeriesPage(s, filled[view.Series](f)),
		"range":            view.RangePage(s, ranged(f)),
		"range-empty":      view.RangePage(s, view.Range{}),
		"layers":           view.LayersPage(s, filled[view.Layers](f)),
		"layers-empty":     view.LayersPage(s, view.Layers{}),
		"layer-patches":    view.LayerPage(s, layer("patches")),
		"layer-duplicates": view.LayerPage(s, layer("duplicates")),
		"layer-recipes":    view.LayerPage(s, layer("recipes")),
		"layer-first":      view.LayerPage(s, layer("first")),
		"layer-claims":     view.LayerPage(s, layer("claims")),
		"layer-news":       view.LayerPage(s, layer("news")),
		"duplicate":        view.DuplicatePage(s, filled[view.Duplicate](f)),
		"recipe":           view.RecipePage(s, filled[view.Recipe](f)),
		"sources":          view.SourcesPage(s, filled[view.Sources](f)),
		"sources-empty":    view.SourcesPage(s, view.Sources{}),
		"message":          view.MessagePage(s, filled[view.Message](f)),
		"failure":          view.FailurePage(s, filled[view.Failure](f)),
		"failure-outside":  view.FailurePage(outside, filled[view.Failure](f)),
	}
}

// ranged is a Range with a picture that is about its rows.
func ranged(f filler) view.Range {
	v := filled[view.Range](f)
	for i := range v.Picture {
		v.Picture[i].Number = v.Rows[i].Number
		v.Picture[i].Old.Place, v.Picture[i].New.Place = i+1, 2-i
	}
	return v
}

// A filler is the text that every string of a struct becomes, and the number
// that the next integer becomes: each another one, as some are parts of ids.
type filler struct {
	text string
	next *int64
}

func newFiller(text string) filler {
	first := int64(3)
	return filler{text, &first}
}

// filled is a T whose every field has a value: strings the filler's text,
// lists two elements, moments one in the past.
func filled[T any](f filler) T {
	var v T
	f.fill(reflect.ValueOf(&v).Elem())
	return v
}

func (f filler) fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(*f.next)
		*f.next++
	case reflect.Uint8:
		v.SetUint('+')
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0))
		f.fill(v.Index(1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(k)
		f.fill(e)
		v.SetMapIndex(k, e)
	case reflect.Struct:
		f.fillStruct(v)
	}
}

func (f filler) fillStruct(v reflect.Value) {
	if v.Type() == reflect.TypeFor[view.When]() {
		now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
		v.Set(reflect.ValueOf(view.When{At: now.Add(-30 * 24 * time.Hour), Now: now}))
		return
	}
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			f.fill(v.Field(i))
		}
	}
}

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestHostileText puts 66 payloads in every text field of every page: what a
// browser reads has the same elements and attributes as with harmless text,
// and no address that a browser would run.
func TestHostileText(t *testing.T) {
	text, err := os.ReadFile("testdata/hostile.txt")
	if err != nil {
		t.Fatal(err)
	}
	plain := map[string][]string{}
	for name, c := range pages(newFiller("plain text")) {
		plain[name] = shape(t, render(t, c))
	}
	for payload := range strings.Lines(string(text)) {
		payload = strings.TrimSuffix(payload, "\n")
		for name, c := range pages(newFiller(payload)) {
			if got := shape(t, render(t, c)); !slices.Equal(plain[name], got) {
				diff := cmp.Diff(plain[name], got)
				t.Errorf("%s with %q: other elements (-plain +hostile):\n%s", name, payload, diff)
			}
		}
	}
}

// shape is the elements and attribute names of a page in order. It fails on
// what no page of ours may have.
func shape(t *testing.T, page string) []string {
	t.Helper()
	var out []string
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return out
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			if kind == html.EndTagToken {
				out = append(out, "/"+z.Token().Data)
			}
			continue
		}
		tok := z.Token()
		line := tok.Data
		for _, a := range tok.Attr {
			line += " " + a.Key
			checkAttribute(t, tok.Data, a)
		}
		out = append(out, line)
	}
}

// checkAttribute fails on attributes that run something or lead out.
func checkAttribute(t *testing.T, element string, a html.Attribute) {
	t.Helper()
	switch {
	case a.Key == "style", strings.HasPrefix(a.Key, "on"), strings.HasPrefix(a.Key, "hx-on"), a.Key == "srcdoc":
		t.Errorf("<%s %s=%q>: not allowed", element, a.Key, a.Val)
	case a.Key == "href", a.Key == "src", a.Key == "action", a.Key == "formaction", a.Key == "hx-get":
		u, err := url.Parse(strings.TrimSpace(a.Val))
		if a.Val == "about:invalid#TemplFailedSanitizationURL" {
			return
		}
		if err != nil || (u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https") {
			t.Errorf("<%s %s=%q>: not an address for a browser", element, a.Key, a.Val)
		}
		if element != "a" && (u.Scheme != "" || u.Host != "") {
			t.Errorf("<%s %s=%q>: leads out", element, a.Key, a.Val)
		}
	}
}

// TestPagesAreWhole parses every page as a browser does: one h1, a title, a
// language, labels for fields, ids that are unique, elements that are closed.
func TestPagesAreWhole(t *testing.T) {
	for name, c := range pages(newFiller("some words")) {
		page := render(t, c)
		if !strings.HasPrefix(page, "<!doctype html>") {
			t.Errorf("%s: begins %.40q", name, page)
		}
		checkNesting(t, name, page)
		doc, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		count := map[string]int{}
		ids := map[string]int{}
		for n := range doc.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			if n.Namespace == "" { // pictures have titles of their own
				count[n.Data]++
			}
			for _, a := range n.Attr {
				if a.Key == "id" {
					ids[a.Val]++
				}
			}
		}
		if count["h1"] != 1 || count["title"] != 1 || count["main"] != 1 {
			t.Errorf("%s: %d h1, %d title, %d main, want 1 of each", name, count["h1"], count["title"], count["main"])
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s: id %q stands %d times", name, id, n)
			}
		}
	}
}

// checkNesting fails where an end tag does not close the element that is open.
func checkNesting(t *testing.T, name, page string) {
	t.Helper()
	void := map[string]bool{"meta": true, "link": true, "input": true, "br": true, "hr": true, "img": true, "col": true}
	var open []string
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("%s: never closed: %v", name, open)
			}
			return
		case html.StartTagToken:
			if tag, _ := z.TagName(); !void[string(tag)] {
				open = append(open, string(tag))
			}
		case html.EndTagToken:
			tag, _ := z.TagName()
			if len(open) == 0 || open[len(open)-1] != string(tag) {
				t.Fatalf("%s: </%s> closes %v", name, tag, open)
			}
			open = open[:len(open)-1]
		}
	}
}
