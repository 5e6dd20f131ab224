package layer

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// appends are the bbappend files of a build in the order in which they apply.
type appends struct {
	files  []appendFile
	byName map[string][]int // those without %, by the recipe file's name
	wild   []int            // those with %
}

// An appendFile is one of them.
type appendFile struct {
	file     string
	name     string // the name of the recipe file, or what is before its first %
	inactive string
	priority int
	order    int // of its layer in BBLAYERS
}

// newAppends finds the bbappends of a build. Those of layers with a higher
// priority apply later.
func newAppends(b *build, files []string) *appends {
	a := &appends{byName: map[string][]int{}}
	for _, f := range files {
		found, inactive := b.takes(f)
		if !found {
			continue
		}
		x := appendFile{file: f, inactive: inactive}
		x.name = strings.TrimSuffix(path.Base(f), ".bbappend") + ".bb"
		if l := layerOf(b.layers, f); l != nil {
			x.priority, x.order = l.Priority, slices.Index(b.layers, l)
		}
		a.files = append(a.files, x)
	}
	slices.SortFunc(a.files, func(x, y appendFile) int {
		return cmp.Or(cmp.Compare(x.priority, y.priority), cmp.Compare(x.order, y.order), cmp.Compare(x.file, y.file))
	})
	for i, x := range a.files {
		if prefix, _, wild := strings.Cut(x.name, "%"); wild {
			a.files[i].name = prefix
			a.wild = append(a.wild, i)
		} else {
			a.byName[x.name] = append(a.byName[x.name], i)
		}
	}
	return a
}

// of are the active appends for a recipe file. Of a name with %, bitbake only
// compares what is before it.
func (a *appends) of(recipe string) []string {
	name := path.Base(recipe)
	found := slices.Clone(a.byName[name])
	for _, i := range a.wild {
		if strings.HasPrefix(name, a.files[i].name) {
			found = append(found, i)
		}
	}
	slices.Sort(found)
	var out []string
	for _, i := range found {
		if a.files[i].inactive == "" {
			out = append(out, a.files[i].file)
		}
	}
	return out
}
