package patch

import (
	"bytes"

	"github.com/aymanbagabas/go-udiff"
)

// Between is the patch that turns one content of a file into another, with the
// a/ and b/ prefixes of git; nil where they are the same. A side that is nil is
// no file. It is as long as the files at most, and is made by Myers' algorithm
// ("An O(ND) Difference Algorithm and Its Variations", 1986).
func Between(path string, before, after []byte) []byte {
	if bytes.Equal(before, after) {
		return nil
	}
	from, to := "a/"+path, "b/"+path
	if before == nil {
		from = "/dev/null"
	}
	if after == nil {
		to = "/dev/null"
	}
	var out bytes.Buffer
	out.WriteString("diff --git a/" + path + " b/" + path + "\n")
	out.WriteString(udiff.Unified(from, to, string(before), string(after)))
	return out.Bytes()
}
