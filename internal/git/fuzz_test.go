package git

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
)

// Whatever git prints, the reader of its log ends, and hands out no more
// commits than there are marks.
func FuzzLogReader(f *testing.F) {
	const mark = "MARK"
	one := mark + "\nh\np\nan\nae\n1\ncn\nce\n2\nsubject\n\nbody\n" + mark + "-\n"
	f.Add(one)
	f.Add(one + "\ndiff --git a/x b/x\n" + one)
	f.Add(one + "MARKnot" + one)
	f.Add(mark + "\n\n\n\n\n\n\n\n\n")
	f.Fuzz(func(t *testing.T, out string) {
		in := &logReader{r: bufio.NewReaderSize(strings.NewReader(out), 16), mark: mark}
		for n := 0; ; n++ {
			c, err := in.next()
			if errors.Is(err, io.EOF) || err != nil {
				return
			}
			if n >= strings.Count(out, mark) || strings.Contains(c.Subject, "\n") {
				t.Fatalf("commit %d: %+v", n, c)
			}
		}
	})
}
