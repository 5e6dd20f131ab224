package pipeline

import (
	"testing"

	"github.com/upstreamd/upstreamd/internal/layer"
)

// TestNeeds: of several recipes that apply one file that one counts which needs
// it longest, in whatever order they are read.
func TestNeeds(t *testing.T) {
	for _, tt := range []struct{ counts, other layer.Recipe }{
		{layer.Recipe{PV: "1.9"}, layer.Recipe{PV: "1.10"}},
		{layer.Recipe{PV: "2.0"}, layer.Recipe{PE: "1", PV: "1.0"}},
		{layer.Recipe{PV: "1.10"}, layer.Recipe{PV: "1.9", Inactive: "masked"}},
		{layer.Recipe{PV: "2.0+git", Floating: true}, layer.Recipe{PV: "1.0"}},
		{layer.Recipe{PV: layer.Unknown}, layer.Recipe{PV: "1.0"}},
	} {
		a, b := carriedIn{recipe: tt.counts}, carriedIn{recipe: tt.other}
		if !a.needs(b) || b.needs(a) {
			t.Errorf("%+v does not count rather than %+v", tt.counts, tt.other)
		}
	}
}
