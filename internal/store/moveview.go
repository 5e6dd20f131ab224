package store

import (
	"context"
	"fmt"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
)

// A QueueOutcome counts patches that a local layer carries for one recipe by
// what a test on the newest version of its project found; of patches that were
// not tested there, by what is likely.
type QueueOutcome struct {
	Layer   string // name of the source
	Recipe  string // PN
	Outcome string // as change.Flag has it; "" where nothing is known
	Likely  bool   // nobody tried it: it is an outlook
	Count   int
}

// QueueOutcomes returns what becomes of the patches that local layers carry
// now, by layer, recipe and outcome.
func (db *DB) QueueOutcomes(ctx context.Context) ([]QueueOutcome, error) {
	var found []QueueOutcome
	err := db.read(ctx).NewSelect().TableExpr("carried AS c").Join("JOIN source AS s ON s.id = c.source_id AND NOT s.gone").
		Join("LEFT JOIN flag AS n ON n.sighting_key = c.natural_key AND n.role = ?", change.NewestFlag).
		Join("LEFT JOIN flag AS o ON o.sighting_key = c.natural_key AND o.role = ?", change.OutlookFlag).
		ColumnExpr("s.name AS layer, c.recipe, COALESCE(n.outcome, o.outcome, '') AS outcome").
		ColumnExpr("n.outcome IS NULL AND o.outcome IS NOT NULL AS likely, count(*) AS count").
		Where("c.dropped = 0 AND c.kind <> ? AND c.recipe <> ''", pipeline.CarriedDelta).
		GroupExpr("1, 2, 3, 4").OrderExpr("1, 2, 3, 4").Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("outcomes of queues: %w", err)
	}
	return found, nil
}
