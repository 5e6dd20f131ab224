package pipeline

import (
	"time"

	"github.com/upstreamd/upstreamd/internal/layer"
)

// The kinds of moves of projects.
const (
	TagMove   layer.MoveKind = "tag"   // a tag became the newest release
	RetagMove layer.MoveKind = "retag" // a tag names another commit than before
)

// A Move is a version that moved: of a recipe of a layer, or of a project. Of a
// project Source and PN are its name, From and To its tags, and the revisions
// the commits of these.
type Move struct {
	layer.Move
	ID     int64  // of the store
	Branch string // of the layer; "" for a project
}

// OfProject says whether a project moved, not a recipe.
func (m Move) OfProject() bool { return m.Kind == TagMove || m.Kind == RetagMove }

// A MoveQuery asks for moves, newest first. The zero value is all of them.
type MoveQuery struct {
	Names  []string  // of recipes and projects; none: all
	Source string    // name of the layer or project; "": all
	Since  time.Time // from then on; zero: ever
	Until  time.Time // before then; zero: until now
	// A page begins behind the last move of the page before: its At and ID;
	// zero: with the newest.
	After   time.Time
	AfterID int64
	Limit   int // 0: all
}
