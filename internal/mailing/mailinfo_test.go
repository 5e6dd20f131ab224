package mailing

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// An info is what is read of a mail, by git mailinfo or by us.
type info struct {
	author  Person
	subject string
	files   []*patch.File
}

// gitInfo runs git mailinfo as git am does; ok says if it takes the mail.
func gitInfo(t *testing.T, dir string, raw []byte) (in info, ok bool) {
	t.Helper()
	diff := filepath.Join(dir, "patch")
	cmd := exec.Command("git", "mailinfo", "--encoding=UTF-8", filepath.Join(dir, "msg"), diff)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(raw)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.Output()
	if err != nil {
		return in, false
	}
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch key {
		case "Author":
			in.author.Name = value
		case "Email":
			in.author.Email = value
		case "Subject":
			in.subject = value
		}
	}
	b, err := os.ReadFile(diff)
	if err != nil {
		t.Fatal(err)
	}
	in.files, _ = patch.ParseDiff(b)
	return in, true
}

// ourInfo is what we read of a mail.
func ourInfo(m *Message, p *patch.Patch) info {
	subject := m.Subject
	if m.PatchSubject != "" {
		subject = m.PatchSubject
	}
	return info{m.Author, patch.CleanSubject(subject), p.Files}
}

// lines are the hunks of a diff by file, as a text to compare.
func lines(files []*patch.File) string {
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintf(&b, "%s > %s\n", f.Old, f.New)
		for _, h := range f.Hunks {
			for _, l := range h.Lines {
				fmt.Fprintf(&b, "%c%s\n", l.Op, strings.TrimRight(l.Text, "\r"))
			}
		}
	}
	return b.String()
}

// whole says if a diff has no damage.
func whole(files []*patch.File) bool {
	return !slices.ContainsFunc(files, func(f *patch.File) bool { return f.Damage != "" })
}

// differences says in what ours and git's reading of a mail differ, and why
// that is right; a reason that begins with ! is none.
func differences(m *Message, ours, gits info) []string {
	var all []string
	if ours.subject != gits.subject {
		switch {
		case m.InnerID != "" && gits.subject != ours.subject:
			all = append(all, "subject: git sees the list's, the mail within has another")
		case m.PatchSubject != "":
			all = append(all, "subject: git does not look below scissors, nor into an attached patch")
		case strings.HasSuffix(gits.subject, ours.subject):
			all = append(all, "subject: git leaves a tag that was not written well")
		default:
			all = append(all, "!subject")
		}
	}
	switch {
	case ours.author == gits.author:
	case ours.author.Email == gits.author.Email && ours.author.Name == "" && gits.author.Name == gits.author.Email:
		all = append(all, "name: there is none, git repeats the address")
	case ours.author.Email == gits.author.Email && !utf8.ValidString(gits.author.Name):
		all = append(all, "name: git leaves bytes that are no UTF-8")
	case m.InnerID != "" || m.isList(gits.author.Email):
		all = append(all, "author: git takes the list for the author")
	case m.attached != "":
		all = append(all, "author: git takes the sender for the author of an attached patch")
	case replyWord.MatchString(m.Subject):
		all = append(all, "author: git takes the beginning of a quote for the author's line")
	default:
		all = append(all, "!author")
	}
	if lines(ours.files) != lines(gits.files) {
		switch {
		case !whole(gits.files) && whole(ours.files):
			all = append(all, "diff: git's reading is damaged, ours is whole")
		case !whole(gits.files) && !whole(ours.files):
			all = append(all, "diff: damaged by the sender, read differently")
		case m.InnerID != "" || replyWord.MatchString(m.Subject):
			all = append(all, "diff: a reply, of which git reads the quoted or the HTML twin too")
		default:
			all = append(all, "!diff")
		}
	}
	return all
}

// TestMailinfo: what git mailinfo takes we read as it does, but for what is
// counted here with the reason.
func TestMailinfo(t *testing.T) {
	if testing.Short() {
		t.Skip("some thousand processes")
	}
	dir, taken, differ := t.TempDir(), 0, map[string]int{}
	for _, list := range []string{"linux-ext4", "batman", "openwrt-devel"} {
		n := 0
		err := Read(corpus(t, "series/"+list+".mbox.gz"), func(raw []byte, where string) error {
			m := parse(raw)
			p, err := patch.Parse([]byte(m.Text))
			if n++; n%2 != 0 || errors.Is(err, patch.ErrNoDiff) {
				return nil
			}
			gits, ok := gitInfo(t, dir, raw)
			if !ok {
				return nil
			}
			taken++
			ours := ourInfo(m, p)
			for _, why := range differences(m, ours, gits) {
				differ[why]++
				if why[0] == '!' {
					t.Errorf("%s: %s\nours %s %q\n%.2000s\ngit's %s %q\n%.2000s", where, why, ours.author, ours.subject, lines(ours.files),
						gits.author, gits.subject, lines(gits.files))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	total := 0
	for _, why := range slices.Sorted(maps.Keys(differ)) {
		t.Logf("%4d %s", differ[why], why)
		total += differ[why]
	}
	t.Logf("%d mails with a diff that git mailinfo takes, %d differences", taken, total)
	if taken < 2500 || total*33 > taken {
		t.Errorf("%d differences in %d mails, want 2500 mails at least and 3 of 100 at most", total, taken)
	}
}
