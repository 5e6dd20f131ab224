package policy

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/layer"
)

// recipes tells of patches that are named and not found, where a local file
// names them.
func (c *checker) recipes() {
	for i := range c.scan.Recipes {
		r := &c.scan.Recipes[i]
		if c.local(r.Source) {
			c.report.Recipes++
		}
		if strings.Contains(r.PN, "${") || r.PN == layer.Unknown {
			if len(r.PatchFiles) > 0 && c.local(r.Source) {
				c.note(r.Source, r.File, "the recipe's name is not known without a build: not looked at whether its patches are there")
			}
			continue // its directories are not known either
		}
		for _, p := range r.PatchFiles {
			if p.Path != "" || remote(r, p.Name) {
				continue
			}
			if source, file, line, ok := c.where(r, p.Name); ok {
				c.find(NotFound, Finding{
					Source: source, File: file, Line: line, Recipe: r.PN, about: r.PN + " " + p.Name,
					Text: fmt.Sprintf("%s names %s, which is in none of the layers given; add the file, or give its layer by --upstream", r.PN, short(p.Name)),
				})
			}
		}
	}
}

// remote says whether a patch is downloaded.
func remote(r *layer.Recipe, name string) bool {
	return slices.ContainsFunc(r.Remote, func(u string) bool { return path.Base(u) == name })
}

// appends tells of those without a recipe.
func (c *checker) appends() {
	for _, a := range c.scan.Appends {
		if c.local(a.Source) && len(a.Recipes) == 0 && a.Inactive == "" {
			c.find(Dangling, Finding{
				Source: a.Source, File: a.File, Recipe: a.PN, about: a.PN,
				Text: "no recipe that this applies to is in the layers given; remove it, rename it for the recipe's version, or give the recipe's layer by --upstream",
			})
		}
	}
}

// pending counts patches that wait to be offered.
func (c *checker) pending() {
	if c.MaxPending < 0 {
		return
	}
	for _, source := range c.report.Sources {
		var list []*layer.Patch
		for i, p := range c.scan.Patches {
			if p.Source == source && p.Recipe != "" && p.Status.Kind == "Pending" {
				list = append(list, &c.scan.Patches[i])
			}
		}
		if len(list) <= c.MaxPending {
			continue
		}
		last := list[len(list)-1]
		c.find(TooManyPending, Finding{
			Source: source, File: last.Path, Line: last.Status.Line, about: counted,
			Text: fmt.Sprintf("%d patches of this layer are Pending, %d are allowed; offer some upstream", len(list), c.MaxPending),
		})
	}
}

// counted marks findings that a number allows, which no baseline hides.
const counted = "\x00counted"
