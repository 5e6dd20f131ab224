package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
)

// A matchRow is a row of table match.
type matchRow struct {
	bun.BaseModel `bun:"table:match"`

	ID          int64  `bun:",pk,autoincrement"`
	SightingKey string `store:"key"`
	Project     string
	Tips        string
	Verdict     string
	CommitHash  string
	Commits     string
	Confidence  float64
	Method      string
	Subject     string
	Author      string
	CommitTime  int64
	RevertedBy  string
	Queued      bool
	Branches    string
	Tags        string
	Evidence    string
}

// A matchKey identifies a match.
type matchKey struct{ sighting, project string }

// matchShape leaves the matches of other sightings and projects alone.
var matchShape = shape[matchRow, matchKey]{
	key:   func(r matchRow) matchKey { return matchKey{r.SightingKey, r.Project} },
	keep:  func(old matchRow, r *matchRow) { r.ID = old.ID },
	grown: true,
}

func newMatchRow(m change.Match) matchRow {
	return matchRow{
		SightingKey: m.Sighting, Project: m.Project, Tips: m.Tips, Verdict: string(m.Verdict), CommitHash: m.Commit,
		Commits: asJSON(m.Commits), Confidence: m.Confidence, Method: m.Method, Subject: m.Subject, Author: m.Author, CommitTime: unix(m.CommitTime),
		RevertedBy: m.RevertedBy, Queued: m.Queued, Branches: asJSON(m.Branches), Tags: asJSON(m.Tags), Evidence: asJSON(m.Evidence),
	}
}

func (r matchRow) match() (change.Match, error) {
	m := change.Match{
		Sighting: r.SightingKey, Project: r.Project, Tips: r.Tips, Verdict: change.Verdict(r.Verdict), Commit: r.CommitHash,
		Confidence: r.Confidence, Method: r.Method, Subject: r.Subject, Author: r.Author, CommitTime: moment(r.CommitTime),
		RevertedBy: r.RevertedBy, Queued: r.Queued,
	}
	var err error
	if m.Commits, err = fromJSON[[]string]("commits of match "+r.SightingKey, r.Commits); err != nil {
		return m, err
	}
	if m.Branches, err = fromJSON[[]string]("branches of match "+r.SightingKey, r.Branches); err != nil {
		return m, err
	}
	if m.Tags, err = fromJSON[[]string]("tags of match "+r.SightingKey, r.Tags); err != nil {
		return m, err
	}
	m.Evidence, err = fromJSON[[]change.Evidence]("evidence of match "+r.SightingKey, r.Evidence)
	return m, err
}

// matches reads the matches that where selects, by sighting and project.
func (db *DB) matches(ctx context.Context, where string, args ...any) ([]change.Match, error) {
	rows, err := all[matchRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where(where, args...).OrderExpr("sighting_key, project")
	})
	if err != nil {
		return nil, fmt.Errorf("matches: %w", err)
	}
	found := make([]change.Match, len(rows))
	for i, r := range rows {
		if found[i], err = r.match(); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Matches returns all matches, also those that found nothing, by sighting and
// project.
func (db *DB) Matches(ctx context.Context) ([]change.Match, error) { return db.matches(ctx, "TRUE") }

// PutMatches stores matches, each instead of the one of the same sighting and
// project.
func (db *DB) PutMatches(ctx context.Context, matches []change.Match) error {
	if len(matches) == 0 {
		return nil
	}
	return db.write(ctx, "matches", func(ctx context.Context, tx bun.IDB) error {
		keys, want := make([]string, len(matches)), make([]matchRow, len(matches))
		for i, m := range matches {
			keys[i], want[i] = short(m.Sighting), newMatchRow(m)
		}
		have, err := all[matchRow](ctx, tx, func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.Where("sighting_key IN (?)", bun.List(keys))
		})
		if err == nil {
			_, err = equalize(ctx, tx, matchShape, have, want)
		}
		if err != nil {
			return fmt.Errorf("matches: %w", err)
		}
		return nil
	})
}

// DeleteMatches forgets the matches of these sightings in a project; "" is
// every project.
func (db *DB) DeleteMatches(ctx context.Context, project string, sightingKeys []string) error {
	if len(sightingKeys) == 0 {
		return nil
	}
	return db.write(ctx, "matches", func(ctx context.Context, tx bun.IDB) error {
		q := tx.NewDelete().Table("match").Where("sighting_key IN (?)", bun.List(shortAll(sightingKeys)))
		if project != "" {
			q = q.Where("project = ?", project)
		}
		if _, err := q.Exec(ctx); err != nil {
			return fmt.Errorf("matches: %w", err)
		}
		return nil
	})
}
