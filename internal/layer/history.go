package layer

import (
	"context"

	"github.com/upstreamd/upstreamd/internal/progress"
)

// history finds out what became of the patch files of local layers.
func (s *Scan) history(ctx context.Context, sources []Source, report progress.Func) error {
	for i, src := range sources {
		if !src.Local {
			continue
		}
		c, err := openChronicle(ctx, src, nil, report)
		if err != nil {
			return err
		}
		c.lives(s.Patches)
		report.Report("read history", i+1, len(sources))
	}
	return nil
}
