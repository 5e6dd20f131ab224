package layer

import (
	"slices"
	"testing"
)

// TestSameOrigin: recipes of one project on its mirrors, its own hosts and a
// language's index are found; namesakes are not.
func TestSameOrigin(t *testing.T) {
	for _, tt := range []struct {
		name, pn, url, otherPN, other string
		want                          bool
	}{
		{"versions", "grub-x", "https://ftp.gnu.org/gnu/grub/grub-2.04.tar.gz", "grub", "https://ftp.gnu.org/gnu/grub/grub-2.12.tar.xz", true},
		{"GNU mirror", "grub-x", "https://ftpmirror.gnu.org/grub/grub-2.04.tar.gz", "grub", "http://ftp.gnu.org/gnu/grub/grub-2.04.tar.gz", true},
		{"its repository", "grub-x", "git://git.savannah.gnu.org/grub.git", "grub", "http://ftp.gnu.org/gnu/grub/grub-2.04.tar.gz", true},
		{"own hosts", "foo-x", "http://wiki.foo-project.org/download/foo-1.tar.bz2", "foo", "https://download.foo.org/foo-2.tar.xz", true},
		{"archive of a repository", "a", "git://git@github.com/o/foo.git;protocol=https", "b", "https://github.com/o/foo/archive/v1.2.tar.gz", true},
		{"release of a repository", "a", "https://github.com/o/foo", "b", "https://github.com/o/foo/releases/download/v1/foo-1.tar.gz", true},
		{"another owner", "foo-x", "https://github.com/o/foo", "foo", "https://github.com/p/foo", false},
		{"another host", "cli", "https://github.com/o/cli", "x-cli", "https://gitlab.com/o/cli", false},
		{"sourceforge", "a", "http://downloads.sourceforge.net/p/foo-1.tar.gz", "b", "https://sourceforge.net/projects/p/files/foo/1/foo-1.tar.gz", true},
		{"other package there", "a", "http://downloads.sourceforge.net/p/foo-1.tar.gz", "b", "http://downloads.sourceforge.net/p/bar-1.tar.gz", false},
		{"debian", "a", "http://ftp.debian.org/debian/pool/main/f/foo/foo_1.orig.tar.gz", "b", "http://snapshot.debian.org/archive/debian/2020/pool/main/f/foo/foo_2.orig.tar.xz", true},
		{"module and index", "python-foo", "git://github.com/o/foo", "python3-foo", "https://files.pythonhosted.org/packages/source/f/foo/foo-0.2.tar.gz", true},
		{"index and namesake", "installer", "git://github.com/o/installer", "python3-installer", "https://files.pythonhosted.org/packages/source/i/installer/installer-0.2.tar.gz", false},
		{"trees of one name", "a", "git://git.kernel.org/pub/scm/linux/kernel/git/x/linux.git", "b", "git://git.kernel.org/pub/scm/linux/kernel/git/y/linux.git", false},
	} {
		a, b := &Recipe{PN: tt.pn, Remote: []string{tt.url}}, &Recipe{PN: tt.otherPN, Remote: []string{"https://example.org/x.patch", tt.other}}
		o, ok := originOf(a)
		p, ok2 := originOf(b)
		if !ok || !ok2 {
			t.Errorf("%s: no origin", tt.name)
		}
		if got := o.stem == p.stem && sameOrigin(sourced{a, o}, sourced{b, p}); got != tt.want {
			t.Errorf("%s: %v, want %v: %+v, %+v", tt.name, got, tt.want, o, p)
		}
	}
	for _, url := range []string{"npm://registry/x", "https://h/${X}", "nothing", "https://h"} {
		if o, ok := originAt(url); ok {
			t.Errorf("%s: origin %+v", url, o)
		}
	}
}

func TestCounterparts(t *testing.T) {
	r := &Recipe{PN: "qemu-x", PV: "4"}
	found := []*Recipe{{PN: "qemu-native", PV: "4"}, {PN: "qemu", PV: "4"}, {PN: "qemu-old", PV: "3"}, {PN: "qemu-headers", PV: "4"}, {PN: "qemu-masked", PV: "4", Inactive: "BBMASK"}}
	got := counterparts(r, slices.Clone(found))
	if len(got) != 1 || got[0].PN != "qemu" {
		t.Errorf("counterparts %v", got)
	}
	if got := counterparts(r, slices.Clone(found[:1])); len(got) != 1 {
		t.Error("one that is built for another side is better than none")
	}
}

// FuzzOriginAt: whatever the entry, reading it is no panic.
func FuzzOriginAt(f *testing.F) {
	for _, s := range []string{"git://github.com/o/r.git;branch=x", "https://sf.net/", "https://a@b:1/c?d", "git://git.kernel.org/", "https://gitlab.com/a/b/c/-/archive/1/c-1.tar.gz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { originAt(s) })
}
