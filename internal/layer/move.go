package layer

import "time"

// A MoveKind says by what a recipe moved to another version.
type MoveKind string

// The kinds of moves.
const (
	Renamed   MoveKind = "rename"  // foo_1.bb became foo_2.bb
	Versioned MoveKind = "version" // its PV is another, in the recipe or a file that it requires
	Revision  MoveKind = "srcrev"  // only its SRCREV is another
)

// A Move is one step of a recipe from one version to another, by one commit on
// the way to a layer's revision. It is read off the trees before and after the
// commit, not off the commit's words.
type Move struct {
	Source           string // name of the layer source
	Kind             MoveKind
	PN               string
	FileBefore, File string // path of the recipe before and after, inside the source
	From, To         string // [PE:]PV; the same where only the revision moved
	FromRev, ToRev   string // SRCREV; "" where there is none, or it did not move
	Back             bool   // To is older than From
	Commit           string // hash
	At               time.Time
	Patches          []PatchMove
}

// What becomes of a patch file when its recipe moves.
const (
	PatchKept      = "kept"      // the same, or the same but for its header or name
	PatchOffsets   = "offsets"   // only its line numbers are others: it still applied
	PatchRefreshed = "refreshed" // its context or its change is another
	PatchDropped   = "dropped"
	PatchAdded     = "added"
)

// A PatchMove is what a [Move] did to one patch file of the recipe.
type PatchMove struct {
	Name       string `json:"name"`             // file name after the move, of a dropped one before it
	Outcome    string `json:"outcome"`          // one of the constants
	BlobBefore string `json:"before,omitempty"` // git blob; "" for an added one
	Blob       string `json:"after,omitempty"`  // git blob; "" for a dropped one
	Words      string `json:"words,omitempty"`  // of a dropped one, what the commit message says of it: merged, obsolete, named; ""
}
