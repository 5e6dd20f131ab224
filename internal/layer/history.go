package layer

import (
	"context"
	"fmt"
	"maps"

	"github.com/upstreamd/upstreamd/internal/progress"
)

// histories are what is known of the past of the sources of one scan. Each is
// read when it is first asked for, and once.
type histories struct {
	open       func(context.Context, Source) (*Archive, error) // nil: no archive is kept
	report     progress.Func
	archives   map[string]*Archive // by name of the source
	chronicles map[string]*chronicle
}

func newHistories(o Options) *histories {
	return &histories{open: o.Archive, report: o.Progress, archives: map[string]*Archive{}, chronicles: map[string]*chronicle{}}
}

// archive is that of a source. It is asked for where archives are kept.
func (h *histories) archive(ctx context.Context, src Source) (*Archive, error) {
	if a := h.archives[src.Name]; a != nil {
		return a, nil
	}
	a, err := h.open(ctx, src)
	if err != nil {
		return nil, fmt.Errorf("past of layer source %s: %w", src.Name, err)
	}
	h.archives[src.Name] = a
	return a, nil
}

// chronicle is the history of a source, up to its revision.
func (h *histories) chronicle(ctx context.Context, src Source) (*chronicle, error) {
	if c := h.chronicles[src.Name]; c != nil {
		return c, nil
	}
	open := h.archive
	if h.open == nil {
		open = nil
	}
	c, err := openChronicle(ctx, src, open, h.report)
	if err != nil {
		return nil, err
	}
	h.chronicles[src.Name] = c
	return c, nil
}

// begun is [histories.chronicle] with the commits at which it begins.
func (h *histories) begun(ctx context.Context, src Source) (*chronicle, error) {
	c, err := h.chronicle(ctx, src)
	if err != nil || c.begins != nil {
		return c, err
	}
	roots, err := src.Repo.Roots(ctx, append([]string{c.tip}, c.archive.tips...))
	if err != nil {
		return nil, fmt.Errorf("history of layer source %s: %w", src.Name, err)
	}
	c.begins = src.Repo.Shallow()
	if c.begins == nil {
		c.begins = map[string]bool{}
	}
	for _, hash := range roots {
		c.begins[hash] = true
	}
	maps.Copy(c.begins, c.imports())
	return c, nil
}

// history finds out what became of the patch files of local layers.
func (s *Scan) history(ctx context.Context, sources []Source, h *histories) error {
	for i, src := range sources {
		if !src.Local {
			continue
		}
		c, err := h.chronicle(ctx, src)
		if err != nil {
			return err
		}
		c.lives(s.Patches)
		h.report.Report("read history", i+1, len(sources))
	}
	return nil
}
