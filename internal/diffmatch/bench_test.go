package diffmatch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// BenchmarkSegments matches the labelled patches of one project in its index
// as it is and cut into many segments, as that of a long history is.
func BenchmarkSegments(b *testing.B) {
	dir := corpus(b)
	repo, err := git.OpenAny(context.Background(), filepath.Join(dir, "repos", "libtiff.bundle"), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	x, err := Open(context.Background(), repo, "", nil)
	if err != nil {
		b.Fatal(err)
	}
	whole := x.now
	var patches []*patch.Patch
	for _, e := range truth(b, dir) {
		raw, err := os.ReadFile(filepath.Join(dir, "diffmatch", e.Path))
		if err != nil {
			b.Fatal(err)
		}
		if p, err := patch.Parse(raw); err == nil && e.Repo == "libtiff" {
			patches = append(patches, p)
		}
	}
	for _, n := range []int{1, 4, 12, 40} {
		var segments []*segment
		for i := range n {
			part := newBitset(whole.size)
			for row := i * whole.size / n; row < (i+1)*whole.size/n; row++ {
				part.set(uint32(row))
			}
			made, err := whole.rewrite(0, len(whole.segments), part, x.memorySegment)
			if err != nil {
				b.Fatal(err)
			}
			segments = append(segments, made...)
		}
		x.now = newSnapshot(segments, whole.tips, whole.heads)
		v, err := x.Within(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for i := range b.N {
				if _, err := v.Match(context.Background(), patches[i%len(patches)], Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
