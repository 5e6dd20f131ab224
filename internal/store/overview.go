package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// An Overview is what is to be done and how things stand, in numbers.
type Overview struct {
	Actions  []ActionCount         // of our standings that ask for something, most urgent first, then by owner
	Statuses map[change.Status]int // of our standings
	Failing  []pipeline.Source     // sources whose last try went wrong
	Sources  int                   // configured ones
	Ours     int                   // our standings
	Others   int                   // changes that are not ours

	Mails, Unread, Quarantined   int
	Series, Postings, Patches    int // posted patches, each revision counted
	MergedPatches                int // of Patches: with a commit that the engine is sure of
	Recipes, Carried, Duplicates int // Carried: patch files that local layers carry now
	Commits                      int // different commits that changes were found in
}

// An ActionCount is how often an owner has an action to do.
type ActionCount struct {
	Action change.Action
	Owner  string // "" is nobody
	Count  int
}

// Overview counts.
func (db *DB) Overview(ctx context.Context) (Overview, error) {
	o := Overview{Statuses: map[change.Status]int{}}
	err := db.snapshot(ctx, func(ctx context.Context) (err error) {
		if err = db.countStandings(ctx, &o); err != nil {
			return err
		}
		sources, err := db.Sources(ctx)
		if err != nil {
			return err
		}
		o.Sources = len(sources)
		for _, s := range sources {
			if s.LastError != "" {
				o.Failing = append(o.Failing, s)
			}
		}
		return db.countAll(ctx, &o)
	})
	if err != nil {
		return Overview{}, fmt.Errorf("overview: %w", err)
	}
	return o, nil
}

// countStandings counts ours by status, and by action and owner.
func (db *DB) countStandings(ctx context.Context, o *Overview) error {
	var statuses []struct {
		Status string
		Count  int
	}
	err := db.standings(ctx).Where("c.ours").ColumnExpr("coalesce(j.status, '') AS status, count(*) AS count").
		GroupExpr("1").Scan(ctx, &statuses)
	if err != nil {
		return err
	}
	for _, s := range statuses {
		o.Ours += s.Count
		if s.Status != "" {
			o.Statuses[change.Status(s.Status)] = s.Count
		}
	}
	var actions []struct {
		Action, Owner string
		Count         int
	}
	err = ChangeQuery{Asks: true}.narrow(db.standings(ctx)).ColumnExpr("j.action, j.owner, count(*) AS count").
		GroupExpr("j.action, j.owner").OrderExpr(urgency()+", j.owner").Scan(ctx, &actions)
	if err != nil {
		return err
	}
	for _, a := range actions {
		o.Actions = append(o.Actions, ActionCount{change.Action(a.Action), a.Owner, a.Count})
	}
	return nil
}

// countAll counts rows.
func (db *DB) countAll(ctx context.Context, o *Overview) error {
	for _, c := range []struct {
		into  *int
		query string
		args  []any
	}{
		{&o.Others, "change WHERE NOT ours", nil},
		// each is read or waits; the table of raw mails is too wide to be counted
		{&o.Mails, "(SELECT 1 FROM message UNION ALL SELECT 1 FROM unread WHERE NOT EXISTS (SELECT 1 FROM message WHERE message.raw_id = unread.raw_id)) AS m", nil},
		{&o.Unread, "unread", nil},
		{&o.Quarantined, "message WHERE kind = ?", []any{quarantined}},
		{&o.Series, "series", nil},
		{&o.Postings, "posting", nil},
		{&o.Patches, "message WHERE kind = 'patch'", nil},
		{&o.MergedPatches, "(SELECT DISTINCT sighting_key FROM match WHERE verdict = ? AND sighting_key LIKE 'posted:%') AS m", []any{string(change.Merged)}},
		{&o.Recipes, "recipe WHERE kind = 'recipe'", nil},
		{&o.Carried, "carried AS c JOIN source AS s ON s.id = c.source_id AND NOT s.gone WHERE c.dropped = 0", nil},
		{&o.Duplicates, "duplicate", nil},
		{&o.Commits, "(SELECT DISTINCT natural_key FROM sighting WHERE kind IN (?)) AS s", []any{bun.List([]string{string(change.Committed), string(change.Queued)})}},
	} {
		if err := db.read(ctx).NewRaw("SELECT count(*) FROM "+c.query, c.args...).Scan(ctx, c.into); err != nil {
			return err
		}
	}
	return nil
}
