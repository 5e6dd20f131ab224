package housetest

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/upstreamd/upstreamd/"

// A listed is one package as `go list -json` tells of it.
type listed struct {
	ImportPath string
	Doc        string
	Imports    []string
}

func list(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Doc,Imports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestFloorPlan(t *testing.T) {
	for _, p := range list(t) {
		pkg := strings.TrimPrefix(p.ImportPath, module)
		r, ok := roomOf(pkg)
		if !ok {
			t.Errorf("%s: has no room; put it in one, or give it one in rooms", pkg)
			continue
		}
		if p.Doc == "" && !strings.HasSuffix(pkg, "/view") {
			t.Errorf("%s: has no package comment", pkg)
		}
		if isTestHelper(pkg) {
			continue
		}
		for _, imp := range p.Imports {
			checkImport(t, pkg, r, imp)
		}
	}
}

func checkImport(t *testing.T, pkg string, r room, imp string) {
	t.Helper()
	for door, allowed := range doors {
		if within(imp, door) && !slices.ContainsFunc(allowed, func(a string) bool { return within(pkg, a) }) {
			t.Errorf("%s: imports %s, a door of %v", pkg, imp, allowed)
		}
	}
	other, ours := strings.CutPrefix(imp, module)
	if !ours {
		return
	}
	if isTestHelper(other) && r.path != "internal/demo" {
		t.Errorf("%s: imports the test helper %s", pkg, other)
		return
	}
	to, ok := roomOf(other)
	if ok && !isTestHelper(other) && !mayImport(r, to) {
		t.Errorf("%s (floor %v): may not import %s (floor %v)", pkg, r.floor, other, to.floor)
	}
}

// TestPlanItself holds examples of what the plan allows.
func TestPlanItself(t *testing.T) {
	for _, tt := range []struct {
		from, to string
		want     bool
	}{
		{"internal/git", "internal/patch", true},
		{"internal/git", "internal/mailing", false},
		{"internal/patch", "internal/term", false},
		{"internal/series", "internal/layer", false},
		{"internal/mailing/imap", "internal/mailing", true},
		{"internal/store", "migrations", true},
		{"internal/pipeline", "migrations", false},
		{"internal/pipeline", "internal/store", false},
		{"web/view", "internal/change", true},
		{"web", "internal/api", false},
		{"internal/store", "internal/demo", false},
	} {
		from, _ := roomOf(tt.from)
		to, _ := roomOf(tt.to)
		if got := mayImport(from, to); got != tt.want {
			t.Errorf("mayImport(%s, %s) = %v, want %v", tt.from, tt.to, got, tt.want)
		}
	}
}
