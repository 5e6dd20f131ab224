package main

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// readSetupLayers reads the setup-layers.json that openembedded-core's
// bitbake-layers create-layers-setup writes (meta/lib/bblayers/setupwriters).
func readSetupLayers(file string, root *yaml.Node) (out []namedRepo, problems []string, err error) {
	sources := field(root, "sources")
	if sources == nil || sources.Kind != yaml.MappingNode {
		return nil, nil, usagef("%s: sources: want a mapping of names to repositories", file)
	}
	for name, v := range pairs(sources) {
		if len(out) >= maxRepos {
			return nil, nil, usagef("%s:%d: more than %d repositories", file, name.Line, maxRepos)
		}
		g := field(v, "git-remote")
		r := namedRepo{name: name.Value, path: text(v, "path"), branch: text(g, "branch"), tag: text(g, "describe")}
		r.here = strings.EqualFold(text(v, "contains_this_file"), "true")
		if rev := text(g, "rev"); fullCommit.MatchString(rev) {
			r.revision = rev
		}
		if strings.Contains(r.tag, "-g") { // commits after a tag
			r.tag = ""
		}
		remotes := field(g, "remotes")
		for remote, at := range pairs(remotes) {
			if r.url == "" || remote.Value == "origin" {
				r.url = text(at, "uri")
			}
		}
		switch {
		case name.Value == "bitbake": // the builder itself
		case r.url == "" && !r.here:
			problems = append(problems, name.Value+": it has no remote repository")
		default:
			out = append(out, r)
		}
	}
	return out, problems, nil
}
