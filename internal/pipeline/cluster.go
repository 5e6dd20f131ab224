package pipeline

import "github.com/upstreamd/upstreamd/internal/change"

// A Cluster is all sightings that are one change, with the standings that
// follow from them.
type Cluster struct {
	Title     string // the subject of its newest sighting
	Ours      bool
	Sightings []change.Sighting
	Standings []change.Standing // Place and Local are set
}
