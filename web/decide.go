package web

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// Limits of what a person writes into a form.
const (
	maxNote = 2000 // characters
	maxName = 80
)

// A complaint is what is wrong with a form, in words for the person who sent
// it: the page is shown again with it.
type complaint string

func (c complaint) Error() string { return string(c) }

// decide serves POST /changes/{id}/decisions: it writes down what a person
// said, has the rules look again, and leads back to the change.
func (s *Server) decide(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	c, err := s.changeOf(r)
	if err != nil {
		return err
	}
	d, err := s.decisionOf(r.Context(), c, r.PostForm)
	var wrong complaint
	if errors.As(err, &wrong) {
		return s.showChange(w, r, c, http.StatusUnprocessableEntity, string(wrong))
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
	s.sessions.Put(r.Context(), keyNotice, "Written down. The status follows as soon as the rules have looked again.")
	return redirect(w, r, view.ChangeURL(c.ID))
}

// decisionOf reads a decision about a change from a form. Nothing in it is
// believed that is not about this change.
func (s *Server) decisionOf(ctx context.Context, c store.Change, form url.Values) (change.Decision, error) {
	d := change.Decision{Kind: change.DecisionKind(form.Get("kind")), Subject: form.Get("subject"), Note: strings.TrimSpace(form.Get("note"))}
	if !slices.ContainsFunc(c.Sightings, func(g change.Sighting) bool { return g.Key == d.Subject }) {
		return d, badRequest("The form is about something that is not part of this change.")
	}
	if utf8.RuneCountInString(d.Note) > maxNote || !utf8.ValidString(d.Note) {
		return d, complaint(fmt.Sprintf("The note is too long: %d characters are taken.", maxNote))
	}
	var err error
	switch d.Kind {
	case change.Confirm, change.Reject:
		d.Object = form.Get("object")
		if !knownCommit(c, d.Object) {
			return d, badRequest("The form names a commit that is not part of this change.")
		}
	case change.Link:
		d.Object, err = s.linkedCommit(ctx, form.Get("project"), form.Get("commit"))
	case change.Own:
		d.Object, err = s.newOwner(ctx, form.Get("object"))
	case change.Replaced, change.Rejected, change.NeverUpstream:
		if d.Note == "" {
			err = complaint("Say by what, or why: who comes later will want to know.")
		}
	case change.IsOurs, change.Reopen:
	default:
		err = badRequest("The form asks for something that is not known here.")
	}
	return d, err
}

// knownCommit says whether a match or an earlier decision names the commit.
func knownCommit(c store.Change, key string) bool {
	for _, m := range c.Matches {
		if m.Commit != "" && change.CommitKey(m.Project, m.Commit) == key {
			return true
		}
	}
	for _, d := range c.Decisions {
		if _, _, ok := cutCommitKey(d.Object); ok && d.Object == key {
			return true
		}
	}
	return false
}

// linkedCommit is the key of a commit that a person found by hand.
func (s *Server) linkedCommit(ctx context.Context, project, rev string) (string, error) {
	projects, err := s.projects(ctx)
	if err != nil {
		return "", err
	}
	if !slices.Contains(projects, project) {
		return "", badRequest("There is no such project.")
	}
	rev = strings.ToLower(strings.TrimSpace(rev))
	if !isHash(rev) {
		return "", complaint("That is no commit: give at least 7 digits of its hash.")
	}
	if s.config.FindCommit != nil {
		hash, err := s.config.FindCommit(ctx, project, rev)
		if err != nil {
			s.log.Info("commit by hand", "project", project, "rev", rev, "error", err)
			return "", complaint(fmt.Sprintf("%s has no commit %s, or more than one.", project, rev))
		}
		rev = hash
	} else if len(rev) != 40 && len(rev) != 64 {
		return "", complaint("Give the full hash of the commit: 40 digits.")
	}
	return change.CommitKey(project, rev), nil
}

// isHash says whether s can be a commit's hash or the beginning of one.
func isHash(s string) bool {
	if len(s) < 7 || len(s) > 64 {
		return false
	}
	_, err := hex.DecodeString(s + s) // an even number of digits
	return err == nil
}

// newOwner is who a person says owns the change; "" leaves it to the rules.
func (s *Server) newOwner(ctx context.Context, name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return "", nil
	}
	known, err := s.owners(ctx)
	if err != nil {
		return "", err
	}
	switch {
	case len(s.config.People) > 0 && !slices.Contains(known, name):
		return "", complaint("There is nobody of that name in the team.")
	case utf8.RuneCountInString(name) > maxName || !utf8.ValidString(name):
		return "", complaint("That name is too long.")
	}
	return name, nil
}
