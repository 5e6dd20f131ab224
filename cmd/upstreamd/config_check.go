package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/git"
)

// unknownKeys says where each unknown key stands and what would be allowed.
func unknownKeys(e *toml.StrictMissingError) error {
	var lines []string
	for i := range e.Errors {
		key := e.Errors[i].Key()
		line, _ := e.Errors[i].Position()
		lines = append(lines, fmt.Sprintf("line %d: unknown key %s; allowed here: %s",
			line, strings.Join(key, "."), strings.Join(allowedKeys(key[:len(key)-1]), ", ")))
	}
	return errors.New(strings.Join(lines, "\n"))
}

// allowedKeys are the keys of the table at this place in the file.
func allowedKeys(place []string) []string {
	t := reflect.TypeFor[config]()
	for _, name := range place {
		for i := range t.NumField() {
			if tomlName(t.Field(i)) == name {
				t = t.Field(i).Type
				if t.Kind() == reflect.Slice {
					t = t.Elem()
				}
				break
			}
		}
	}
	var keys []string
	if t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			if name := tomlName(t.Field(i)); name != "" {
				keys = append(keys, name)
			}
		}
	}
	return keys
}

func tomlName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
	return name
}

// overrideFromEnv lets UPSTREAMD_SECTION_KEY replace the text keys of the
// plain sections: UPSTREAMD_DATABASE_URL, UPSTREAMD_SERVER_ADDRESS ...
func (c *config) overrideFromEnv(lookup func(string) (string, bool)) error {
	sections := reflect.ValueOf(c).Elem()
	for i := range sections.NumField() {
		section, name := sections.Field(i), tomlName(sections.Type().Field(i))
		if section.Kind() != reflect.Struct {
			continue
		}
		for k := range section.NumField() {
			variable := strings.ToUpper("UPSTREAMD_" + name + "_" + tomlName(section.Type().Field(k)))
			value, ok := lookup(variable)
			if !ok {
				continue
			}
			if section.Field(k).Kind() != reflect.String {
				return fmt.Errorf("%s: this key can be set in the file only", variable)
			}
			section.Field(k).SetString(value)
		}
	}
	return nil
}

// check says all that is wrong with a complete configuration, a line each.
func (c *config) check() error {
	var problems []string
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }

	if _, _, err := net.SplitHostPort(c.Server.Address); err != nil {
		bad("[server]: address is %q, want host:port, or :port for all of this machine", c.Server.Address)
	}
	if u, err := url.Parse(c.Server.BaseURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		bad("[server]: base_url is %q, want an address as people type it: https://upstreamd.example.com", git.Redact(c.Server.BaseURL))
	}
	if c.Database.Path != "" && (c.Database.URL != "" || c.Database.URLFile != "") {
		bad("[database]: give either path (SQLite) or url (PostgreSQL), not both")
	}
	if c.Team.PatienceDays < 1 || c.Team.PatienceDays > 365 {
		bad("[team]: patience_days is %d, want 1 to 365", c.Team.PatienceDays)
	}
	if c.Team.PendingDays < 1 || c.Team.PendingDays > 10_000 {
		bad("[team]: pending_days is %d, want 1 to 10000", c.Team.PendingDays)
	}
	for i, to := range c.Team.PlanTo {
		if to == "" || strings.ContainsAny(to, " *?[=:^~\\") || strings.HasPrefix(to, "-") || slices.Contains(c.Team.PlanTo[:i], to) {
			bad("[team]: plan_to has %q, want names of branches or tags, each once", to)
		}
	}
	names := map[string]bool{}
	named := func(section, name string) string {
		at := fmt.Sprintf("[[%s]] %q", section, name)
		switch {
		case name == "":
			bad("[[%s]]: every entry needs a name", section)
		case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || strings.ContainsRune("@:/\\?#", r) }):
			bad("%s: a name must not contain control characters or any of @ : / \\ ? #", at)
		case names[section+"\x00"+name]:
			bad("%s: two entries have this name", at)
		}
		names[section+"\x00"+name] = true
		return at
	}
	for _, p := range c.Team.People {
		if at := named("team.people", p.Name); len(p.Addresses) == 0 {
			bad("%s: needs at least one address", at)
		}
	}
	for _, l := range c.Layers {
		at := named("layers", l.Name)
		needs(bad, at, "location", l.Location)
		needs(bad, at, "branch", l.Branch)
		oneOf(bad, at, "role", l.Role, "local", "upstream")
	}
	projects := map[string]bool{}
	for _, p := range c.Projects {
		at := named("projects", p.Name)
		projects[p.Name] = true
		needs(bad, at, "location", p.Location)
		checkGlobs(bad, at, append(slices.Clone(p.Branches), p.Staging...))
		for _, tag := range p.Tags {
			if !strings.Contains(tag, "{pv}") && !strings.Contains(tag, "{pv_}") {
				bad("%s: tags: %q has neither {pv} nor {pv_} (dots as underscores)", at, tag)
			}
		}
	}
	layers, lists := map[string]bool{}, map[string]bool{}
	for _, l := range c.Layers {
		layers[l.Name] = true
	}
	for _, l := range c.Lists {
		lists[l.Name] = true
	}
	for _, l := range c.Lists {
		at := named("lists", l.Name)
		needs(bad, at, "address", l.Address)
		for _, p := range l.Projects {
			if !projects[p] {
				bad("%s: projects: there is no [[projects]] %q", at, p)
			}
		}
		for _, name := range l.Layers {
			if !layers[name] {
				bad("%s: layers: there is no [[layers]] %q", at, name)
			}
		}
		if l.PatienceDays < 0 || l.PatienceDays > 365 {
			bad("%s: patience_days is %d, want 1 to 365", at, l.PatienceDays)
		}
		switch {
		case l.Fallback != "" && l.Fallback == l.Name:
			bad("%s: fallback: a list cannot be its own", at)
		case l.Fallback != "" && !lists[l.Fallback]:
			bad("%s: fallback: there is no [[lists]] %q", at, l.Fallback)
		}
	}
	for _, a := range c.Accounts {
		checkAccount(bad, named("accounts", a.Name), a)
	}
	if len(problems) == 0 {
		return nil
	}
	return errors.New(strings.Join(problems, "\n"))
}

type complain = func(format string, args ...any)

func needs(bad complain, at, key, value string) {
	if value == "" {
		bad("%s: needs %s", at, key)
	}
	if strings.HasPrefix(value, "-") || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' }) {
		bad("%s: %s must not begin with - or contain control characters", at, key)
	}
}

func oneOf(bad complain, at, key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		bad("%s: %s is %q, want one of: %s", at, key, value, strings.Join(allowed, ", "))
	}
}

func checkGlobs(bad complain, at string, globs []string) {
	for _, g := range globs {
		if _, err := path.Match(g, ""); err != nil {
			bad("%s: %q is no pattern: %v", at, g, err)
		}
	}
}

func configCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Check or print the configuration"}
	check := &cobra.Command{
		Use:   "check",
		Short: "Say what is wrong with the configuration, or that nothing is",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := commandConfig(cmd)
			if err != nil {
				return err
			}
			c.warn(cmd.ErrOrStderr())
			fmt.Fprintf(cmd.OutOrStdout(), "%s: good: %d layers, %d projects, %d lists, %d accounts, %d people\n", c.path,
				len(c.Layers), len(c.Projects), len(c.Lists), len(c.Accounts), len(c.Team.People))
			return nil
		},
	}
	show := &cobra.Command{
		Use:   "print",
		Short: "Print the configuration as it is understood, with defaults, without secrets",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := commandConfig(cmd)
			if err != nil {
				return err
			}
			b, err := toml.Marshal(c.redacted())
			if err == nil {
				_, err = cmd.OutOrStdout().Write(b)
			}
			return err
		},
	}
	for _, sub := range []*cobra.Command{check, show} {
		addConfigFlag(sub)
		cmd.AddCommand(sub)
	}
	return cmd
}
