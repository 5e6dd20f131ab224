package layer

import (
	"path"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/version"
)

// files are the recipes, include and patch files that a source had at one
// commit.
type files struct {
	blobs  map[string]string          // by path
	byName map[string]map[string]bool // paths of include and patch files by file name
	byStem map[string]map[string]bool // paths of recipes by stem
	byDir  map[string]map[string]bool // paths of recipes by directory
	known  map[string]*reading        // of recipes, as long as nothing of it changed
}

func newFiles() *files {
	return &files{
		blobs: map[string]string{}, byName: map[string]map[string]bool{}, byStem: map[string]map[string]bool{},
		byDir: map[string]map[string]bool{}, known: map[string]*reading{},
	}
}

// apply lets the changes of one commit happen.
func (f *files) apply(events []event) {
	for _, e := range events {
		if e.new == "" {
			delete(f.blobs, e.path)
		} else {
			f.blobs[e.path] = e.new
		}
		dir := path.Dir(e.path)
		switch path.Ext(e.path) {
		case ".bb":
			put(f.byStem, stem(e.path), e)
			put(f.byDir, dir, e)
			delete(f.known, e.path)
		case ".inc", ".patch", ".diff":
			put(f.byName, path.Base(e.path), e)
			if e.old != "" && e.new != "" && path.Ext(e.path) != ".inc" {
				break // still there
			}
			fallthrough
		default:
			for _, file := range f.recipesBelow([]string{f.home(dir)}) {
				delete(f.known, file)
			}
		}
	}
}

// home is the directory whose recipes may use a file: the nearest one that has
// recipes.
func (f *files) home(dir string) string {
	for d := dir; d != "." && d != "/"; d = path.Dir(d) {
		if len(f.byDir[d]) > 0 {
			return d
		}
	}
	return dir
}

// put notes a path under a key, or takes it away.
func put(index map[string]map[string]bool, key string, e event) {
	switch {
	case e.new == "":
		delete(index[key], e.path)
		if len(index[key]) == 0 {
			delete(index, key)
		}
	case index[key] == nil:
		index[key] = map[string]bool{e.path: true}
	default:
		index[key][e.path] = true
	}
}

// goes says whether one of the events takes a file away.
func (f *files) goes(events []event, file string) bool {
	return slices.ContainsFunc(events, func(e event) bool { return e.path == file && e.new == "" })
}

// recipesBelow are the recipes in some directories and what is below them.
func (f *files) recipesBelow(dirs []string) (all []string) {
	if len(dirs) == 0 {
		return nil
	}
	slices.Sort(dirs)
	dirs = slices.Compact(dirs)
	for dir, in := range f.byDir {
		if slices.ContainsFunc(dirs, func(d string) bool { return dir == d || strings.HasPrefix(dir, d+"/") }) {
			for file := range in {
				all = append(all, file)
			}
		}
	}
	slices.Sort(all)
	return all
}

// newest is the recipe file of a name with the newest version in its own name,
// but for some; "" where there is none.
func (f *files) newest(name string, but []string) (best string) {
	for _, file := range sortedKeys(f.byStem[name]) {
		if !slices.Contains(but, file) && (best == "" || version.Compare(fileVersion(file), fileVersion(best)) > 0) {
			best = file
		}
	}
	return best
}

// find is the file of a name that a recipe means: below one of the directories,
// in the folder that comes first, else the nearest; "" where there is none.
func (f *files) find(name string, dirs, folders []string) string {
	for _, dir := range dirs {
		for _, folder := range folders {
			if file := path.Join(dir, folder, name); f.blobs[file] != "" {
				return file
			}
		}
	}
	best := ""
	for _, file := range sortedKeys(f.byName[path.Base(name)]) {
		if !strings.HasSuffix("/"+file, "/"+name) {
			continue
		}
		for _, dir := range dirs {
			if strings.HasPrefix(file, dir+"/") && (best == "" || len(file) < len(best)) {
				best = file
			}
		}
	}
	return best
}

// include is the file that one names in a require or include line.
func (f *files) include(name, by string) string {
	if file := path.Join(path.Dir(by), name); f.blobs[file] != "" {
		return file
	}
	best := ""
	for _, file := range sortedKeys(f.byName[path.Base(name)]) {
		if strings.HasSuffix("/"+file, "/"+name) && (best == "" || common(file, by) > common(best, by)) {
			best = file
		}
	}
	return best
}

// patches are the patch files of a recipe as they are now.
func (f *files) patches(r *reading) []patchFile {
	all := make([]patchFile, len(r.patches))
	for i, file := range r.patches {
		all[i] = patchFile{file, f.blobs[file]}
	}
	return all
}
