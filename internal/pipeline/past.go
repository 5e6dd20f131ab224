package pipeline

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/upstreamd/upstreamd/internal/layer"
)

// archiveFile is where it is kept what the history of a repository had.
func (s Settings) archiveFile(location string) string {
	name := filepath.Base(NewMirrors(s.Cache).Dir(location))
	return filepath.Join(s.Cache, "patches", strings.TrimSuffix(name, ".git")+".archive")
}

// archives opens what the history of layers had, each repository once: of all
// its upstream layers together as [Matcher] does, or of all its local ones.
func (s Settings) archives(layers []opened) func(context.Context, layer.Source) (*layer.Archive, error) {
	type place struct {
		location string
		local    bool
	}
	at, revs := map[string]place{}, map[place][]string{}
	for _, l := range layers {
		p := place{l.Location, l.Local}
		at[l.Name] = p
		revs[p] = append(revs[p], l.commit)
	}
	known := map[place]*layer.Archive{}
	return func(ctx context.Context, src layer.Source) (*layer.Archive, error) {
		p := at[src.Name]
		if a := known[p]; a != nil {
			return a, nil
		}
		file := s.archiveFile(p.location)
		if p.local {
			file = strings.TrimSuffix(file, ".archive") + ".local.archive"
		}
		a, err := layer.OpenArchive(ctx, src.Repo, file, revs[p], s.Progress)
		if err == nil {
			known[p] = a
		}
		return a, err
	}
}

// memo is the file in which it is kept what a scan of a stack read.
func (s *Scanner) memo(stack []opened) string {
	var parts []string
	for _, l := range stack {
		parts = append(parts, l.Name, l.Location, l.Branch)
	}
	return filepath.Join(s.set.Cache, "scans", fingerprint(parts...)+".memo")
}

// trend names where it is kept of which commit the trend of a layer was told.
func (l opened) trend() string { return "trend " + l.Place() }

// trendPrint is the fingerprint of all that the trend of a layer depends on: the
// layer itself and, as its forks are counted, the upstream ones. It is "" for a
// layer that is none of ours: of that none is told.
func (l opened) trendPrint(layers []opened) string {
	if !l.Local {
		return ""
	}
	parts := []string{scanVersion, l.Location, l.Subdir, l.commit}
	for _, o := range layers {
		if !o.Local {
			parts = append(parts, o.Location, o.Subdir, o.commit)
		}
	}
	return fingerprint(parts...)
}

// trends adds how the local layers of a stack of which anything moved became what they are.
func (s *Scanner) trends(ctx context.Context, stack []opened, open func(context.Context, layer.Source) (*layer.Archive, error), into map[string][]layer.Sample) error {
	var others []layer.Source
	for _, l := range stack {
		if !l.Local {
			others = append(others, l.scanned())
		}
	}
	for _, l := range stack {
		if !l.Local || into[l.Name] != nil {
			continue
		}
		if was, err := s.store.Cursor(ctx, "scan", l.trend()); err != nil {
			return err
		} else if was == l.trendPrint(stack) {
			continue
		}
		samples, err := layer.Trend(ctx, l.scanned(), others, layer.TrendOptions{Archive: open, Progress: s.set.Progress})
		if err != nil {
			return err
		}
		into[l.Name] = append([]layer.Sample{}, samples...)
	}
	return nil
}

// scanned is the layer as the scanner wants it.
func (l opened) scanned() layer.Source {
	return layer.Source{Name: l.Name, Repo: l.repo, Rev: l.commit, Subdir: l.Subdir, Local: l.Local}
}
