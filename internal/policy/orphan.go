package policy

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/upstreamd/upstreamd/internal/layer"
)

// A word is a line of a recipe, append, include or class that names a patch
// file: by how its path ends, what is before a variable left out.
type word struct {
	file, name string
	line       int
}

// orphan tells of a patch file that nothing uses. A line of the metadata above
// it may still name it where no recipe of the scan applies it: with apply=no,
// under a condition, in a variable, or in an append without a recipe.
// Such a file is not to be removed, so it is no finding.
func (c *checker) orphan(p *layer.Patch, f Finding) {
	words, ok := c.words[p.Source]
	if !ok {
		words = c.texts[p.Source].words()
		c.words[p.Source] = words
	}
	for _, w := range words {
		dir := w.file[:strings.LastIndexByte(w.file, '/')+1]
		if !strings.HasSuffix(p.Path, w.name) || !strings.HasPrefix(p.Path, dir) {
			continue
		}
		if !c.dangles(p.Source, w.file) {
			c.note(p.Source, p.Path, "no recipe given applies this patch, but "+fmt.Sprintf("%s:%d", short(w.file), w.line)+" names it: with apply=no, under a condition, or for another set of layers")
		}
		return
	}
	f.Text = "no recipe applies this patch file; remove it, or name it in SRC_URI of its recipe"
	c.find(Orphan, f)
}

// dangles says whether a file is an append without a recipe, which is told on
// its own.
func (c *checker) dangles(source, file string) bool {
	for _, a := range c.scan.Appends {
		if a.Source == source && a.File == file {
			return len(a.Recipes) == 0
		}
	}
	return false
}

// patchName is the path of a patch file, with the variables in it.
var patchName = regexp.MustCompile(`[^\s"'=;,()\[\]]+\.(?:patch|diff)(?:\.gz|\.bz2|\.xz)?\b`)

// words finds the names of patch files in the metadata of a source, comments
// left out.
func (t *texts) words() []word {
	var list []word
	for _, e := range t.tree {
		switch path.Ext(e) {
		case ".bb", ".inc", ".bbappend", ".bbclass":
		default:
			continue
		}
		b, err := t.file(e)
		if err != nil {
			continue
		}
		n := 0
		for l := range strings.Lines(string(b)) {
			if n++; strings.HasPrefix(strings.TrimSpace(l), "#") {
				continue
			}
			for _, name := range patchName.FindAllString(l, -1) {
				if end := ending(name); end != "" {
					list = append(list, word{e, end, n})
				}
			}
		}
	}
	return list
}

// ending is how the path of a file ends that is named so; "" where that says
// nothing.
func ending(name string) string {
	if i := strings.LastIndexByte(name, '}'); i >= 0 {
		if name = name[i+1:]; strings.HasPrefix(name, ".") {
			return ""
		}
		return name
	}
	if i := strings.Index(name, "://"); i >= 0 {
		name = name[i+3:]
	}
	return "/" + strings.TrimPrefix(strings.TrimPrefix(name, "./"), "/")
}
