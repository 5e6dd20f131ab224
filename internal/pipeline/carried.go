package pipeline

import (
	"time"

	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// A Carried is a patch file that a local layer carries, or once carried.
type Carried struct {
	Key        string // change.CarriedKey
	Source     int64  // id of the layer's source
	Layer      string
	Branch     string
	Path       string
	Recipe     string // PN; "" for an orphan
	RecipeFile string
	PV         string
	Position   int // in the recipe's queue, from 1
	Strip      int
	Blob       string
	Subject    string
	Author     string
	Status     patch.UpstreamStatus
	Added      time.Time
	Toucher    string
	Touched    time.Time
	Dropped    time.Time // zero while it is carried
}

// A LayerScan is what one scan found in one layer source, to replace what was
// known of it.
type LayerScan struct {
	Source  int64
	Recipes []layer.Recipe
	Appends []layer.Append
	Carried []Carried // of local layers only; those known and absent are dropped
	At      time.Time // commit time of the scanned tip
}
