package pipeline

import (
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// A CarriedKind says what of a local layer is a change.
type CarriedKind string

// The kinds of what a layer carries.
const (
	CarriedFile  CarriedKind = "patch" // a patch file, meant for the software
	CarriedDelta CarriedKind = "delta" // what a forked recipe has other than upstream's, meant for the upstream layer
)

// A Carried is a patch file or forked recipe that a local layer carries, or
// once carried.
type Carried struct {
	Kind       CarriedKind
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
	Below      string // directory of its source where it is applied: layer.PatchFile
	Blob       string
	Subject    string
	Author     string
	Status     patch.UpstreamStatus
	Added      time.Time
	Toucher    string
	Touched    time.Time
	Keeper     string    // address of who answers for it now: layer.Life
	Refreshes  int       // how often it was made anew: layer.Life
	Plan       string    // what the header says in free text of its way upstream; ""
	Lines      int       // added and removed
	CVE        []string  // that it says it mends
	Dropped    time.Time // zero while it is carried
	Floating   bool      // the recipe builds whatever is newest: PV says nothing of it
	// Of a delta, the upstream recipe that it is compared with: its layer, path,
	// blob ("" where it is not there any more) and [PE:]PV.
	Other, OtherFile, OtherBlob, OtherVersion string
	Renamed                                   bool // it has another PN
	Relation                                  change.Relation
}

// A LayerScan is what one scan found in one layer source, to replace what was
// known of it.
type LayerScan struct {
	Source  int64
	Branch  string // "": that of what is carried
	Foreign bool   // it is no local layer (any more): nothing is carried, nor was dropped
	Recipes []layer.Recipe
	Appends []layer.Append
	Carried []Carried      // of local layers only; those known and absent are dropped
	Trend   []layer.Sample // how the layer became what it is; nil leaves what is known
	At      time.Time      // commit time of the scanned tip
}
