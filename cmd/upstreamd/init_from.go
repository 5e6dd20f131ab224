package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/upstreamd/upstreamd/internal/git"
)

// A namedRepo is a repository of which a description of a build says where it
// is fetched from.
type namedRepo struct {
	name         string
	url          string // "" for the repository that the description is in
	branch       string
	revision     string // commit hash, or ""
	tag          string // or ""
	path         string // where the build has it, below its own directory
	dirs         []string
	here, unsure bool // it is the one that the description is in; it may hold no layers
}

// Limits of a description and of what it includes.
const (
	maxDescription = 1 << 20 // bytes of one file
	maxIncludes    = 50      // files
	maxRepos       = 1000
)

var fullCommit = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)

// readFrom reads a description of a build of any of the known forms.
func readFrom(ctx context.Context, file string) (found []*foundLayer, problems []string, err error) {
	b, err := readDescription(file)
	if err != nil {
		return nil, nil, err
	}
	if filepath.Base(file) == "bblayers.conf" || bytes.Contains(b, []byte("BBLAYERS")) && !bytes.Contains(b, []byte("header:")) {
		return fromBBLayers(ctx, file)
	}
	here, err := git.CheckoutAt(ctx, filepath.Dir(file))
	if err != nil && !errors.Is(err, git.ErrNotFound) {
		return nil, nil, err
	}
	var repos []namedRepo
	if bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\ufeff")), " \t\r\n"), []byte("<")) {
		repos, problems, err = readManifest(file, here)
	} else {
		repos, problems, err = readYAML(file, b, here)
	}
	if err != nil {
		return nil, nil, err
	}
	found, more := layersOf(repos, here)
	return found, append(problems, more...), nil
}

// readYAML reads a kas file or a setup-layers.json, whichever it is: JSON is
// YAML, too.
func readYAML(file string, b []byte, here git.Checkout) ([]namedRepo, []string, error) {
	root, err := yamlRoot(file, b)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case field(root, "sources") != nil:
		return readSetupLayers(file, root)
	case field(root, "repos") != nil || field(root, "header") != nil:
		return readKas(file, root, here)
	}
	return nil, nil, usagef("%s: is no bblayers.conf, kas file, repo manifest or setup-layers.json: there is no BBLAYERS, repos, <manifest> or sources in it", file)
}

// readDescription reads a file that is not too large.
func readDescription(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxDescription+1))
	if err == nil && len(b) > maxDescription {
		err = usagef("%s: larger than 1 MiB, which no description of a build is", file)
	}
	return b, err
}

// yamlRoot is the mapping that a file is.
func yamlRoot(file string, b []byte) (*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	root := plainNode(&doc)
	if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 {
		root = plainNode(doc.Content[0])
	}
	if root == nil || root.Kind != yaml.MappingNode {
		return nil, usagef("%s: is no bblayers.conf, kas file, repo manifest or setup-layers.json", file)
	}
	return root, nil
}

// plainNode is what an alias stands for. One step is enough: YAML has no alias
// of an alias.
func plainNode(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// field is the value of a key, or nil.
func field(n *yaml.Node, key string) *yaml.Node {
	for k, v := range pairs(n) {
		if k.Value == key {
			return v
		}
	}
	return nil
}

// pairs are the keys and values of a mapping, in order.
func pairs(n *yaml.Node) func(func(k, v *yaml.Node) bool) {
	return func(yield func(k, v *yaml.Node) bool) {
		if n = plainNode(n); n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], plainNode(n.Content[i+1])) {
				return
			}
		}
	}
}

// text is the value of a key as a scalar; "" where it is absent or null.
func text(n *yaml.Node, key string) string {
	v := field(n, key)
	if v == nil || v.Kind != yaml.ScalarNode || v.Tag == "!!null" {
		return ""
	}
	return v.Value
}

// revise sorts a revision into commit, tag or branch.
func (r *namedRepo) revise(rev string) {
	switch {
	case rev == "":
	case fullCommit.MatchString(rev):
		r.revision = rev
	case strings.HasPrefix(rev, "refs/tags/"):
		r.tag = strings.TrimPrefix(rev, "refs/tags/")
	default:
		r.branch = strings.TrimPrefix(rev, "refs/heads/")
	}
}

// layersOf makes entries of repositories, one for each location and branch.
func layersOf(repos []namedRepo, here git.Checkout) (found []*foundLayer, problems []string) {
	taken := map[string]bool{}
	for _, r := range repos {
		c := git.Checkout{URL: r.url, Branch: r.branch, Commit: r.revision}
		if r.here || r.url == "" {
			if here.Top == "" {
				problems = append(problems, r.name+": it is the repository that the description is in, which is none")
				continue
			}
			c = here
		}
		remark := ""
		if c.Branch == "" && !r.here {
			c.Branch, remark = "main", "which branch? none is named"
			if r.tag != "" {
				remark += ", only the tag " + r.tag
			}
		}
		if address, why := fetchable(c.URL); address == "" && c.Top == "" {
			problems = append(problems, r.name+": "+strings.ReplaceAll(why, "the directory is read instead", "it cannot be mirrored"))
			continue
		}
		l := newFoundLayer(c, taken)
		if remark != "" {
			l.remarks = append(l.remarks, remark)
		}
		if r.tag != "" && c.Branch == r.branch {
			l.remarks = append(l.remarks, "the build uses the tag "+r.tag)
		}
		if r.unsure {
			l.remarks = append(l.remarks, "are there layers in it? the manifest does not say")
		}
		if l.dirs = r.dirs; len(l.dirs) == 1 {
			l.Subdir = l.dirs[0]
		} else if len(l.dirs) > 1 {
			l.remarks = append(l.remarks, "the build uses "+strings.Join(named(l.dirs), ", "))
		}
		found = append(found, l)
	}
	return found, problems
}

// fromBBLayers reads the bblayers.conf of a build.
func fromBBLayers(ctx context.Context, file string) (found []*foundLayer, problems []string, err error) {
	b, err := readBBLayers(file)
	if err != nil {
		return nil, nil, err
	}
	if found, problems, err = foundLayers(ctx, b.paths); err != nil {
		return nil, nil, err
	}
	for _, entry := range b.unknown {
		problems = append(problems, entry+": what this variable is, is not known here")
	}
	return found, problems, nil
}
