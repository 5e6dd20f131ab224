package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/upstreamd/upstreamd/internal/change"
)

// CarriedChanges returns the ids of the changes of which a layer carries files
// with these paths, by path.
func (db *DB) CarriedChanges(ctx context.Context, layer string, paths []string) (map[string]int64, error) {
	ids := map[string]int64{}
	if len(paths) == 0 {
		return ids, nil
	}
	var rows []struct {
		Path     string
		ChangeID int64
	}
	err := db.read(ctx).NewSelect().Table("sighting").ColumnExpr("path, max(change_id) AS change_id").
		Where("kind = ? AND source = ? AND path IN (?)", string(change.Carried), layer, bun.List(paths)).GroupExpr("path").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("changes carried in %s: %w", layer, err)
	}
	for _, r := range rows {
		ids[r.Path] = r.ChangeID
	}
	return ids, nil
}
