package layer

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// likeEnough is the part of lines that two classes or include files of one name
// must share to be told: names as common as "version.inc" say nothing.
const likeEnough = 0.3

// likeFiles finds the classes and include files of one name that a local and
// another repository have, and how alike all files are that are told as forks
// of each other.
func (s *Scan) likeFiles(ctx context.Context, t *tree, all []*layerDir) {
	s.blobs, s.alike = map[string]string{}, map[[2]string]float64{}
	if len(s.local) == 0 {
		return
	}
	byName := map[string][]string{} // classes and include files
	for _, l := range all {
		for _, f := range t.below(l.root) {
			if layerOf(all, f) != l || !recipeName(f) && !patchName(f) {
				continue
			}
			s.blobs[display(f)] = t.files[f].hash
			if key := nameKey(f); key != "" && (path.Ext(f) == ".inc" || path.Ext(f) == ".bbclass") {
				byName[key] = append(byName[key], f)
			}
		}
	}
	var pairs []Duplicate
	for _, key := range sortedKeys(byName) {
		for _, ours := range byName[key] {
			for _, theirs := range byName[key] {
				a, f := splitSource(ours)
				b, g := splitSource(theirs)
				if s.compares(a, b) {
					kind := map[string]string{".inc": "inc", ".bbclass": "class"}[path.Ext(f)]
					pairs = append(pairs, Duplicate{Kind: kind, LocalSource: a, LocalFile: f, UpstreamSource: b, UpstreamFile: g})
				}
			}
		}
	}
	s.measure(ctx, t, slices.Concat(pairs, s.forks(), s.renamed()))
	for _, d := range pairs {
		s.describe(&d)
		if d.Similarity >= likeEnough {
			s.files = append(s.files, d)
		}
	}
}

// measure finds how alike the files of some pairs are.
func (s *Scan) measure(ctx context.Context, t *tree, pairs []Duplicate) {
	lines := map[string][]uint64{} // by blob
	names := map[string]string{}
	for _, d := range pairs {
		for _, name := range [...]string{path.Join("/", d.LocalSource, d.LocalFile), path.Join("/", d.UpstreamSource, d.UpstreamFile)} {
			names[t.files[name].hash] = name
		}
	}
	blobs := sortedKeys(names)
	read := make([][]uint64, len(blobs))
	parallel(ctx, len(blobs), func(i int) {
		if b, err := t.read(names[blobs[i]]); err == nil {
			read[i] = contentLines(b)
		}
	})
	for i, blob := range blobs {
		lines[blob] = read[i]
	}
	for _, d := range pairs {
		a, b := s.blobs[d.LocalSource+":"+d.LocalFile], s.blobs[d.UpstreamSource+":"+d.UpstreamFile]
		s.alike[[2]string{a, b}] = jaccard(lines[a], lines[b])
		if a == b && a != "" {
			s.alike[[2]string{a, b}] = 1
		}
	}
}

// describe fills in what a duplicate's files are, and how alike.
func (s *Scan) describe(d *Duplicate) {
	d.LocalBlob = s.blobs[d.LocalSource+":"+d.LocalFile]
	if d.UpstreamBlob == "" {
		d.UpstreamBlob = s.blobs[d.UpstreamSource+":"+d.UpstreamFile]
	}
	if d.Match == "" && d.LocalBlob != "" && d.UpstreamBlob != "" {
		d.Similarity = s.alike[[2]string{d.LocalBlob, d.UpstreamBlob}]
	}
}

// contentLines are the lines of a metadata file as sorted hashes, each once,
// without white space, comments and empty lines.
func contentLines(b []byte) (set []uint64) {
	for line := range strings.Lines(string(b)) {
		bare := strings.Join(strings.Fields(line), "")
		if bare != "" && bare[0] != '#' {
			set = append(set, xxhash.Sum64String(bare))
		}
	}
	slices.Sort(set)
	return slices.Compact(set)
}
