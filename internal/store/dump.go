package store

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// dumped are the tables of a logical dump, in its order, each with the columns
// that it leaves out besides ids: times of looking, packed bytes, and
// fingerprints that ids have gone into. How far stages have come (cursor) is
// left out too: the marks are the stages' own business.
var dumped = []struct{ table, without string }{
	{"source", "last_checked last_success error_since"},
	{"mirror_tip", ""},
	{"ref_move", "seen"},
	{"raw_mail", "body"},
	{"delivery", ""},
	{"unread", ""},
	{"loose", ""},
	{"message", ""},
	{"series", "inputs"},
	{"posting", "aimed"},
	{"trailer", ""},
	{"recipe", ""},
	{"carried", ""},
	{"duplicate", ""},
	{"trend", ""},
	{"named", "input"},
	{"truth", ""},
	{"change", ""},
	{"sighting", ""},
	{"match", ""},
	{"likeness", ""},
	{"nested", ""},
	{"twin", ""},
	{"claim", ""},
	{"decision", ""},
	{"flag", ""},
	{"move", ""},
	{"behind", ""},
	{"plan", "made input"},
	{"standing", ""},
	{"status", "inputs"},
	{"effort", ""},
	{"effort_change", ""},
}

// Dump writes all that the database knows as JSON lines, table by table,
// sorted, with natural keys in place of ids. Two databases in the same logical
// state give the same dump, whatever the order in which things came to them
// and whatever their engine. Accounts, links and sessions are left out.
func (db *DB) Dump(ctx context.Context, w io.Writer) error {
	d := dumper{out: bufio.NewWriter(w)}
	err := db.snapshot(ctx, func(ctx context.Context) error {
		d.tx = db.read(ctx)
		if err := d.nameRows(ctx); err != nil {
			return err
		}
		for _, t := range dumped {
			if err := d.table(ctx, t.table, strings.Fields(t.without)); err != nil {
				return fmt.Errorf("dump of %s: %w", t.table, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return d.out.Flush()
}

// A dumper is one dump under way.
type dumper struct {
	tx    bun.IDB
	out   *bufio.Writer
	names map[string]map[int64]string // natural keys by column and id
}

// nameRows finds the natural key of every row that others refer to.
func (d *dumper) nameRows(ctx context.Context) error {
	d.names = map[string]map[int64]string{}
	for column, query := range map[string]string{
		"source_id":  "SELECT id, kind || '/' || name AS name FROM source",
		"raw_id":     "SELECT id, sha256 AS name FROM raw_mail",
		"series_id":  "SELECT id, natural_key AS name FROM series",
		"posting_id": "SELECT id, natural_key AS name FROM posting",
		"effort_id":  "SELECT id, name FROM effort",
		// A change is called by the smallest key of those that are its alone.
		"change_id": "SELECT change_id AS id, natural_key AS name FROM sighting WHERE kind IN ('carried', 'dropped', 'posted', 'offered')",
	} {
		var rows []struct {
			ID   int64
			Name string
		}
		if err := d.tx.NewRaw(query).Scan(ctx, &rows); err != nil {
			return fmt.Errorf("dump: %w", err)
		}
		names := make(map[int64]string, len(rows))
		for _, r := range rows {
			if was, ok := names[r.ID]; !ok || r.Name < was {
				names[r.ID] = r.Name
			}
		}
		d.names[column] = names
	}
	var standings []standingRow
	if err := d.tx.NewSelect().Model(&standings).Scan(ctx); err != nil {
		return fmt.Errorf("dump: %w", err)
	}
	names := make(map[int64]string, len(standings))
	for _, r := range standings {
		names[r.ID] = d.names["change_id"][r.ChangeID] + " at " + r.Place
	}
	d.names["standing_id"] = names
	return nil
}

// table writes one table. A change's own id is its natural key.
func (d *dumper) table(ctx context.Context, table string, without []string) error {
	var rows []map[string]any
	if err := d.tx.NewSelect().Table(table).Scan(ctx, &rows); err != nil {
		return err
	}
	lines := make([]string, 0, len(rows))
	for _, row := range rows {
		for _, column := range without {
			delete(row, column)
		}
		if table == "change" {
			row["change_id"] = row["id"]
		}
		delete(row, "id")
		for column, v := range row {
			if id, ok := v.(int64); ok && d.names[column] != nil {
				row[column] = d.names[column][id]
			}
			if b, ok := v.([]byte); ok {
				row[column] = string(b)
			}
		}
		row["table"] = table
		b, err := json.Marshal(row)
		if err != nil {
			return err
		}
		lines = append(lines, string(b))
	}
	slices.Sort(lines)
	for _, line := range lines {
		if _, err := d.out.WriteString(line + "\n"); err != nil {
			return err
		}
	}
	return nil
}
