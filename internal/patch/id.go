package patch

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"hash"
)

// ID is the stable patch-id, equal to what git patch-id --stable prints for
// this diff: line numbers, blob hashes and blanks do not count, and neither
// does the order of files. A plain diff without "diff --git" lines, for which
// git prints nothing, gets the ID of the same diff with them. Without a hunk
// the ID is "".
//
// The algorithm is that of git's builtin/patch-id.c (get_one_patchid).
func (p *Patch) ID() string {
	hunks := 0
	for _, f := range p.Files {
		hunks += len(f.Hunks)
	}
	if hunks == 0 {
		return ""
	}
	if bytes.HasPrefix(p.Diff, []byte("diff --git ")) || bytes.Contains(p.Diff, []byte("\ndiff --git ")) {
		return DiffID(p.Diff)
	}
	return p.plainID()
}

// plainID is the patch-id of the diff that git would have written.
func (p *Patch) plainID() string {
	w := newIDWriter()
	for _, f := range p.Files {
		old, new := "a/"+f.Old, "b/"+f.New
		w.line([]byte("diff --git a/" + f.named(f.Old) + " b/" + f.named(f.New)))
		if f.Old == "" {
			w.line([]byte("new file mode 100644"))
			old = devNull
		}
		if f.New == "" {
			w.line([]byte("deleted file mode 100644"))
			new = devNull
		}
		w.line([]byte("--- " + old))
		w.line([]byte("+++ " + new))
		for _, h := range f.Hunks {
			for _, l := range h.Lines {
				w.line([]byte(string(l.Op) + l.Text))
			}
		}
		w.flush()
	}
	return w.sum()
}

// named is path, or the file's other name where it has none.
func (f *File) named(path string) string {
	if path == "" {
		return f.Path()
	}
	return path
}

// An idWriter adds up the hashes of files as git patch-id does.
type idWriter struct {
	result [sha1.Size]byte
	sha    hash.Hash
	buf    []byte
}

func newIDWriter() *idWriter { return &idWriter{sha: sha1.New()} }

// line adds one line without its blanks. Like C strings it ends at a NUL.
func (w *idWriter) line(s []byte) {
	w.buf = w.buf[:0]
	for _, c := range s {
		if c == 0 {
			break
		}
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			w.buf = append(w.buf, c)
		}
	}
	w.sha.Write(w.buf)
}

// flush adds the hash of one file to the result, byte by byte with carry.
func (w *idWriter) flush() {
	var h [sha1.Size]byte
	w.sha.Sum(h[:0])
	w.sha.Reset()
	carry := 0
	for i := range h {
		carry += int(w.result[i]) + int(h[i])
		w.result[i] = byte(carry)
		carry >>= 8
	}
}

func (w *idWriter) sum() string { return hex.EncodeToString(w.result[:]) }

// DiffID is the patch-id of a diff's bytes. It is "" where git patch-id
// --stable would print nothing.
func DiffID(diff []byte) string {
	st := idState{w: newIDWriter(), before: -1, after: -1}
	for len(diff) > 0 {
		var raw []byte
		raw, diff = cutLine(diff)
		if !st.add(raw) {
			break
		}
	}
	if !st.any {
		return ""
	}
	st.w.flush()
	return st.w.sum()
}

// An idState is where the reading of one diff stands.
type idState struct {
	w             *idWriter
	before, after int // lines that the hunk still has; -1 in a header
	binary, any   bool
	pre, post     []byte // blob hashes, which stand for a binary file's content
}

// add takes one line and says whether the patch goes on.
func (st *idState) add(line []byte) bool {
	if starts(line, "\\ ") && len(line) > 12 {
		return true
	}
	if !st.any && !starts(line, "diff ") {
		return true
	}
	if st.before == -1 {
		done, ok := st.header(line)
		if done || !ok {
			return ok
		}
	}
	if st.binary {
		if !starts(line, "diff ") {
			return true
		}
		st.binary, st.before = false, -1
		return true
	}
	if st.before == 0 && st.after == 0 {
		if starts(line, "@@ -") {
			h, _ := hunkHeader(line)
			st.before, st.after = h.OldLines, h.NewLines
			return true
		}
		if !starts(line, "diff ") {
			return false
		}
		st.w.flush()
		st.before, st.after = -1, -1
	}
	st.count(line)
	st.w.line(line)
	st.any = true
	return true
}

// header takes a header line. done means that it is not hashed as it is, !ok
// that the patch has ended.
func (st *idState) header(line []byte) (done, ok bool) {
	switch {
	case starts(line, "GIT binary patch"), starts(line, "Binary files"):
		st.binary, st.before = true, 0
		st.w.sha.Write(st.pre)
		st.w.sha.Write(st.post)
		st.w.flush()
		return true, true
	case starts(line, "index "):
		if pre, post, two := bytes.Cut(line[len("index "):], []byte("..")); two {
			post, _, _ = bytes.Cut(bytes.TrimSuffix(post, []byte("\n")), []byte(" "))
			st.pre, st.post = pre, post
		}
		return true, true
	case starts(line, "--- "):
		st.before, st.after = 1, 1
	case line[0]|0x20 < 'a' || line[0]|0x20 > 'z':
		return false, false
	}
	return false, true
}

func (st *idState) count(line []byte) {
	if line[0] == '-' || line[0] == ' ' {
		st.before--
	}
	if line[0] == '+' || line[0] == ' ' {
		st.after--
	}
}

func starts(b []byte, s string) bool { return len(b) >= len(s) && string(b[:len(s)]) == s }
