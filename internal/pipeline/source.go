package pipeline

import (
	"slices"
	"time"

	"github.com/upstreamd/upstreamd/internal/git"
)

// A SourceKind says what comes from a source.
type SourceKind string

// The kinds of sources.
const (
	LayerSource   SourceKind = "layer"
	ProjectSource SourceKind = "project"
	ListSource    SourceKind = "list"
	AccountSource SourceKind = "account"
)

// A Source is where input comes from, and how it is doing.
type Source struct {
	ID          int64
	Kind        SourceKind
	Name        string // unique in its kind
	Location    string // URL or path, without secrets
	Settings    string // JSON of the rest of its section
	FromFile    bool   // read-only on the pages
	Gone        bool   // no longer configured
	LastChecked time.Time
	LastSuccess time.Time
	LastError   string
	ErrorSince  time.Time
}

// input is a source's name as the input of a stage.
func input(kind SourceKind, name string) string { return string(kind) + " " + name }

// A Layer is a branch of a layer repository.
type Layer struct {
	Name     string
	Location string // git URL, path of a repository or bundle
	Local    bool   // ours; else it is an upstream layer that ours are compared with
	Branch   string
	Subdir   string // where its layers are in the repository; "" is everywhere
	Revision string // pinned revision; "" follows the branch
}

// Place is the layer's name in a standing.
func (l Layer) Place() string { return l.Name + "@" + l.Branch }

// location is where a source is fetched from, as configured: the database
// keeps no passwords.
func (s Settings) location(src Source) string {
	for _, l := range s.Layers {
		if src.Kind == LayerSource && src.Name == l.Name {
			return l.Location
		}
	}
	for _, p := range s.Projects {
		if src.Kind == ProjectSource && src.Name == p.Name {
			return p.Location
		}
	}
	return src.Location
}

// branchesAt are globs of the branches that layers and projects want from a
// location; none is all.
func (s Settings) branchesAt(location string) []string {
	var globs []string
	for _, l := range s.Layers {
		if l.Location == location {
			globs = append(globs, l.Branch)
			if !l.Local {
				globs = append(globs, s.PlanTo...)
			}
		}
	}
	for _, p := range s.Projects {
		switch {
		case p.Location != location:
		case len(p.Branches) == 0:
			return nil
		default:
			globs = append(globs, slices.Concat(p.Branches, p.Staging)...)
		}
	}
	return globs
}

// A Project is the source repository of some upstream software.
type Project struct {
	Name     string
	Location string
	Branches []string // globs of branches that count as merged; none is all but the staging ones
	Staging  []string // globs of branches that count as queued
	Recipes  []string // PNs that build it; none is its name
	Tags     []string // how a PV becomes a tag: "v{pv}"; none tries the usual ones
}

// Serves says whether the project is the source of recipe pn, also of its
// native and cross variants.
func (p Project) Serves(pn string) bool {
	pn = plainName(pn)
	if len(p.Recipes) == 0 {
		return pn == p.Name
	}
	for _, r := range p.Recipes {
		if r == pn {
			return true
		}
	}
	return false
}

// A List is a mailing list that is watched.
type List struct {
	Name     string
	Address  string   // list@example.org; also recognises mails sent to it
	ID       string   // List-Id without <>; "" is the address with a dot for the @
	Projects []string // names of the projects that take patches there
	Layers   []string // names of the layers that do
	Files    []string // mbox files or maildirs to read
}

// An Account is an IMAP account and the mailboxes of it that are read.
type Account struct {
	Name        string
	Location    string    // host and port, for people to read
	Mailboxes   []string  // by name or pattern
	Since       time.Time // day; older mail is left out; zero is all
	Connections int       // how many mailboxes are read at once, at least 1
}

// Input is the account as an input of the collect stage.
func (a Account) Input() string { return input(AccountSource, a.Name) }

// Refs are the tips of a source as recorded, with the moves that led to them.
type Refs struct {
	Source int64
	Tips   []git.Tip
	Moves  []git.RefMove
}
