package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The examples are a good configuration once their "#" is gone.
func TestInitExamples(t *testing.T) {
	dir := t.TempDir()
	text := regexp.MustCompile(`(?m)^#layers\n`).ReplaceAllString(initText, "")
	text = regexp.MustCompile(`(?m)^#([^ \n])`).ReplaceAllString(text, "$1")
	for name, content := range map[string]string{"upstreamd.toml": text, "imap-password": "secret\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := loadConfig(filepath.Join(dir, "upstreamd.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Layers) != 1 || len(c.Projects) != 1 || len(c.Lists) != 1 || len(c.Accounts) != 1 || len(c.Team.People) != 1 || c.Server.BaseURL == "" {
		t.Errorf("not every section has an example: %+v", c)
	}
}

func TestParseAssignments(t *testing.T) {
	const text = "A = \"1\"\nA ?= \"2\"\nB ?= '3'\nB += \"4\"\nB =+ \"0\"\nC = \"x \\\n  y\"\nC .= \"z\"\nC =. \"w\"\n" +
		"# D = \"5\"\nC:append = \" end\"\nC_prepend = \"begin \"\nE := \"${@os.path.normpath(os.path.dirname(d.getVar(\"FILE\")) + \"/..\")}/up\"\n" +
		"F = \"a b c\"\nF:remove = \"b\"\ninclude x.inc\ndef f():\n    G = \"6\"\nH = unquoted\nI = \"${@evil()}\"\n"
	got := parseAssignments(text, "/build/conf")
	want := map[string]string{
		"A": "1", "B": "0 3 4", "C": "begin wx    yz end", "E": "/build/up", "F": "a c", "G": "6", "I": "${@evil()}",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parseAssignments (-want +got):\n%s", diff)
	}
}

func FuzzParseAssignments(f *testing.F) {
	f.Add("BBLAYERS ?= \" \\\n  ${TOPDIR}/../meta \\\n  \"\nBBLAYERS:append = ' ${BBLAYERS}'\nTOPDIR = \"${TOPDIR}${TOPDIR}\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range resolveLayers(parseAssignments(text, "/b/conf"), "/b").paths {
			if !filepath.IsAbs(p) {
				t.Errorf("relative path %q", p)
			}
		}
	})
}

func TestFetchable(t *testing.T) {
	for address, want := range map[string]string{
		"https://git.yoctoproject.org/poky":      "https://git.yoctoproject.org/poky",
		"git@github.com:team/meta-x.git":         "ssh://git@github.com/team/meta-x.git",
		"host.example.org:/srv/git/x":            "ssh://host.example.org/srv/git/x",
		"http://u:p@example.org/x.git":           "https://example.org/x.git",
		"https://u@example.org/x.git":            "https://u@example.org/x.git",
		"ftp://example.org/x":                    "",
		"/srv/git/x.git":                         "/srv/git/x.git",
		"https://example.org/%zz":                "",
		"":                                       "",
		"git://git.openembedded.org/bitbake.git": "git://git.openembedded.org/bitbake.git",
	} {
		if got, _ := fetchable(address); got != want {
			t.Errorf("fetchable(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestWellKnown(t *testing.T) {
	for address, want := range map[string]bool{
		"https://git.yoctoproject.org/poky":                        true,
		"https://github.com/openembedded/meta-openembedded.git":    true,
		"https://mirror.example.com/git/poky.git":                  true,
		"https://git.example.com/our/meta-product.git":             false,
		"https://git.example.com/our/spooky.git":                   false,
		"/home/ann/poky":                                           false,
		"https://git.example.com/yocto/meta-product-of-a-team.git": true, // a guess: init says to check it
	} {
		if got := wellKnown.MatchString(address); got != want {
			t.Errorf("wellKnown %q = %v, want %v", address, got, want)
		}
	}
}
