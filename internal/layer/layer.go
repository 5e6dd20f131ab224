// Package layer reads OpenEmbedded layers without bitbake: which recipes they
// have, in which versions, which patches those carry, and what a local layer
// duplicates of others.
//
// [Run] reads the git objects of some [Source]s, in the order of BBLAYERS, and
// returns a [Scan]; [Scan.Duplicates] compares what is local with the rest.
//
// A recipe is evaluated, not searched for words: files are parsed to
// statements (syntax.go), run over a store of variables with bitbake's rules
// for overrides, appends and defaults (store.go, evaluate.go), and values are
// expanded when they are asked for (expand.go), with a small reader of inline
// Python (python.go). The rules are those of the BitBake user manual, chapter
// "Syntax and Operators", and of bitbake's data_smart.py and ast.py. No code
// of a layer is ever run: shell and Python functions are skipped, and what
// only they could say is "unknown", with the reason among the problems.
//
// Everything read was written by strangers, so sizes, depths and steps have
// limits (limit.go), and what cannot be read is a [Problem], never a stop.
package layer

import (
	"time"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// Unknown is the PN or PV of a recipe whose value only running code could
// tell.
const Unknown = "unknown"

// A Source is one repository at one revision.
type Source struct {
	Name   string // how paths are named: NAME:path; unique, without slash or colon
	Repo   *git.Repo
	Rev    string // a revision, or "" for HEAD
	Subdir string // layers are looked for below it; "" is the whole tree
	Local  bool   // ours; else it is only compared with
}

// rev is the revision, which "" leaves to the repository.
func (src Source) rev() string {
	if src.Rev == "" {
		return "HEAD"
	}
	return src.Rev
}

// A Layer is a directory with a conf/layer.conf.
type Layer struct {
	Source     string
	Name       string // source, or source/path of the layer in it
	Path       string // inside the source, "" for its root
	Collection string
	Priority   int      // BBFILE_PRIORITY: the higher layer's recipe wins
	Series     []string // LAYERSERIES_COMPAT: releases that it is for
	Depends    []string // collections that it needs
}

// A Recipe is one recipe file, as its target variant without any other
// override than the active ones.
type Recipe struct {
	Source, Layer string
	File          string // path inside the source
	Blob          string // git blob hash of it
	PN, PV        string // [Unknown] if only code could tell; SRCPV counts as nothing
	PE, PR        string
	// Patches are the names in SRC_URI's order that recipe and includes carry,
	// PatchesEffective with the bbappends applied.
	Patches, PatchesEffective []string
	PatchFiles                []PatchFile // of PatchesEffective, in order
	Conditional               []Conditional
	Includes                  []string // files that it includes or requires, source:path
	Appends                   []string // bbappends that apply, source:path
	BBClassExtend             []string
	Remote                    []string // entries of SRC_URI that are not files
	SRCREV                    string
	TagPattern                string   // UPSTREAM_CHECK_GITTAGREGEX: which tags of its repository are releases; "" for what is usual
	Floating                  bool     // SRCREV is AUTOREV: which commit a build gets is not known
	Inactive                  string   // why bitbake would not take it in this set of layers, or ""
	Problems                  []string // what could not be known, with the reason
}

// A PatchFile is one patch that a recipe applies.
type PatchFile struct {
	Name     string // as SRC_URI has it
	Path     string // source:path; "" when it is not found in the layers scanned
	Blob     string // git blob hash of that file
	Via      string // "recipe", or "append" when a bbappend adds or replaces it
	Replaces string // source:path of the recipe's file that an append's file hides
	Strip    int    // of patch -p
	Dir      string // patchdir, or ""
	// Below is the directory of its source where it is applied, as S and
	// patchdir say: a plain path, "" for the top; [Unknown] where that is not
	// known, or is not in the first source.
	Below string
}

// A Conditional is a patch that is applied only in some builds.
type Conditional struct {
	Name     string
	Override string // "libc-musl", "class-native", or "DISTRO_FEATURES=pam" for a choice in Python
	Path     string // source:path, or ""
}

// An Append is one bbappend file.
type Append struct {
	Source, Layer string
	File          string   // path inside the source
	Blob          string   // git blob hash of it
	PN            string   // name up to the underscore
	Recipes       []string // source:path of recipes that it applies to; none: dangling
	Inactive      string   // as for recipes
}

// A Patch is a patch file found in a layer, used or not.
type Patch struct {
	Source, Path string
	Recipe       string // PN of the recipe that applies it first; "" for an orphan
	RecipeFile   string // source:path of that recipe
	Blob         string
	Subject      string
	Author       patch.Person
	Status       patch.UpstreamStatus
	CVE          []string
	SignedOff    bool
	PatchID      string // as git patch-id --stable; "" without hunks
	Plan         string // what the header says in free text or DEP-3 fields of its way upstream; ""
	Lines        int    // added and removed lines
	Life         Life   // zero where the history was not read
	Problem      string // why it cannot be read as a patch, or ""
}

// A Life is what the history of a layer says of one patch file, also under the
// paths that it had before.
type Life struct {
	Touches []Touch    // oldest first; those that only moved it count, too
	Keeper  git.Person // who answers for it now: who last changed it, mass edits of many files apart
}

// Added is when the file came; zero where it is not known.
func (l Life) Added() time.Time {
	if len(l.Touches) == 0 {
		return time.Time{}
	}
	return l.Touches[0].Time
}

// Touched is when the file was last touched, and by whom.
func (l Life) Touched() (time.Time, git.Person) {
	if len(l.Touches) == 0 {
		return time.Time{}, git.Person{}
	}
	last := l.Touches[len(l.Touches)-1]
	return last.Time, last.Author
}

// Refreshes are how often its diff was made anew: the rebases that it survived.
func (l Life) Refreshes() (n int) {
	for _, t := range l.Touches {
		if t.Kind == Refreshed {
			n++
		}
	}
	return n
}

// A TouchKind says what a commit did to a patch file.
type TouchKind string

// The kinds of touches.
const (
	Came      TouchKind = "came"      // it is new, or came back
	Refreshed TouchKind = "refreshed" // its diff is another one
	Retagged  TouchKind = "retagged"  // only what stands above the diff
	Moved     TouchKind = "moved"     // only its path
)

// A Touch is what one commit did to one patch file.
type Touch struct {
	Kind   TouchKind
	Commit string
	Time   time.Time // of the author, in UTC
	Author git.Person
	Path   string // that it had after it
}

// A Problem is something that could not be read or known.
type Problem struct {
	Source, File string
	Line         int // 0 if it is about the whole file
	Text         string
}
