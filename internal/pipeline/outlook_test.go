package pipeline

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
)

// versionStore knows versions and one layer.
type versionStore struct {
	flagStore
	versions []RecipeVersion
}

func (s versionStore) Versions(context.Context) ([]RecipeVersion, error) { return s.versions, nil }
func (s versionStore) Sources(context.Context) ([]Source, error) {
	return []Source{{ID: 1, Kind: LayerSource, Name: "core"}}, nil
}
func (s versionStore) Tips(context.Context, int64) ([]git.Tip, error) {
	return []git.Tip{{Ref: "refs/heads/main", Hash: "1", Time: time.Unix(1_750_000_000, 0)}}, nil
}

// TestOutlooks: a likelihood for what nothing was tried on, where upstream is
// newer, and for nothing else.
func TestOutlooks(t *testing.T) {
	db := versionStore{versions: []RecipeVersion{
		{"core", "tool", "1.3.0"}, {"core", "tool", "1.2.0"}, {"core", "old", "0.9"}, {"core", "tested", "2.0"}, {"ours", "tool", "9"},
	}}
	r := NewRebaser(db, db, nil, Settings{Layers: []Layer{{Name: "core", Branch: "main"}, {Name: "ours", Local: true}}})
	carried := func(key, pn, pv string, more func(*Carried)) Carried {
		c := Carried{Kind: CarriedFile, Key: key, Layer: "ours", Path: "x/" + key + ".patch", Recipe: pn, RecipeFile: pn + ".bb", PV: pv, Position: 1}
		if more != nil {
			more(&c)
		}
		return c
	}
	trials, err := r.outlooks(t.Context(), []Carried{
		carried("likely", "tool", "1.2.3", nil),
		carried("newer here", "old", "1.0", nil),
		carried("tried", "tested", "1.0", nil),
		carried("not upstream", "alien", "1.0", nil),
		carried("floating", "tool", "1.0", func(c *Carried) { c.RecipeFile, c.Floating = "tool_git.bb", true }),
		carried("gone", "tool", "1.2.3", func(c *Carried) { c.Dropped = time.Unix(1, 0) }),
	}, []trial{{role: change.PinnedFlag, keys: []string{"tried"}}})
	if err != nil || len(trials) != 1 || len(trials[0].keys) != 1 || trials[0].keys[0] != "likely" || trials[0].role != change.OutlookFlag || trials[0].print == "" {
		t.Fatalf("%+v, %v", trials, err)
	}
}

// TestOutlookFlag: it says the likelihoods, and that they are no more.
func TestOutlookFlag(t *testing.T) {
	o := outlook{patches: make([]Carried, 1), to: RecipeVersion{"core", "tool", "1.3.0"}, tip: git.Tip{Time: time.Unix(1_750_000_000, 0)}}
	c := Carried{Key: "k", Path: "files/0001-fix.patch", PV: "1.2.3", Status: patch.UpstreamStatus{Kind: "Backport", Detail: "[https://example.org/c/0123456789ab]"}}
	f, err := o.ranked(c, 0, []byte("no patch"))
	if err != nil {
		t.Fatal(err)
	}
	var likely map[string]float64
	if err := json.Unmarshal([]byte(f.Hunks), &likely); err != nil {
		t.Fatal(err)
	}
	if sum := likely["kept"] + likely["refreshed"] + likely["dropped"]; math.Abs(sum-1) > .002 {
		t.Errorf("likelihoods %v add up to %v", likely, sum)
	}
	if f.Sighting != "k" || f.Role != change.OutlookFlag || f.Version != "1.3.0" || f.Outcome != "dropped" || !strings.HasPrefix(f.Detail, "likely dropped (") {
		t.Errorf("%+v", f)
	}
	if f.Words() != "" || f.Broken() {
		t.Errorf("the rules would act on it: %q", f.Words())
	}
}
