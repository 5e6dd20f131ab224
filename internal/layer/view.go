package layer

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// A view is the tree as one recipe sees it, or one base configuration. It
// notes what was asked for, found or not: while nothing of that changes, the
// answers are the same, and so is the recipe.
//
// A file or directory is noted by its base name, whatever the directory: few
// files of a layer share one, and the dozens of directories that bitbake looks
// into for each file need no care.
type view struct {
	*tree
	asked map[string]bool // base names, and listed directories as whole names with a slash
}

func newView(t *tree) *view { return &view{tree: t, asked: map[string]bool{}} }

// names are what was asked for, sorted.
func (v *view) names() []string { return slices.Sorted(maps.Keys(v.asked)) }

// note notes a question. No file's name holds NUL, so nothing can change there.
func (v *view) note(name string) {
	if strings.IndexByte(name, 0) < 0 {
		v.asked[name] = true
	}
}

// resolve finds the file that a path names, through symbolic links.
func (v *view) resolve(name string) (string, bool) {
	return v.follow(name, func(step string) { v.note(path.Base(step)) })
}

// isDir says whether name is a directory.
func (v *view) isDir(name string) bool {
	v.note(path.Base(path.Clean(name)))
	return v.tree.isDir(name)
}

// below are the names of all files in dir and its directories.
func (v *view) below(dir string) []string {
	v.note(path.Clean(dir) + "/")
	return v.tree.below(path.Clean(dir))
}

// parse is the file as statements, through symbolic links.
func (v *view) parse(name string) (*parsed, error) {
	if to, ok := v.resolve(name); ok {
		name = to
	}
	return v.tree.parse(name)
}
