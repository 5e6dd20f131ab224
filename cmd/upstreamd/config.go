package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/secret"
)

// config is upstreamd.toml. Paths in it are relative to the file's directory.
type config struct {
	Server   serverConfig    `toml:"server"`
	Database databaseConfig  `toml:"database"`
	Cache    cacheConfig     `toml:"cache"`
	Team     teamConfig      `toml:"team"`
	Layers   []layerConfig   `toml:"layers"`
	Projects []projectConfig `toml:"projects"`
	Lists    []listConfig    `toml:"lists"`
	Accounts []accountConfig `toml:"accounts"`

	path string           // of the file
	now  func() time.Time // what stages take for now; nil is time.Now
}

type serverConfig struct {
	Address string `toml:"address" comment:"where the dashboard listens"`
	BaseURL string `toml:"base_url" comment:"how people reach it, as in links"`
}

type databaseConfig struct {
	Path    string `toml:"path" comment:"SQLite file; one daemon, no server needed"`
	URL     string `toml:"url,omitempty" comment:"or postgres://user@host/name, for several daemons"`
	URLFile string `toml:"url_file,omitempty" comment:"the same from a file of mode 0600, if it holds a password"`
}

type cacheConfig struct {
	Dir string `toml:"dir" comment:"mirrors and indexes; can be deleted at any time"`
}

type teamConfig struct {
	PatienceDays int            `toml:"patience_days" comment:"how long to wait for an answer before a ping"`
	PendingDays  int            `toml:"pending_days" comment:"how long a carried patch may say Upstream-Status: Pending"`
	PlanTo       []string       `toml:"plan_to,omitempty" comment:"branches or tags of upstream layers: what a move there means is kept up to date"`
	People       []personConfig `toml:"people,omitempty"`
}

type personConfig struct {
	Name      string   `toml:"name"`
	Addresses []string `toml:"addresses"`
}

type layerConfig struct {
	Name     string `toml:"name"`
	Location string `toml:"location" comment:"git URL, or path of a repository or bundle"`
	Branch   string `toml:"branch"`
	Role     string `toml:"role" comment:"local: ours; upstream: compared with ours"`
	Subdir   string `toml:"subdir,omitempty" comment:"where its layers are in the repository"`
	Revision string `toml:"revision,omitempty" comment:"pinned commit; without it the branch is followed"`
}

type projectConfig struct {
	Name     string   `toml:"name"`
	Location string   `toml:"location"`
	Branches []string `toml:"branches,omitempty" comment:"globs of branches that count as merged; default all"`
	Staging  []string `toml:"staging,omitempty" comment:"globs of branches that only count as queued"`
	Recipes  []string `toml:"recipes,omitempty" comment:"PNs that build it; default its name"`
	Tags     []string `toml:"tags,omitempty" comment:"how PV becomes a tag, as \"v{pv}\"; default tries the usual ones"`
}

type listConfig struct {
	Name         string   `toml:"name"`
	Address      string   `toml:"address"`
	ID           string   `toml:"id,omitempty" comment:"List-Id without <>; default the address with a dot for the @"`
	Projects     []string `toml:"projects,omitempty" comment:"names of projects that take patches there"`
	Layers       []string `toml:"layers,omitempty" comment:"names of layers that take patches there"`
	PatienceDays int      `toml:"patience_days,omitempty" comment:"how long to wait for an answer; default the team's"`
	Fallback     string   `toml:"fallback,omitempty" comment:"name of the list to turn to where this one does not answer"`
	Files        []string `toml:"files,omitempty" comment:"mbox files, maildirs or public-inbox repositories to read"`
}

type accountConfig struct {
	Name         string          `toml:"name"`
	Host         string          `toml:"host"`
	Port         int             `toml:"port,omitempty"`
	TLS          string          `toml:"tls,omitempty" comment:"tls (default), starttls, or none: others can read along"`
	CAFile       string          `toml:"ca_file,omitempty"`
	Auth         string          `toml:"auth,omitempty" comment:"plain, login, anonymous, oauthbearer or xoauth2; default what the server has"`
	User         string          `toml:"user,omitempty"`
	SecretFile   string          `toml:"secret_file,omitempty" comment:"file of mode 0600 that holds the password"`
	TokenCommand []string        `toml:"token_command,omitempty" comment:"program that prints an OAuth2 access token, with its arguments"`
	TokenFile    string          `toml:"token_file,omitempty" comment:"or file of mode 0600 that holds one"`
	Mailboxes    []string        `toml:"mailboxes" comment:"names, patterns with *, or names of public-inbox lists"`
	Since        *toml.LocalDate `toml:"since,omitempty" comment:"leave out mail that came before this day"`
	Connections  int             `toml:"connections,omitempty" comment:"at once; half of them wait for new mail"`

	token *secret.Token // from the command or file; nil if neither
}

// addConfigFlag gives a command the flag that names the file.
func addConfigFlag(cmd *cobra.Command) {
	cmd.Flags().String("config", "", "configuration file (default: the first of $UPSTREAMD_CONFIG, ./upstreamd.toml,\n~/.config/upstreamd/upstreamd.toml, /etc/upstreamd/upstreamd.toml)")
}

// commandConfig reads the configuration that a command was pointed at.
func commandConfig(cmd *cobra.Command) (*config, error) {
	path, _ := cmd.Flags().GetString("config")
	path, err := findConfig(path)
	if err != nil {
		return nil, err
	}
	return loadConfig(path)
}

// findConfig is the file that is meant when path is what --config says.
func findConfig(path string) (string, error) {
	if path == "" {
		path = os.Getenv("UPSTREAMD_CONFIG")
	}
	if path != "" {
		return path, nil
	}
	tried := []string{"upstreamd.toml"}
	if dir, err := os.UserConfigDir(); err == nil {
		tried = append(tried, filepath.Join(dir, "upstreamd", "upstreamd.toml"))
	}
	tried = append(tried, "/etc/upstreamd/upstreamd.toml")
	for _, p := range tried {
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
	}
	return "", withCode(exitNotFound, fmt.Errorf("no configuration: looked for %s\nwrite one with: upstreamd init", strings.Join(tried, ", ")))
}

// loadConfig reads, completes and checks a file.
func loadConfig(path string) (*config, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, withCode(exitNotFound, fmt.Errorf("%s: no such file\nwrite one with: upstreamd init", path))
	} else if err != nil {
		return nil, err
	}
	c, err := parseConfig(b)
	if err != nil {
		return nil, usagef("%s: %w", path, err)
	}
	if c.path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	if err := c.overrideFromEnv(os.LookupEnv); err != nil {
		return nil, usagef("%w", err)
	}
	c.complete(filepath.Dir(c.path))
	if err := c.check(); err != nil {
		return nil, usagef("%s: %w", path, err)
	}
	return c, nil
}

// wrongType is how the TOML decoder words a value of another type than wanted.
var wrongType = regexp.MustCompile(`^cannot (?:decode|store) (?:a )?TOML (\w+) (?:into|in) (?:struct field \S+|a Go \S+) of type (.+)$`)

// parseConfig reads the text; a wrong key names its line and what is allowed.
func parseConfig(b []byte) (*config, error) {
	c := &config{}
	dec := toml.NewDecoder(strings.NewReader(string(b)))
	dec.DisallowUnknownFields()
	err := dec.Decode(c)
	var unknown *toml.StrictMissingError
	var syntax *toml.DecodeError
	switch {
	case errors.As(err, &unknown):
		return nil, unknownKeys(unknown)
	case errors.As(err, &syntax):
		line, column := syntax.Position()
		return nil, fmt.Errorf("line %d, column %d: %s", line, column, wrongType.ReplaceAllString(strings.TrimPrefix(syntax.Error(), "toml: "), "this is a $1, want $2"))
	case err != nil:
		return nil, err
	}
	return c, nil
}

// complete fills in defaults and makes paths absolute.
func (c *config) complete(dir string) {
	state := firstOf(os.Getenv("STATE_DIRECTORY"), filepath.Join(dir, "state"))
	setDefault(&c.Server.Address, "localhost:8480")
	setDefault(&c.Server.BaseURL, "http://"+reachable(c.Server.Address))
	if c.Database.URL == "" && c.Database.URLFile == "" {
		setDefault(&c.Database.Path, filepath.Join(state, "upstreamd.db"))
	}
	setDefault(&c.Cache.Dir, firstOf(os.Getenv("CACHE_DIRECTORY"), filepath.Join(state, "cache")))
	if c.Team.PatienceDays == 0 {
		c.Team.PatienceDays = 21
	}
	if c.Team.PendingDays == 0 {
		c.Team.PendingDays = 365
	}
	for _, p := range []*string{&c.Database.Path, &c.Database.URLFile, &c.Cache.Dir} {
		*p = absolute(dir, *p)
	}
	for i := range c.Layers {
		c.Layers[i].Location = location(dir, c.Layers[i].Location)
	}
	for i := range c.Projects {
		c.Projects[i].Location = location(dir, c.Projects[i].Location)
	}
	for i := range c.Lists {
		l := &c.Lists[i]
		setDefault(&l.ID, strings.ReplaceAll(l.Address, "@", "."))
		for j := range l.Files {
			l.Files[j] = absolute(dir, l.Files[j])
		}
	}
	for i := range c.Accounts {
		a := &c.Accounts[i]
		setDefault(&a.TLS, "tls")
		if a.Connections == 0 {
			a.Connections = defaultConnections
		}
		if a.Port == 0 {
			a.Port = map[string]int{"tls": 993}[a.TLS]
		}
		if a.Port == 0 {
			a.Port = 143
		}
		for _, p := range []*string{&a.CAFile, &a.SecretFile, &a.TokenFile} {
			*p = absolute(dir, *p)
		}
		if len(a.TokenCommand) > 0 && strings.Contains(a.TokenCommand[0], "/") {
			a.TokenCommand[0] = absolute(dir, a.TokenCommand[0])
		}
		if a.withToken() {
			a.token = secret.TokenFrom(a.TokenCommand, a.TokenFile)
		}
	}
}

func setDefault(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func absolute(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// location makes a path absolute and leaves a URL as it is.
func location(dir, where string) string {
	if isURL(where) {
		return where
	}
	return absolute(dir, where)
}

// isURL says whether a git location is reached over the network: it has a
// scheme, or is git's short form user@host:path.
func isURL(where string) bool {
	if strings.Contains(where, "://") {
		return true
	}
	host, _, ok := strings.Cut(where, ":")
	return ok && strings.Contains(host, "@") && !strings.Contains(host, "/")
}
