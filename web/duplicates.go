package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// A duplicateStore knows what layers have, both, and what people said of it.
type duplicateStore interface {
	Duplicates(ctx context.Context, id change.DuplicateName) ([]store.Duplicate, []change.Decision, error)
}

// maxCompared is how large a file may be that is shown beside another one.
const maxCompared = 1 << 20

// duplicate serves GET /duplicates: what a local layer and another one have,
// side by side, and what people said of it.
func (s *Server) duplicate(w http.ResponseWriter, r *http.Request) error {
	return s.showDuplicate(w, r, duplicateName(r.FormValue), http.StatusOK, "")
}

// duplicateName reads which duplicate a query or a form is about.
func duplicateName(value func(string) string) change.DuplicateName {
	return change.DuplicateName{Kind: value("kind"), Layer: value("layer"), Other: value("other"), Name: value("name")}
}

func (s *Server) showDuplicate(w http.ResponseWriter, r *http.Request, id change.DuplicateName, code int, problem string) error {
	pairs, said, err := s.store.Duplicates(r.Context(), id)
	if err != nil {
		return err
	}
	places, err := s.locations(r.Context())
	if err != nil {
		return err
	}
	at, _ := strconv.Atoi(r.FormValue("pair")) // what is no number is the first
	at = min(max(at, 0), len(pairs)-1)
	d := pairs[at]
	v := view.Duplicate{
		ID: id, DuplicateRow: s.duplicateRow(d), ChangeID: d.ChangeID, Pair: at, Verdicts: change.VerdictsOf(id.Kind), Problem: problem,
		LocalCommit: commitLink(places, id.Layer, d.LocalSince.Commit), OtherCommit: commitLink(places, id.Other, d.UpstreamSince.Commit),
		Came: commitLink(places, id.Other, d.Came), WentBy: commitLink(places, id.Other, d.Went),
	}
	for i, p := range pairs {
		v.Pairs = append(v.Pairs, view.Link{Text: view.Safe(p.LocalFile + " – " + p.UpstreamFile), Href: fmt.Sprintf("%s&pair=%d", view.DuplicateURL(id), i)})
	}
	for _, n := range d.News {
		v.News = append(v.News, s.newsRows([]store.DuplicateNews{{Duplicate: d, News: n}}, places)...)
	}
	slices.Reverse(v.News)
	for _, one := range slices.Backward(said) {
		v.History = append(v.History, s.disposition(one))
	}
	if err := s.besideEachOther(r.Context(), d, &v, r.FormValue("all") != ""); err != nil {
		if v.WhyNot = whyNotFiles(err); !errors.Is(err, errNoBoth) && !errors.Is(err, errUnread) {
			s.log.Warn("comparison", "duplicate", d.Key(), "error", err)
		}
	}
	crumbs := []view.Link{{Text: "Layers", Href: "/layers"}, {Text: id.Layer, Href: view.LayerFilter{Layer: id.Layer, Show: "duplicates"}.URL()}}
	return s.show(w, r, code, view.DuplicatePage(s.shell(r, v.Title(), view.InLayers, crumbs...), v))
}

func commitLink(places map[string]string, layer, hash string) view.Link {
	return view.Link{Text: shortHash(view.Safe(hash)), Href: view.ForgeURL(places[layer], "commit", hash)}
}

// disposition is what a person said of a duplicate, in words.
func (s *Server) disposition(d change.Decision) view.Decision {
	v := view.Decision{Words: "said: " + view.Safe(d.Object), Note: view.Safe(d.Note), By: view.Safe(d.By), At: s.when(d.At)}
	if d.Object == "" {
		v.Words = "took the verdict back"
	}
	return v
}

// Why two files are not shown beside each other, as far as a person should
// know.
var (
	errNoFile  = errors.New("the files are not here: the mirrors are made anew by upstreamd sync")
	errTooLong = errors.New("a file is too large to show")
	errNoBoth  = errors.New("there is only one side")
	errUnread  = errors.New("one of the files is not known, or not there any more")
)

func whyNotFiles(err error) string {
	for _, known := range []error{errNoFile, errTooLong, errNoBoth, errUnread} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "it could not be made"
}

// besideEachOther puts theirs on the left and ours on the right.
func (s *Server) besideEachOther(ctx context.Context, d store.Duplicate, v *view.Duplicate, whole bool) error {
	switch {
	case d.UpstreamFile == "":
		return errNoBoth
	case d.LocalBlob == "" || d.UpstreamBlob == "":
		return errUnread
	}
	theirs, err := s.layerFile(ctx, d.UpstreamSource, d.UpstreamBlob)
	if err != nil {
		return err
	}
	ours, err := s.layerFile(ctx, d.LocalSource, d.LocalBlob)
	if err != nil {
		return err
	}
	if v.Same = bytes.Equal(theirs, ours); v.Same {
		return nil
	}
	left := view.Named{What: view.Link{Text: view.Safe(d.UpstreamSource + ": " + d.UpstreamFile)}, Word: "theirs"}
	right := view.Named{What: view.Link{Text: view.Safe(d.LocalSource + ": " + d.LocalFile)}, Word: "ours"}
	all := ""
	if !whole {
		all = fmt.Sprintf("%s&pair=%d&all=yes", view.DuplicateURL(v.ID), v.Pair)
	}
	if d.Kind == "patch" {
		if a, b := patchFiles(theirs), patchFiles(ours); len(a) > 0 && len(b) > 0 {
			c := view.Compare(a, b)
			left.Word, right.Word = "their patch", "our patch"
			c.Name(left, right)
			if !whole {
				c.Shorten(all)
			}
			v.Compared, v.Patches = &c, true
			return nil
		}
	}
	c := view.CompareFiles(lineByLine(theirs), lineByLine(ours), all)
	c.Left, c.Right = left, right
	v.Compared = &c
	return nil
}

func (s *Server) layerFile(ctx context.Context, layer, blob string) ([]byte, error) {
	if s.config.LayerFile == nil {
		return nil, errNoFile
	}
	text, err := s.config.LayerFile(ctx, layer, blob)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s of %s: %w: %w", blob, layer, errNoFile, err)
	case len(text) > maxCompared:
		return nil, fmt.Errorf("%s of %s: %w", blob, layer, errTooLong)
	}
	return text, nil
}

// patchFiles are the files that a patch changes, as far as it can be read.
func patchFiles(text []byte) []*patch.File {
	p, err := patch.Parse(text)
	if err != nil || p == nil {
		return nil
	}
	return p.Files
}

// lineByLine is a file as a diff that makes it: every line of it is added.
func lineByLine(text []byte) []*patch.File {
	files, err := patch.ParseDiff(patch.Between("file", nil, text))
	if err != nil && len(files) == 0 {
		return nil
	}
	return files
}

// decideDuplicate serves POST /duplicates/decisions: it writes down what a
// person said of a duplicate.
func (s *Server) decideDuplicate(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	id := duplicateName(r.PostForm.Get)
	if _, _, err := s.store.Duplicates(r.Context(), id); err != nil {
		return err
	}
	d, err := dispositionOf(id, r.PostForm)
	var wrong complaint
	if errors.As(err, &wrong) {
		return s.showDuplicate(w, r, id, http.StatusUnprocessableEntity, string(wrong))
	} else if err != nil {
		return err
	}
	d.By, d.At = accountOf(r).Name, s.now()
	if err := s.store.AddDecision(r.Context(), d); err != nil {
		return err
	}
	s.log.Info("decision", "kind", d.Kind, "subject", d.Subject, "object", d.Object, "by", d.By)
	if s.config.Nudge != nil {
		s.config.Nudge()
	}
	s.sessions.Put(r.Context(), keyNotice, "Written down.")
	return redirect(w, r, view.DuplicateURL(id))
}

// dispositionOf reads a verdict from a form.
func dispositionOf(id change.DuplicateName, form url.Values) (change.Decision, error) {
	d := change.Decision{
		Kind: change.Disposition, Subject: change.DuplicateKey(id.Kind, id.Layer, id.Name, id.Other),
		Object: form.Get("object"), Note: strings.TrimSpace(form.Get("note")),
	}
	if utf8.RuneCountInString(d.Note) > maxNote || !utf8.ValidString(d.Note) {
		return d, complaint(fmt.Sprintf("The note is too long: %d characters are taken.", maxNote))
	}
	if err := change.CheckDisposition(d); err != nil {
		return d, badRequest("The form says something that is not known here.")
	}
	return d, nil
}
