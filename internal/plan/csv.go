package plan

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/upstreamd/upstreamd/internal/term"
)

// header are the columns of the CSV.
var header = []string{"verdict", "kind", "layer", "recipe", "path", "from", "to", "effort", "owner", "why", "evidence"}

// WriteCSV writes the items as RFC 4180 with a header. Names in a layer are
// strangers' words, so a cell that a spreadsheet would take for a formula gets
// an apostrophe before it.
func (p *Plan) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(header); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	for _, i := range p.Items {
		row := []string{
			string(i.Verdict), string(i.Kind), i.Layer, i.Recipe, i.Path, i.From, i.To, i.Effort.String(), i.Owner, i.Why, i.Evidence,
		}
		for n, cell := range row {
			row[n] = plainCell(cell)
		}
		if err := out.Write(row); err != nil {
			return fmt.Errorf("plan: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	return nil
}

// plainCell is text that no spreadsheet runs as a formula
// (https://owasp.org/www-community/attacks/CSV_Injection).
func plainCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		s = "'" + s
	}
	return term.Safe(s)
}
