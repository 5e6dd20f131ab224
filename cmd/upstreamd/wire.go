package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/progress"
	"github.com/upstreamd/upstreamd/internal/secret"
	"github.com/upstreamd/upstreamd/internal/store"
)

// openStore opens the configured database. Exclusive is for those who run
// stages.
func openStore(ctx context.Context, c *config, exclusive bool) (*store.DB, error) {
	o := store.Options{Driver: store.SQLite, Path: c.Database.Path, Exclusive: exclusive}
	address := c.Database.URL
	if c.Database.URLFile != "" {
		var err error
		if address, err = secret.ReadFile(c.Database.URLFile); err != nil {
			return nil, fmt.Errorf("[database] url_file: %w", err)
		}
	}
	if address != "" {
		o = store.Options{Driver: store.Postgres, URL: address}
	}
	db, err := store.Open(ctx, o)
	if errors.Is(err, store.ErrLocked) {
		return nil, withCode(exitTemporary, fmt.Errorf("%w\nstop the other one first, or wait until it is done", err))
	}
	if err != nil && o.Driver == store.Postgres && !errors.Is(err, store.ErrNewerSchema) {
		err = fmt.Errorf("%w\nis PostgreSQL running, and [database] in %s right?", err, c.path)
	}
	return db, err
}

// prepareCache makes the cache's directory and says at once, not for every
// repository, that nothing can be written there.
func (c *config) prepareCache() error {
	err := os.MkdirAll(c.Cache.Dir, 0o700)
	if err == nil {
		var f *os.File
		if f, err = os.CreateTemp(c.Cache.Dir, "try-"); err == nil {
			err = errors.Join(f.Close(), os.Remove(f.Name()))
		}
	}
	if err != nil {
		return fmt.Errorf("cache: %w\nanother place: [cache] dir in %s, or UPSTREAMD_CACHE_DIR", err, c.path)
	}
	return nil
}

// settings are what the configuration says to the stages.
func (c *config) settings(say progress.Func) pipeline.Settings {
	set := pipeline.Settings{Cache: c.Cache.Dir, Progress: say, Now: c.now}
	set.Rules.Patience, set.Rules.Lists = inDays(c.Team.PatienceDays), map[string]change.ListRules{}
	set.Rules.Pending = inDays(c.Team.PendingDays)
	for _, p := range c.Team.People {
		person := change.Person{Name: p.Name}
		for _, a := range p.Addresses {
			person.Addresses = append(person.Addresses, strings.ToLower(a))
		}
		set.Rules.Team = append(set.Rules.Team, person)
	}
	set.PlanTo = c.Team.PlanTo
	for _, l := range c.Layers {
		set.Layers = append(set.Layers, pipeline.Layer{
			Name: l.Name, Location: l.Location, Local: l.Role == "local", Branch: l.Branch, Subdir: l.Subdir, Revision: l.Revision,
		})
	}
	for _, p := range c.Projects {
		set.Projects = append(set.Projects, pipeline.Project(p))
	}
	for _, l := range c.Lists {
		set.Lists = append(set.Lists, pipeline.List{Name: l.Name, Address: l.Address, ID: l.ID, Projects: l.Projects, Layers: l.Layers, Files: l.Files})
		set.Rules.Lists[l.Name] = change.ListRules{Patience: inDays(l.PatienceDays), Fallback: l.Fallback}
	}
	for _, a := range c.Accounts {
		set.Accounts = append(set.Accounts, pipeline.Account{
			Name: a.Name, Location: fmt.Sprintf("%s:%d", a.Host, a.Port), Mailboxes: a.Mailboxes,
			Since: a.since(), Connections: a.readers(),
		})
	}
	return set
}

func inDays(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// sources are the configured sources as the store keeps them: without secrets.
func (c *config) sources() ([]pipeline.Source, error) {
	var all []pipeline.Source
	var errs []error
	add := func(kind pipeline.SourceKind, name, location string, section any) {
		settings, err := json.Marshal(section)
		errs = append(errs, err)
		all = append(all, pipeline.Source{
			Kind: kind, Name: name, Location: location, Settings: string(settings), FromFile: true,
		})
	}
	c = c.redacted()
	for _, l := range c.Layers {
		add(pipeline.LayerSource, l.Name, l.Location, l)
	}
	for _, p := range c.Projects {
		add(pipeline.ProjectSource, p.Name, p.Location, p)
	}
	for _, l := range c.Lists {
		add(pipeline.ListSource, l.Name, l.Address, l)
	}
	for _, a := range c.Accounts {
		add(pipeline.AccountSource, a.Name, fmt.Sprintf("%s:%d", a.Host, a.Port), a)
	}
	return all, errors.Join(errs...)
}

// redacted is a copy of the configuration without the secrets that its
// addresses and commands hold.
func (c *config) redacted() *config {
	clean := *c
	clean.Database.URL = git.Redact(c.Database.URL)
	clean.Layers, clean.Projects = slices.Clone(c.Layers), slices.Clone(c.Projects)
	for i := range clean.Layers {
		clean.Layers[i].Location = git.Redact(clean.Layers[i].Location)
	}
	for i := range clean.Projects {
		clean.Projects[i].Location = git.Redact(clean.Projects[i].Location)
	}
	clean.Accounts = slices.Clone(c.Accounts)
	for i, a := range clean.Accounts {
		if len(a.TokenCommand) > 1 { // an argument may be a secret
			clean.Accounts[i].TokenCommand = []string{a.TokenCommand[0], "..."}
		}
	}
	return &clean
}

// stages are all stages on the store, in the order of the main path.
func stages(db *store.DB, c *config, set pipeline.Settings) []pipeline.Stage {
	return []pipeline.Stage{
		pipeline.NewFetcher(db, db, set).Stage(),
		pipeline.NewCollector(db, db, c.dial, set).Stage(),
		pipeline.NewScanner(db, db, set).Stage(),
		pipeline.NewMover(pipeline.MoveStores{Recipes: db, Moves: db, Refs: db, Log: db}, set).Stage(),
		pipeline.NewAssembler(db, set).Stage(),
		pipeline.NewIndexer(db, db, db, set).Stage(),
		pipeline.NewMatcher(pipeline.MatchStores{Matches: db, Patches: db, Aims: db, Nested: db, Twins: db, Changes: db, Refs: db, Sources: db, Mails: db}, set).Stage(),
		pipeline.NewNamer(db, db, db, set).Stage(),
		pipeline.NewRebaser(db, db, db, set).Stage(),
		pipeline.NewPlanner(db, db, set).Stage(),
		pipeline.NewJudger(pipeline.JudgeStores{News: db, Series: db, Facts: db, Files: db, Said: db, Truth: db, Status: db, Refs: db}, set).Stage(),
	}
}
