package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/upstreamd/upstreamd/internal/git"
)

// A kasReader reads a kas file with what it includes, as
// https://kas.readthedocs.io "Project configuration" describes: files that are
// included come first, and later ones change what they say.
type kasReader struct {
	here     git.Checkout
	repos    []*kasRepo
	defaults [3]string // branch, tag, refspec
	problems []string
	files    int
}

// A kasRepo is an entry of repos, put together from all files.
type kasRepo struct {
	name   string
	fields map[string]string // url, branch, commit, tag, refspec, path
	layers []string          // directories, "." for the root; nil: none named
	off    map[string]bool   // layers that are excluded
}

// readKas reads a kas file.
func readKas(file string, root *yaml.Node, here git.Checkout) ([]namedRepo, []string, error) {
	k := &kasReader{here: here}
	if err := k.file(file, root, nil); err != nil {
		return nil, nil, err
	}
	var out []namedRepo
	for _, r := range k.repos {
		out = append(out, k.named(r))
	}
	return out, k.problems, nil
}

// file reads one file after those that it includes; above are the files that
// include it.
func (k *kasReader) file(file string, root *yaml.Node, above []string) error {
	if k.files++; k.files > maxIncludes {
		return usagef("%s: includes more than %d files", file, maxIncludes)
	}
	if slices.Contains(above, file) {
		return usagef("%s: includes itself by %s", file, above[len(above)-1])
	}
	above = append(slices.Clip(above), file)
	if list := field(field(root, "header"), "includes"); list != nil {
		if list.Kind != yaml.SequenceNode {
			return usagef("%s:%d: includes: want a list", file, list.Line)
		}
		for _, n := range list.Content {
			if err := k.include(file, plainNode(n), above); err != nil {
				return err
			}
		}
	}
	d := field(field(root, "defaults"), "repos")
	for i, key := range []string{"branch", "tag", "refspec"} {
		if v := text(d, key); v != "" {
			k.defaults[i] = v
		}
	}
	repos := field(root, "repos")
	if repos != nil && repos.Kind != yaml.MappingNode {
		return usagef("%s:%d: repos: want a mapping of names to repositories", file, repos.Line)
	}
	for name, v := range pairs(repos) {
		if len(k.repos) >= maxRepos {
			return usagef("%s:%d: more than %d repositories", file, name.Line, maxRepos)
		}
		k.repo(name.Value, v)
	}
	return nil
}

// include reads a file of the same repository. One of another is named: it is
// not at hand.
func (k *kasReader) include(from string, n *yaml.Node, above []string) error {
	if n.Kind != yaml.ScalarNode {
		k.problems = append(k.problems, fmt.Sprintf("%s of repository %s, which %s:%d includes: give it to init, too", text(n, "file"), text(n, "repo"), from, n.Line))
		return nil
	}
	top := k.here.Top
	if top == "" {
		top = filepath.Dir(above[0])
	}
	for _, dir := range []string{top, filepath.Dir(from)} {
		file := filepath.Join(dir, filepath.FromSlash(n.Value))
		if _, err := os.Stat(file); err != nil {
			continue
		}
		real, err := filepath.EvalSymlinks(file)
		if err != nil {
			return err
		}
		base, err := filepath.EvalSymlinks(top)
		if err != nil {
			return err
		}
		if rel, err := filepath.Rel(base, real); err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
			return usagef("%s:%d: includes %s, which is outside of %s", from, n.Line, n.Value, top)
		}
		b, err := readDescription(file)
		if err != nil {
			return err
		}
		root, err := yamlRoot(file, b)
		if err != nil {
			return err
		}
		return k.file(file, root, above)
	}
	return usagef("%s:%d: includes %s, which is not there", from, n.Line, n.Value)
}

// repo adds what a file says of a repository to what is known.
func (k *kasReader) repo(name string, v *yaml.Node) {
	i := slices.IndexFunc(k.repos, func(r *kasRepo) bool { return r.name == name })
	if i < 0 {
		i = len(k.repos)
		k.repos = append(k.repos, &kasRepo{name: name, fields: map[string]string{}, off: map[string]bool{}})
	}
	r := k.repos[i]
	for _, key := range []string{"url", "path", "commit", "branch", "tag", "refspec"} {
		if n := field(v, key); n != nil {
			r.fields[key] = text(v, key)
		}
	}
	for dir, on := range pairs(field(v, "layers")) {
		if !slices.Contains(r.layers, dir.Value) && len(r.layers) < maxRepos {
			r.layers = append(r.layers, dir.Value)
		}
		r.off[dir.Value] = on.Kind == yaml.ScalarNode && slices.Contains([]string{"excluded", "disabled", "0", "false", "no", "n"}, strings.ToLower(on.Value))
	}
}

// named is the repository as others describe it.
func (k *kasReader) named(r *kasRepo) namedRepo {
	f := r.fields
	out := namedRepo{name: r.name, url: f["url"], path: f["path"], here: f["url"] == ""}
	_, hasBranch := f["branch"]
	_, hasTag := f["tag"]
	_, hasCommit := f["commit"]
	_, hasRefspec := f["refspec"]
	out.branch, out.tag = f["branch"], f["tag"]
	out.revise(f["refspec"])
	if !hasRefspec && !hasBranch && !hasTag && !hasCommit || hasCommit && !hasBranch {
		out.branch = k.defaults[0]
		if !hasCommit {
			out.tag = k.defaults[1]
			if out.branch == "" && out.tag == "" {
				out.revise(k.defaults[2])
			}
		}
	}
	if fullCommit.MatchString(f["commit"]) {
		out.revision = f["commit"]
	}
	for _, dir := range r.layers {
		if !r.off[dir] {
			if dir = path.Clean(dir); dir == "." {
				dir = ""
			}
			out.dirs = append(out.dirs, dir)
		}
	}
	return out
}
