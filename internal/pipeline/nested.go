package pipeline

import (
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// A Nested is a patch file that a posted patch adds or edits: the second
// change of a patch to a layer, meant for the project that the layer builds.
type Nested struct {
	Key       string   // change.OfferedKey
	MessageID string   // of the posted patch
	Path      string   // in the layer
	Recipes   []string // PNs that it may be for, the likeliest first
	Subject   string   // of the patch in the file, else the file's name
	Author    string   // of the same, address, lower case
	Status    patch.UpstreamStatus
	Problem   string // why there is no patch to compare; "" if there is
}

// A Twin is a patch file that an upstream layer has or once had, and that is
// like a patch of ours.
type Twin struct {
	Of                  string // key of ours
	Key                 string // change.ElsewhereKey
	Layer, Branch, Path string
	Blob                string // of its version that is most like ours
	One                 bool   // it is the same change; else one near it
	Came                Passage
	Went                Passage // zero while the branch has a version that is like ours
	Same                string  // as in change.Likeness
	Score               float64
	Evidence            []change.Evidence
}

// A Passage is the commit by which a patch file came into a layer, or went.
type Passage struct {
	Commit string
	Time   time.Time
}
