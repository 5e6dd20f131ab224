// Package demo generates the world of `upstreamd demo`: git repositories of
// upstream projects and layers, list mail, and an IMAP server that serves it.
//
// [Build] makes it all, deterministically: the same moment gives the same
// commits and mails, byte for byte. Dates are relative to that moment, so that
// "three weeks ago" stays true. Every name in it is invented.
//
// The story is told by the files in the directory world, not by Go code. A
// txtar archive has the files of a repository as its history begins; the
// script beside it (.story, see script.go) has what happened then: commits as
// edits, branches, tags. The scripts of layers take patches from the commits
// of projects; the scripts of lists make mails of them. Branches of a project
// below work/ are not published: they are what people have on their own disks.
//
// What a reader of the demo should find:
//
//   - meta-harbor, a product's layer, forked the recipe of extfs-tools to keep
//     security labels when an image is built, and stayed behind: upstream's
//     meta-openwater has a newer version.
//   - It has copies of two more recipes: of netcrate, which upstream has changed
//     since, and of gullmail, which is as upstream has it and can go. Of libmoor,
//     too, which upstream has dropped since. linux-harbor is linux-openwater
//     under another name, with a copy of its include file; a class is a copy, too.
//   - One patch of libbuoy has been made anew for each version, and has moved with
//     its directory; it has a plan in free text, and no Upstream-Status. One of
//     looproot is Inappropriate, and nobody said why. tidectl is whatever is newest.
//   - meta-openwater has a branch for its next release, springtide. A move there
//     lets an append dangle, leaves netcrate's copy behind, and makes patches of
//     libbuoy meet 0.10.0; meta-openwater-extras has no such branch yet.
//   - What it carries grew for a year, and shrank when it took newer versions.
//   - Its branch main moved to 1.47.2 yesterday, which contains the first of
//     its patches, and one that says Backport: they can be dropped. The older
//     branch harbor-4 pins 1.47.0 and still needs them.
//   - v2 of the labels series was "applied, thanks", with small edits; of its
//     three patches the last is missing upstream, and nobody has noticed. The
//     other two are in 1.48.0, which is newer than what is pinned.
//   - A fix that the team sent a year ago was merged with one line changed and
//     is in 1.47.1. harbor-4 pins 1.47.0, and nobody carried it there: a
//     backport gap.
//   - The series about hard links was sent 24 days ago; nobody answered. A fix
//     for libbuoy got no answer for seven weeks: there is another list to try.
//   - The patch that was reverted is taken over by somebody else: a person has
//     to say whether his series goes on with ours.
//   - A maintainer's question about the labels of images waits for the team; that
//     series depends on the one about labels, and a robot has looked at it.
//   - The second revision of somebody's series leaves a patch out, changes one
//     and adds one. Another series comes for a stable branch as well.
//   - One patch never sent conflicts with 1.48.0, one waits on the branch
//     next, one was merged and reverted, one got a request for changes.
package demo

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/upstreamd/upstreamd/internal/git"
)

//go:embed world
var world embed.FS

// A World is everything that was generated, and what a configuration needs to
// say to read it.
type World struct {
	Now       time.Time
	Team      []Person
	Layers    []Layer
	Projects  []Project
	Lists     []List
	PlanTo    []string            // branches of upstream layers that a move to is planned for
	Repos     map[string]string   // bare repositories, by name: absolute paths
	Mailboxes map[string][][]byte // raw mails by IMAP mailbox, in the order of delivery
	Commits   map[string]string   // hashes of the commits that the story names, by "repository/name"

	dir string
}

// A Person is a member of the team.
type Person struct {
	Name      string
	Addresses []string
}

// A Layer is a branch of a layer's repository.
type Layer struct {
	Name, Repo, Branch string // Repo is a key of [World.Repos]
	Local              bool
}

// A Project is an upstream source repository.
type Project struct {
	Name, Repo        string // Repo is a key of [World.Repos]
	Branches, Staging []string
	Recipes           []string
}

// A List is a mailing list; its mails are in the IMAP mailbox "lists/Name".
type List struct {
	Name, Address, ID string
	Projects          []string
	Fallback          string // name of the list to turn to where this one does not answer
}

// Mailbox is the name of the IMAP mailbox that has the list's mails.
func (l List) Mailbox() string { return "lists/" + l.Name }

// projects and layers are the repositories, in an order in which each uses
// only those before it.
var (
	projectRepos = []string{"extfs-tools", "libbuoy"}
	layerRepos   = []string{"meta-openwater", "meta-openwater-extras", "meta-harbor"}
)

// newWorld is the world without what is generated.
func newWorld(dir string, now time.Time) *World {
	return &World{
		Now:  now.UTC().Truncate(time.Second),
		Team: team(),
		Layers: []Layer{
			{Name: "meta-harbor", Repo: "meta-harbor", Branch: "main", Local: true},
			{Name: "meta-harbor-4", Repo: "meta-harbor", Branch: "harbor-4", Local: true},
			{Name: "meta-openwater", Repo: "meta-openwater", Branch: "main"},
			{Name: "meta-openwater-extras", Repo: "meta-openwater-extras", Branch: "main"},
		},
		Projects: []Project{
			{Name: "extfs-tools", Repo: "extfs-tools", Staging: []string{"next"}, Recipes: []string{"extfs-tools"}},
			{Name: "libbuoy", Repo: "libbuoy", Recipes: []string{"libbuoy"}},
			{Name: "meta-openwater", Repo: "meta-openwater"},
		},
		Lists: []List{
			{Name: "extfs-devel", Address: "extfs-devel@lists.example.org", ID: "extfs-devel.lists.example.org", Projects: []string{"extfs-tools"}},
			{Name: "openwater-devel", Address: "openwater-devel@lists.example.net", ID: "openwater-devel.lists.example.net", Projects: []string{"meta-openwater"}},
			{Name: "buoy-devel", Address: "buoy-devel@lists.example.net", ID: "buoy-devel.lists.example.net", Projects: []string{"libbuoy"}, Fallback: "openwater-devel"},
		},
		PlanTo: []string{"springtide"},
		Repos:  map[string]string{}, Mailboxes: map[string][][]byte{}, Commits: map[string]string{},
		dir: dir,
	}
}

// Build generates the world as of now in the directory dir, which must be
// empty or absent. It takes about two seconds.
func Build(ctx context.Context, dir string, now time.Time) (*World, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if left, err := os.ReadDir(dir); err == nil && len(left) > 0 {
		return nil, fmt.Errorf("demo: %s is not empty", dir)
	}
	w := newWorld(dir, now)
	b := &builder{World: w, repos: map[string]*git.Repo{}, patches: map[string][]byte{}}
	workshop := filepath.Join(dir, "workshop")
	defer os.RemoveAll(workshop)
	for _, name := range append(append([]string{}, projectRepos...), layerRepos...) {
		if err := b.repository(ctx, name, workshop); err != nil {
			return nil, fmt.Errorf("demo: %s: %w", name, err)
		}
	}
	for _, l := range w.Lists {
		if w.Mailboxes[l.Mailbox()], err = b.mails(ctx, l); err != nil {
			return nil, fmt.Errorf("demo: list %s: %w", l.Name, err)
		}
	}
	return w, nil
}

// A builder is a world in the making.
type builder struct {
	*World
	repos   map[string]*git.Repo // by name, with all branches
	patches map[string][]byte    // as git format-patch prints them, by "repository/commit"
}

// repository generates one repository: whole in the workshop, and without the
// branches below work/ where it is published.
func (b *builder) repository(ctx context.Context, name, workshop string) error {
	base, err := fs.ReadFile(world, "world/"+name+".txtar")
	if err != nil {
		return err
	}
	script, err := readScript(name + ".story")
	if err != nil {
		return err
	}
	h := newHistory(b, name, filepath.Join(workshop, name+".git"), filepath.Join(b.dir, "repos", name+".git"))
	if err := h.begin(txtar.Parse(base)); err != nil {
		return err
	}
	for _, e := range script {
		if err := h.play(ctx, e); err != nil {
			return fmt.Errorf("%s.story:%d: %w", name, e.line, err)
		}
	}
	if err := h.flush(ctx); err != nil {
		return err
	}
	b.Repos[name] = h.published
	b.repos[name], err = git.Open(ctx, h.workshop)
	return err
}

// patch is a commit as git format-patch prints it.
func (b *builder) patch(ctx context.Context, commit string) ([]byte, error) {
	if p, ok := b.patches[commit]; ok {
		return p, nil
	}
	hash, ok := b.Commits[commit]
	if !ok {
		return nil, fmt.Errorf("no commit %s in the story", commit)
	}
	repo, _, _ := cutRepo(commit)
	p, err := b.repos[repo].FormatPatch(ctx, hash)
	if err == nil {
		b.patches[commit] = p
	}
	return p, err
}
