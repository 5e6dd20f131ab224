// Package housetest holds the floor plan of the house as data, and the test
// that fails on any import that the plan does not allow: a room may import
// rooms on lower floors only. See docs/design.md.
package housetest

import "strings"

// A room is a package or a tree of packages on one floor.
type room struct {
	path  string // below the module; the longest prefix of a package's path decides
	floor float64
}

// leaf is the floor of rooms that import none of the others.
const leaf = -1

// rooms is the floor plan. A package in none of them has no place in the house.
var rooms = []room{
	{"cmd/upstreamd", 10},
	{"internal/demo", 9},
	{"web", 8},
	{"internal/api", 8},
	{"internal/store", 7}, {"internal/mailing/imap", 7}, {"internal/mailing/smtp", 7},
	{"internal/github", 7}, {"internal/hook", 7}, {"internal/job", 7}, {"internal/auth", 7},
	{"internal/pipeline", 6},
	{"internal/digest", 5}, {"internal/plan", 5}, {"internal/policy", 5}, {"internal/query", 5},
	{"internal/change", 4},
	{"internal/series", 3}, {"internal/layer", 3}, {"internal/rebase", 3},
	{"internal/diffmatch", 2}, {"internal/mailing/publicinbox", 2},
	{"internal/git", 1}, {"internal/mailing", 1},
	{"internal/patch", 0}, {"internal/version", 0}, {"internal/term", 0}, {"internal/chart", 0},
	{"internal/secret", 0}, {"internal/progress", 0},
	{"migrations", leaf}, {"internal/client", leaf}, {"internal/housetest", leaf},
}

// doors are the imports from outside that only some rooms may use, by prefix.
var doors = map[string][]string{
	"github.com/emersion/go-imap": {"internal/mailing/imap", "internal/demo"},
	"github.com/mattn/go-sqlite3": {"internal/store"},
	"github.com/jackc/pgx":        {"internal/store", "internal/job"},
	"github.com/uptrace/bun":      {"internal/store"},
	"github.com/pressly/goose":    {"internal/store"},
	"github.com/riverqueue/river": {"internal/job"},
	"github.com/wneessen/go-mail": {"internal/mailing/smtp"},
	"github.com/google/go-github": {"internal/github"},
	"os/exec":                     {"internal/git", "internal/hook", "internal/secret", "cmd/upstreamd"},
}

// roomOf is the room of a package path below the module.
func roomOf(pkg string) (room, bool) {
	var found room
	ok := false
	for _, r := range rooms {
		if within(pkg, r.path) && len(r.path) > len(found.path) {
			found, ok = r, true
		}
	}
	return found, ok
}

// within says whether pkg is path or below it.
func within(pkg, path string) bool {
	return pkg == path || strings.HasPrefix(pkg, path+"/")
}

// mayImport says whether a package of room a may import one of room b.
func mayImport(a, b room) bool {
	switch {
	case a.path == b.path:
		return true
	case b.path == "internal/demo":
		return a.path == "cmd/upstreamd"
	case b.floor == leaf:
		return b.path != "migrations" || a.path == "internal/store"
	case a.floor <= 1:
		return a.floor == 1 && b.floor == 0
	}
	return b.floor < a.floor
}

// isTestHelper says whether a package is for tests only (gittest, imaptest,
// storetest): any test may import it.
func isTestHelper(pkg string) bool {
	last := pkg[strings.LastIndex(pkg, "/")+1:]
	return strings.HasSuffix(last, "test") && last != "housetest"
}
