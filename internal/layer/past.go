package layer

import (
	"context"
	"fmt"
	"path"
	"slices"
)

// lookBack finds the local patches that another source once had: those that it
// has in another form now, or not at all.
func (s *Scan) lookBack(ctx context.Context, sources []Source, open func(context.Context, Source) (*Archive, error)) error {
	x := s.indexPatches()
	for _, src := range sources {
		var ours []*Patch
		var wanted []Wanted
		for i := range s.Patches {
			p := &s.Patches[i]
			if s.compares(p.Source, src.Name) {
				ours, wanted = append(ours, p), append(wanted, Wanted{Blob: p.Blob, lines: s.lines[p.Blob]})
			}
		}
		if len(ours) == 0 {
			continue
		}
		a, err := open(ctx, src)
		if err != nil {
			return fmt.Errorf("past of layer source %s: %w", src.Name, err)
		}
		found, err := a.Find(ctx, wanted)
		if err != nil {
			return fmt.Errorf("past of layer source %s: %w", src.Name, err)
		}
		for i, p := range ours {
			if d, ok := x.once(p, src.Name, found[i]); ok {
				s.past = append(s.past, d)
			}
		}
	}
	return nil
}

// once is the counterpart of p in the past of a source, if it is closer than
// any that the source has now.
func (x *patchIndex) once(p *Patch, source string, found []Version) (Duplicate, bool) {
	now, ok := x.best(p, source)
	if len(found) == 0 || ok && matchRank[now.Match] <= matchRank[found[0].Match] {
		return Duplicate{}, false
	}
	at := slices.IndexFunc(found, func(v Version) bool { return v.Match == found[0].Match && v.named(p) })
	v := found[max(at, 0)]
	d := Duplicate{
		Kind: "patch", LocalSource: p.Source, LocalFile: p.Path, UpstreamSource: source, UpstreamFile: v.Path,
		UpstreamBlob: v.Blob, Match: v.Match, Similarity: v.Similarity,
	}
	if len(v.Came) > 0 {
		d.Came = v.Came[0].Commit
	}
	if len(v.Went) > 0 {
		d.Went = v.Went[len(v.Went)-1].Commit
	}
	return d, true
}

// named says whether a version has the file name of p.
func (v Version) named(p *Patch) bool { return path.Base(v.Path) == path.Base(p.Path) }
