package pipeline

import "time"

// A Behind says how the version of one recipe of a local layer stands to those
// of upstream layers and to the newest release of its project. Recipes that
// are neither anywhere else nor have a known project are left out.
type Behind struct {
	Layer    string // name of the local layer source
	PN       string
	File     string // path of the recipe in it; of a bbappend or patch without a recipe of its own ""
	Version  string // [PE:]PV; "" where it is not known
	Floating bool   // it builds whatever is newest (AUTOREV)
	Upstream []OtherVersion
	Project  string    // configured project that it is built from; ""
	Tag      string    // that its version stands for; "" where none does
	Newest   string    // newest release's tag; ""
	NewestAt time.Time // commit time of Newest
	Newer    bool      // the newest release is newer
	// Remote is the git address that SRC_URI names where no project is
	// configured for it: one that [[project]] could be told. "" elsewhere.
	Remote string
	// Since is the first time that there was something newer than Version;
	// zero: there is nothing newer, or it is not known since when.
	Since time.Time
}

// An OtherVersion is the recipe of the same name in an upstream layer.
type OtherVersion struct {
	Layer   string    `json:"layer"` // name of the source
	File    string    `json:"file"`
	Version string    `json:"version"` // [PE:]PV
	Order   int       `json:"order"`   // -1: older than ours, 0: the same or not known, 1: newer
	Since   time.Time `json:"since"`   // when that layer first moved past ours; zero: it did not, or it is not known
}

// IsBehind says whether anything newer is known.
func (b Behind) IsBehind() bool {
	for _, o := range b.Upstream {
		if o.Order > 0 {
			return true
		}
	}
	return b.Newer
}
