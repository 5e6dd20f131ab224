package diffmatch

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/patch"
)

const twoFiles = `--- a/x/one.c
+++ b/x/one.c
@@ -1,3 +1,4 @@ int f(void)
 {
-	return 0;
+	int y;
+	return y;
 }
@@ -9,2 +10,1 @@
 x
-y
--- a/gone.c
+++ /dev/null
@@ -1,2 +0,0 @@
-	return y;
-}
`

// FuzzShape wants each shape to come back from its bytes as it was.
func FuzzShape(f *testing.F) {
	f.Add([]byte(twoFiles))
	f.Add([]byte("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n"))
	f.Fuzz(func(t *testing.T, diff []byte) {
		files, _ := patch.ParseDiff(diff)
		want := shapeOf(files)
		for i := range want.files {
			want.files[i].old = "" // commits have no renames
		}
		seg := segmentOf(t, &digest{hash: "before", shape: shapeOf(parseAll(twoFiles))}, &digest{hash: "behind", shape: want})
		got, err := seg.shape(1)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(normal(want), normal(got), cmp.AllowUnexported(shape{}, fileShape{}, hunkShape{})); diff != "" {
			t.Errorf("(-put +got):\n%s", diff)
		}
	})
}

func parseAll(s string) []*patch.File {
	files, _ := patch.ParseDiff([]byte(s))
	return files
}

// normal makes nil of empty slices.
func normal(s *shape) *shape {
	n := &shape{lines: s.lines, cut: s.cut}
	if len(s.files) == 0 {
		n.cut = false // nothing is kept of a change without files
	}
	for _, f := range s.files {
		hunks := f.hunks
		f.hunks = nil
		for _, h := range hunks {
			h.ops, h.keys = append([]byte(nil), h.ops...), append([]uint64(nil), h.keys...)
			f.hunks = append(f.hunks, h)
		}
		n.files = append(n.files, f)
	}
	return n
}

// segmentOf makes a segment of some commits.
func segmentOf(t testing.TB, commits ...*digest) *segment {
	t.Helper()
	b := newBuilder()
	for _, d := range commits {
		b.put(d)
	}
	x := &Index{cache: cache{most: 1 << 20}}
	s, err := x.memorySegment(b.finish())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDict(t *testing.T) {
	var d dict
	for k := uint64(1); k <= 5000; k++ {
		if id, added := d.add(k * 0x9e3779b97f4a7c15); !added || id != uint32(k-1) {
			t.Fatalf("add key %d: %d, %v", k, id, added)
		}
	}
	if _, ok := d.id(7); ok {
		t.Error("found a key that was never added")
	}
}
