package layer

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// gone is the text of a file that is not there.
const gone = "-> "

// hostileWorld is two good layers with these files in them, or without.
func hostileWorld(files map[string]string) world {
	w := world{
		"core/conf/layer.conf":                "BBPATH .= \":${LAYERDIR}\"\nBBFILES += \"${LAYERDIR}/*/*/*.bb\"\nBBFILE_COLLECTIONS = \"core\"\nLAYERSERIES_COMPAT_core = \"scarthgap\"\n",
		"core/conf/bitbake.conf":              "AUTOREV = \"AUTOINC\"\n",
		"ours/conf/layer.conf":                "BBPATH .= \":${LAYERDIR}\"\nBBFILES += \"${LAYERDIR}/*/*/*.bb\"\nBBFILE_COLLECTIONS += \"ours\"\nLAYERSERIES_COMPAT_ours = \"scarthgap\"\n",
		"core/recipes-a/good/good_1.bb":       "SRC_URI = \"file://good.patch\"\n",
		"core/recipes-a/good/good/good.patch": "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n",
	}
	for name, text := range files {
		w[name] = text
		if text == gone {
			delete(w, name)
		}
	}
	return w
}

// TestBadInput scans layers with something wrong in them. Each is told in its
// words, and the good recipe beside it is always read.
func TestBadInput(t *testing.T) {
	const bad = "ours/recipes-a/bad/bad_1.bb"
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  []string // problems, those of a recipe as FILE: TEXT
	}{
		{"no layer.conf", map[string]string{"ours/conf/layer.conf": gone, bad: "PV = \"2\"\n"},
			[]string{"ours:: no conf/layer.conf below /"}},
		{"no layer at all", map[string]string{"ours/conf/layer.conf": gone, "ours/README": "nothing\n"},
			[]string{"ours:: no conf/layer.conf below /"}},
		{"empty layer.conf", map[string]string{"ours/conf/layer.conf": ""}, nil},
		{"layer.conf is no file", map[string]string{"ours/conf/layer.conf": "-> ../../etc/layer.conf"},
			[]string{"ours:conf/layer.conf: symbolic link to no file of this repository"}},
		{"requires itself", map[string]string{bad: "require bad_1.bb\n"},
			[]string{"bad_1.bb: included too deep: is it a circle?"}},
		{"requires in a circle", map[string]string{bad: "require a.inc\n", "ours/recipes-a/bad/a.inc": strings.Repeat("require b.inc\n", 9), "ours/recipes-a/bad/b.inc": strings.Repeat("require a.inc\n", 9)},
			[]string{"bad_1.bb: ours:recipes-a/bad/b.inc: included too deep: is it a circle?"}},
		{"requires what is not there", map[string]string{bad: "require gone.inc\n"},
			[]string{"bad_1.bb: require gone.inc: not in the layers scanned"}},
		{"includes what is out of the layers", map[string]string{bad: "require /etc/passwd\nrequire ../../../../../../etc/passwd\n"},
			[]string{"bad_1.bb: require /etc/passwd: not in the layers scanned", "bad_1.bb: require ../../../../../../etc/passwd: not in the layers scanned"}},
		{"a value in itself", map[string]string{bad: "PV = \"${A}\"\nA = \"${B}\"\nB = \"${A}\"\n"},
			[]string{"bad_1.bb: A refers to itself"}},
		{"newest commit", map[string]string{bad: "SRCREV = \"${AUTOREV}\"\n"},
			[]string{"bad_1.bb: SRCREV is AUTOREV: which commit a build gets is not known"}},
		{"NUL", map[string]string{bad: "PV = \"\x00\"\n"},
			[]string{"bad_1.bb: holds NUL bytes, so it is no text"}},
		{"latin-1", map[string]string{bad: "SUMMARY = \"caf\xe9\"\n"},
			[]string{"bad_1.bb: not UTF-8: odd bytes replaced"}},
		{"10 MB", map[string]string{bad: "# " + strings.Repeat("x", maxFile-2)}, nil},
		{"over 10 MB", map[string]string{bad: "# " + strings.Repeat("x", maxFile-1)},
			[]string{"bad_1.bb: bigger than 10 MB"}},
		{"blanks in paths", map[string]string{"ours/recipes a/b\nc/bad file_1.bb": "SRC_URI = \"file://x\\ y.patch\"\n", "ours/recipes a/b\nc/files/x y.patch": "text"},
			[]string{"ours:recipes a/b\nc/files/x y.patch: no diff"}},
		{"links out of the layer", map[string]string{bad: "require a.inc\nrequire b.inc\nSRC_URI = \"file://c.patch\"\n",
			"ours/recipes-a/bad/a.inc": "-> /etc/passwd", "ours/recipes-a/bad/b.inc": "-> ../../../../../etc/passwd", "ours/recipes-a/bad/files": "-> ../../../core/files"},
			[]string{"bad_1.bb: require a.inc: not in the layers scanned", "bad_1.bb: require b.inc: not in the layers scanned", "bad_1.bb: named, not found here: c.patch"}},
		{"links in a circle", map[string]string{bad: "-> worse_1.bb", "ours/recipes-a/bad/worse_1.bb": "-> bad_1.bb", "ours/recipes-a/bad/up": "-> ../bad", "ours/recipes-a/bad/x.patch": "-> x.patch"},
			[]string{"bad_1.bb: symbolic link to no file of this repository", "worse_1.bb: symbolic link to no file of this repository", "ours:recipes-a/bad/x.patch: symbolic link to no file of this repository"}},
		{"mask", map[string]string{"core/conf/bitbake.conf": "BBMASK = \"( masked\"\n"},
			[]string{":: BBMASK (: error parsing regexp: missing closing ): `(`"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			begin := time.Now()
			s, _ := hostileWorld(tt.files).scan(t, nil)
			if diff := cmp.Diff(tt.want, problemsOf(s)); diff != "" {
				t.Errorf("problems differ (-want +got):\n%s", diff)
			}
			inTime(t, begin)
			if len(s.Recipes) == 0 || s.Recipes[0].PN != "good" || len(s.Recipes[0].PatchFiles) != 1 || s.Recipes[0].PatchFiles[0].Path == "" {
				t.Errorf("the good recipe is missing among %+v", s.Recipes)
			}
		})
	}
}

// problemsOf are the problems of a scan and of its recipes and patches.
func problemsOf(s *Scan) (list []string) {
	for _, r := range s.Recipes {
		for _, p := range r.Problems {
			list = append(list, r.File[strings.LastIndexByte(r.File, '/')+1:]+": "+p)
		}
	}
	for _, p := range s.Patches {
		if p.Problem != "" {
			list = append(list, p.Source+":"+p.Path+": "+p.Problem)
		}
	}
	for _, p := range s.Problems {
		list = append(list, p.Source+":"+p.File+": "+p.Text)
	}
	return list
}

// lines repeats a line of a recipe n times; % in it is the number.
func lines(n int, line string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(line, "%", fmt.Sprint(i)) + "\n")
	}
	return b.String()
}

// inTime fails a scan that takes minutes, as all of these would without limits.
// Each takes about a second; with -race on a busy machine it is ten and more.
func inTime(t *testing.T, begin time.Time) {
	t.Helper()
	if took := time.Since(begin); took > time.Minute {
		t.Errorf("took %v", took)
	}
}

// TestLimits scans recipes with more of something than anybody needs. What a
// limit cuts off is always told.
func TestLimits(t *testing.T) {
	long := strings.Repeat("x", 400)
	for name, tt := range map[string]struct{ recipe, want string }{
		":append":        {lines(100_000, `SRC_URI:append = " file://%.patch"`), "SRC_URI has more than 20000 appends: some are left out"},
		":prepend":       {lines(20_001, `SRC_URI:prepend = "`+long+`"`), "SRC_URI has more than 20000 appends: some are left out"},
		":remove":        {lines(20_000, `SRC_URI:remove = "x%"`) + lines(5_000, `SRC_URI += "file://%.patch"`), ""},
		"+=":             {lines(100_000, `SRC_URI += "file://%.patch"`), "value of SRC_URI is over 1 MB"},
		"=+":             {lines(100_000, `SRC_URI =+ "file://%.patch"`), "value of SRC_URI is over 1 MB"},
		".=":             {lines(110_000, `PV .= "0123456789"`), "value of PV is over 1 MB"},
		":=":             {lines(100_000, `PV := "${PV}0123456789"`), "too much to expand"},
		"long value":     {"PV = \"" + strings.Repeat("1", maxValue+1) + `"`, "value of PV is over 1 MB"},
		"same again":     {lines(50_000, `require a.inc`), ""},
		"overrides":      {lines(100_000, `PV:x% = "1"`), "PV has more than 10000 overrides: some are left out"},
		"weak overrides": {lines(100_000, `A:x% ??= "1"`), "A has more than 10000 overrides: some are left out"},
		"active":         {`OVERRIDES = "` + strings.ReplaceAll(lines(10_000, "x%"), "\n", ":") + `"` + "\n" + lines(10_000, `PV:x% = "1"`), "more than 500 overrides: the weakest are left out"},
		"long name":      {strings.Repeat("a:", 1<<14) + `a = "1"`, ""},
		"conditional":    {lines(200, `SRC_URI:append:x% = " file://c%.patch"`) + lines(40_000, `SRC_URI += "file://%.patch"`), "too much to expand"},
		"names":          {lines(100_000, `A${PN}% = "1"`), "too much to expand"},
		"directories":    {`FILESPATH = "` + strings.ReplaceAll(lines(5_000, "/c/%"), "\n", ":") + `"` + "\n" + lines(2_000, `SRC_URI += "file://%.patch"`), "more than 1000 directories in FILESPATH: the last are left out"},
		"repositories":   {lines(20_000, `SRC_URI += "git://x;name=a%"`), ""},
		"braces":         {`PV = "${@` + strings.Repeat("{", 1<<19) + `"`, ""},
		"python":         {`A = "` + strings.Repeat("a ", 400_000) + `"` + "\n" + lines(300, `PV .= "${@' '.join(d.getVar('A').split())[0:1]}"`), "too much to expand"},
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			s := scanRecipe(t, tt.recipe)
			inTime(t, begin)
			if got := problemsOf(s); tt.want != "" && !slices.Contains(got, "a_1.0.bb: "+tt.want) {
				t.Errorf("problems = %.1000q, want among them %q", got, tt.want)
			}
			if name == ".=" && s.Recipes[0].PV != Unknown {
				t.Errorf("PV is %.20q, want it unknown", s.Recipes[0].PV)
			}
		})
	}
}
