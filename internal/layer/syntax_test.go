package layer

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

func TestAssign(t *testing.T) {
	for _, tt := range []struct {
		line            string
		name, op, value string
		flag            string
		notAnAssignment bool
	}{
		{line: `A = "1"`, name: "A", op: "=", value: "1"},
		{line: `A="1"`, name: "A", op: "=", value: "1"},
		{line: `A ?= '1'`, name: "A", op: "?=", value: "1"},
		{line: `A ??= "x \"y\""`, name: "A", op: "??=", value: `x \"y\"`},
		{line: `A.= "x"`, name: "A", op: ".=", value: "x"},
		{line: `A =. "x"`, name: "A", op: "=.", value: "x"},
		{line: `A=+"x"`, name: "A", op: "=+", value: "x"},
		{line: `A+="x"`, name: "A", op: "+=", value: "x"},
		{line: `A:append = " x"`, name: "A:append", op: "=", value: " x"},
		{line: `A:= "x"`, name: "A", op: ":=", value: "x"},
		{line: `A_append := "x"`, name: "A_append", op: ":=", value: "x"},
		{line: `export A = "x"`, name: "A", op: "=", value: "x"},
		{line: `SRC_URI[sha256sum] = "ab"`, name: "SRC_URI", flag: "sha256sum", op: "=", value: "ab"},
		{line: `FILES:${PN}-dev += "a = b"`, name: "FILES:${PN}-dev", op: "+=", value: "a = b"},
		{line: `PREFERRED_PROVIDER_virtual/kernel ?= "linux"`, name: "PREFERRED_PROVIDER_virtual/kernel", op: "?=", value: "linux"},
		{line: `A = "unbalanced`, notAnAssignment: true},
		{line: `A = x`, notAnAssignment: true},
		{line: `= "x"`, notAnAssignment: true},
		{line: `inherit a "b"`, notAnAssignment: true},
		{line: `"`, notAnAssignment: true},
	} {
		got, ok := assign(tt.line)
		want := statement{kind: assignment, name: tt.name, flag: tt.flag, op: tt.op, value: tt.value}
		if ok == tt.notAnAssignment || ok && got != want {
			t.Errorf("assign(%q) = %+v, %v, want %+v, %v", tt.line, got, ok, want, !tt.notAnAssignment)
		}
	}
}

func TestSplitKeyword(t *testing.T) {
	for _, tt := range []struct {
		name, base string
		old        bool
		op         byte
		overrides  string
	}{
		{"A:append", "A", false, 'a', ""},
		{"A:remove:x86:libc-musl", "A", false, 'r', "x86 libc-musl"},
		{"A:prepend:class-native", "A", true, 'p', "class-native"},
		{"A_append", "A", true, 'a', ""},
		{"A_append_x86-64", "A", true, 'a', "x86-64"},
		{"A_class-native_append", "A_class-native", true, 'a', ""},
		{"A_append", "", false, 0, ""},
		{"A_appendix", "", true, 0, ""},
		{"A_append_UPPER", "", true, 0, ""},
	} {
		k, ok := splitKeyword(tt.name, tt.old)
		if ok != (tt.op != 0) || ok && (k.base != tt.base || k.op != tt.op || strings.Join(k.overrides, " ") != tt.overrides) {
			t.Errorf("splitKeyword(%q, %v) = %+v, %v, want %s %c %s", tt.name, tt.old, k, ok, tt.base, tt.op, tt.overrides)
		}
	}
}

func TestParse(t *testing.T) {
	p, err := parse([]byte(strings.Join([]string{
		"# comment",
		"A = \"1 \\", "# inside", "  2\"",
		"do_install() {", "    B = \"shell\"", "}",
		"python do_x () {", "    pass", "}",
		"python __anonymous() {", "    d.setVar('PV', '1')", "}",
		"def f(d):", "    return 1", "", "addtask x after do_y", "inherit a b",
		"\tC = '\xff'",
	}, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range p.statements {
		got = append(got, strings.TrimSpace(s.name+s.op+s.value))
	}
	want := []string{"A=1   2", "d.setVar('PV', '1')", "fdef f(d):\n    return 1", "a b", "C=\ufffd"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statements differ (-want +got):\n%s", diff)
	}
	if len(p.problems) != 1 || !strings.Contains(p.problems[0].Text, "UTF-8") {
		t.Errorf("problems = %v, want one about UTF-8", p.problems)
	}
	if _, err := parse([]byte("A = \"\x00\"")); !errors.Is(err, errBinary) {
		t.Errorf("NUL: %v, want errBinary", err)
	}
	if _, err := parse(make([]byte, maxFile+1)); !errors.Is(err, errTooBig) {
		t.Errorf("11 MB: %v, want errTooBig", err)
	}
}

// TestHostile scans recipes made to take all time or memory.
func TestHostile(t *testing.T) {
	double := `A0 = "xxxxxxxxxxxxxxxx"` + "\n"
	for i := range 60 {
		double += strings.ReplaceAll(strings.ReplaceAll("AN = \"${AM}${AM}${AM}\"\n", "N", letter(i+1)), "M", letter(i))
	}
	for name, recipe := range map[string]string{
		"doubling":    strings.ReplaceAll(double, "A0", "A"+letter(0)) + `PV = "${A` + letter(60) + `}"`,
		"circle":      `PV = "${PR}"` + "\n" + `PR = "${PV}"`,
		"itself":      `PV = "${PV}1"` + "\n" + `SRC_URI = "${SRC_URI}"`,
		"parentheses": `PV = "${@` + strings.Repeat("(", 1<<16) + `}"`,
		"operators":   `PV = "${@` + strings.Repeat("not ", 1<<14) + `1}"`,
		"replace":     `A = "` + strings.Repeat("a", 1<<19) + `"` + "\n" + `PV = "${@d.getVar('A').replace('a', d.getVar('A'))}"`,
		"loops":       `A = "` + strings.Repeat("a ", 1<<12) + `"` + "\n" + `PV = "${@[x for x in [y for y in [z for z in A for w in A]]]}"`,
		"calls":       "def f(x):\n    return f(x) + f(x)\n\nPV = \"${@f('x')}\"",
		"override":    strings.Repeat("PV:a:append = \"1\"\n", 1000) + `OVERRIDES = "${PV}:a"`,
		"brace":       strings.Repeat("${@${", 1<<12),
		"open":        "do_x() {\n" + strings.Repeat("{\n", 1000),
		"layers":      `BBPATH = "${BBPATH}"` + "\nrequire ${BBPATH}/x.inc",
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			s := scanRecipe(t, recipe)
			if len(s.Recipes) != 1 {
				t.Errorf("recipes = %d, want 1", len(s.Recipes))
			}
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func letter(i int) string { return "v" + strings.Repeat("w", i%61) }

// scanRecipe scans a layer with one recipe.
func scanRecipe(t testing.TB, recipe string) *Scan {
	t.Helper()
	const conf = "BBPATH .= \":${LAYERDIR}\"\nBBFILES += \"${LAYERDIR}/*/*/*.bb\"\nBBFILE_COLLECTIONS = \"c\"\n"
	return scanFiles(t, []txtar.File{
		{Name: "c/conf/layer.conf", Data: []byte(conf)},
		{Name: "c/recipes-a/a/a_1.0.bb", Data: []byte(recipe)},
		{Name: "c/recipes-a/a/a.inc", Data: []byte("SRC_URI += \"file://x.patch\"\n")},
		{Name: "c/recipes-a/a/a/x.patch", Data: []byte("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")},
	}, []string{"c"})
}

// FuzzRecipe: whatever a recipe says, the scan ends with that recipe, twice
// the same.
func FuzzRecipe(f *testing.F) {
	f.Add("PV = \"1\"\nSRC_URI += \"file://a.patch;striplevel=0\"\nrequire a.inc\n")
	f.Add("PV:append:x = \"${@bb.utils.contains('A', 'b', 'c', \"d\", d)}\"\nA ??= \"b\"\n")
	f.Add("def f(d, x=1):\n    if x == 1:\n        return d.getVar('PV')[0:1]\n    elif x:\n        y = 2\n    else:\n        return ''\n\nPR = \"${@f(d)}\"\n")
	f.Add("PN = \"${@'-'.join([x.upper() for x in 'a b'.split() if x in ('a', 'b')])}\"\n")
	f.Add("python () {\n d.setVar('PV', '')\n}\ninherit ${X}\nunset PV[x]\nA[b] = 'c'\n")
	f.Add("PV = \"${@re.match(r'([0-9]+)', '12').group(1) if True or not None else 3 % 2}\"")
	f.Add("SRC_URI =+ 'a'\nSRC_URI .= \"b\"\nSRC_URI =. 'c'\nSRC_URI:remove = \"ab c\"\nSRC_URI:x += 'd'\nPV:a:b ??= '1'\nOVERRIDES .= ':a:b:x'\n")
	f.Add("PV := \"${PV}${@{'a': 1}\"\nA${PN} = \"${${A}}\"\nFILESPATH = '/c:..:'\nSRC_URI = 'file://x.patch;name=a,b;rev=${PV}'\n")
	f.Fuzz(func(t *testing.T, recipe string) {
		first := scanRecipe(t, recipe)
		if len(first.Recipes) != 1 {
			t.Fatalf("recipes = %d, want 1", len(first.Recipes))
		}
		r := first.Recipes[0]
		for _, text := range slices.Concat(r.Patches, r.Remote, r.Problems, []string{r.PN, r.PV, r.PE, r.PR}) {
			if strings.Contains(text, unknownMark) {
				t.Errorf("inner mark in %q", text)
			}
		}
		if diff := cmp.Diff(describeScan(first), describeScan(scanRecipe(t, recipe))); diff != "" {
			t.Errorf("two scans differ:\n%s", diff)
		}
	})
}
