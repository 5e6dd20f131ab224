package pipeline

import (
	"context"
	"slices"

	"github.com/upstreamd/upstreamd/internal/layer"
)

// A RecipeRemote is where a recipe fetches its source from.
type RecipeRemote struct {
	Layer      string // name of the source
	PN         string
	Remote     []string // non-file entries of SRC_URI
	TagPattern string   // UPSTREAM_CHECK_GITTAGREGEX; ""
}

// A remoteStore knows where recipes fetch their sources from.
type remoteStore interface {
	RecipeRemotes(ctx context.Context) ([]RecipeRemote, error)
}

// Resolve is the settings with each project serving also the recipes of which
// only SRC_URI says that they are built from it, and with the tags that recipes
// say are releases where the configuration does not.
func (s Settings) Resolve(ctx context.Context, st remoteStore) (Settings, error) {
	remotes, err := st.RecipeRemotes(ctx)
	if err != nil {
		return s, err
	}
	return s.resolve(remotes), nil
}

func (s Settings) resolve(remotes []RecipeRemote) Settings {
	at := map[string]int{} // projects by repository; of two the first
	for i, p := range s.Projects {
		if key := layer.RepositoryAt(p.Location); key != "" {
			if _, twice := at[key]; !twice {
				at[key] = i
			}
		}
	}
	before := s
	s.Projects = slices.Clone(s.Projects)
	for _, r := range remotes {
		i, ok := at[layer.RepositoryOf(r.Remote)]
		if _, named := before.ProjectOf(r.PN); !ok || named || s.Projects[i].Serves(r.PN) {
			continue
		}
		p := &s.Projects[i]
		if len(p.Recipes) == 0 {
			p.Recipes = []string{p.Name}
		}
		p.Recipes = append(slices.Clip(p.Recipes), plainName(r.PN))
	}
	for _, r := range remotes {
		for i := range s.Projects {
			p := &s.Projects[i]
			if pattern := regexpTags + r.TagPattern; len(p.Tags) == 0 && p.Serves(r.PN) && tagRegexp(pattern) != nil {
				p.Tags = []string{pattern}
			}
		}
	}
	return s
}

// ProjectOf is the configured project that a recipe is built from, the first
// that serves it; false if there is none. Settings from [Settings.Resolve]
// know also those that SRC_URI names.
func (s Settings) ProjectOf(pn string) (Project, bool) {
	for _, p := range s.Projects {
		if p.Serves(pn) {
			return p, true
		}
	}
	return Project{}, false
}
