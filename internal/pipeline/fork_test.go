package pipeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// Recipes that the product's layer forked.
const (
	netcrate = "recipes-support/netcrate/netcrate_2.3.bb"
	forkOf   = "netcrate: fork of meta-openwater's recipe"
)

// TestForks: what becomes of a forked recipe when either side moves, and what a
// person says of it.
func TestForks(t *testing.T) {
	static := `EXTRA_OEMESON += "-Ddefault_library=both"` + "\n"
	for _, tt := range []struct {
		name    string
		happens func(*town)
		want    string // how it stands
		told    string // of owner, reason and why
	}{
		{"upstream went on, and nothing was ours", func(*town) {}, "local, update fork", "nothing of it is ours"},
		{"we take what upstream has", func(tn *town) {
			tn.commit("meta-harbor", "main", "netcrate: as upstream has it", func(dir string) {
				tn.write(dir, netcrate, tn.git("meta-openwater", "show", "main:"+netcrate)+"\n")
			})
		}, "droppable, drop", "meta-openwater has the same recipe"},
		{"the same, with a file of ours beside it", func(tn *town) {
			tn.commit("meta-harbor", "main", "netcrate: as upstream has it", func(dir string) {
				tn.write(dir, netcrate, tn.git("meta-openwater", "show", "main:"+netcrate)+"\n")
				if err := os.MkdirAll(filepath.Join(dir, "recipes-support/netcrate/files"), 0o755); err != nil {
					tn.t.Fatal(err)
				}
				tn.write(dir, "recipes-support/netcrate/files/netcrate.conf", "a = b\n")
			})
		}, "local, update fork", "but other files for it"},
		{"as another branch of upstream has it, which is ahead", func(tn *town) {
			tn.git("meta-openwater", "branch", "next", "main")
			tn.commit("meta-openwater", "next", "netcrate: quiet", func(dir string) {
				tn.edit(filepath.Join(dir, netcrate), "inherit meson\n", "inherit meson\n\nEXTRA_OEMESON += \"-Dquiet=true\"\n")
			})
			tn.commit("meta-harbor", "main", "netcrate: as next has it", func(dir string) {
				tn.write(dir, netcrate, tn.git("meta-openwater", "show", "next:"+netcrate)+"\n")
			})
		}, "probably merged, confirm", "looks like it"},
		{"the same text, but its name says an older version", func(tn *town) {
			tn.commit("meta-harbor", "main", "netcrate: 2.2", func(dir string) {
				tn.write(dir, netcrate, tn.git("meta-openwater", "show", "main:"+netcrate)+"\n")
				tn.rename(dir, netcrate, strings.Replace(netcrate, "2.3", "2.2", 1))
			})
		}, "local, update fork", "nothing of it is ours"},
		{"the same text, but its name says a newer version", func(tn *town) {
			tn.commit("meta-harbor", "main", "netcrate: 2.4", func(dir string) {
				tn.write(dir, netcrate, tn.git("meta-openwater", "show", "main:"+netcrate)+"\n")
				tn.rename(dir, netcrate, strings.Replace(netcrate, "2.3", "2.4", 1))
			})
		}, "local, post", "meta-openwater has 2.3 only"},
		{"the same, without upstream's file for one machine", func(tn *town) {
			put := func(dir, name string) {
				name = filepath.Join("recipes-support/netcrate/files", name)
				if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
					tn.t.Fatal(err)
				}
				tn.write(dir, name, "a = b\n")
			}
			tn.commit("meta-openwater", "main", "netcrate: settings", func(dir string) {
				put(dir, "netcrate.conf")
				put(dir, "harbor/netcrate.conf")
			})
			tn.commit("meta-harbor", "main", "netcrate: as upstream has it", func(dir string) {
				tn.write(dir, netcrate, tn.git("meta-openwater", "show", "main:"+netcrate)+"\n")
				put(dir, "netcrate.conf")
			})
		}, "local, update fork", "but other files for it"},
		{"we add a line of our own", func(tn *town) {
			tn.commit("meta-harbor", "main", "netcrate: quiet", func(dir string) {
				tn.edit(filepath.Join(dir, netcrate), "inherit meson\n", "inherit meson\n\nEXTRA_OEMESON += \"-Dquiet=true\"\n")
			})
		}, "local, post", "send what differs to meta-openwater"},
		{"we are ahead, and say so upstream", func(tn *town) {
			tn.commit("meta-harbor", "main", "netcrate: 2.4", func(dir string) {
				tn.write(dir, netcrate, tn.git("meta-openwater", "show", "main:"+netcrate)+"\nDESCRIPTION = \"packs\"\n")
				tn.rename(dir, netcrate, strings.Replace(netcrate, "2.3", "2.4", 1))
			})
		}, "local, post", "meta-openwater has 2.3 only"},
		{"upstream overtakes what we changed", func(tn *town) {
			tn.commit("meta-harbor", "main", "netcrate: quiet", func(dir string) {
				tn.edit(filepath.Join(dir, netcrate), "inherit meson\n", "inherit meson\n\nEXTRA_OEMESON += \"-Dquiet=true\"\n")
			})
			tn.commit("meta-openwater", "main", "netcrate: 2.5", func(dir string) {
				tn.edit(filepath.Join(dir, netcrate), static, "")
				tn.rename(dir, netcrate, strings.Replace(netcrate, "2.3", "2.5", 1))
			})
		}, "local, update fork", "meta-openwater has 2.5: rebase the fork onto it"},
		{"the layer drops it", func(tn *town) {
			tn.commit("meta-harbor", "main", "netcrate: take upstream's", func(dir string) { tn.remove(dir, netcrate) })
		}, "dropped", "the layer dropped it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tn, db := newTown(t), storetest.SQLite(t)
			tn.sync(db)
			tt.happens(tn)
			tn.sync(db)
			if got, told := fork(t, db, "meta-harbor@main"); got != tt.want || !strings.Contains(told, tt.told) {
				t.Errorf("%s (%s), want %s, with %q", got, told, tt.want, tt.told)
			}
			if again := tn.sync(db); len(again) > 0 {
				t.Errorf("a second pass found %v", again)
			}
		})
	}
}

// fork is how the fork of netcrate stands in a place, with reason and why.
func fork(t *testing.T, db *store.DB, place string) (stands, told string) {
	t.Helper()
	rows, _, err := db.FindChanges(t.Context(), store.ChangeQuery{All: true})
	if err != nil {
		t.Fatal(err)
	}
	stands = "nothing"
	for _, r := range rows {
		if r.Title == forkOf && r.Place == place && (stands == "nothing" || r.Status != change.NotCarried) {
			stands, told = strings.TrimSuffix(string(r.Status)+", "+string(r.Action), ", "), r.Reason+" | "+r.Why
		}
	}
	return stands, told
}

// TestForkPosted: a mail that makes the edit by which a fork differs is about
// the same change, and a fork that upstream merges can go.
func TestForkPosted(t *testing.T) {
	tn, db := newTown(t), storetest.SQLite(t)
	line := "SYSTEMD_SERVICE:${PN} = \"sextantd.service\"\n" // as somebody posted it
	tn.commit("meta-harbor", "main", "sextantd: our own recipe", func(dir string) {
		file := "recipes-connectivity/sextantd/sextantd_5.6.bb"
		tn.write(dir, file, tn.git("meta-openwater", "show", "main:"+file)+"\n\n"+line)
	})
	tn.sync(db)
	c := changeAt(t, db, "meta-harbor@main", "sextantd_5.6.bb")
	posted := false
	for _, s := range c.Sightings {
		posted = posted || s.Kind == change.Posted
	}
	if !posted {
		t.Errorf("%q is not known to be on the list: %+v", c.Title, c.Sightings)
	}
}

// changeAt is the change that a place carries by a file of this name.
func changeAt(t *testing.T, db *store.DB, place, file string) store.Change {
	t.Helper()
	rows, _, err := db.FindChanges(t.Context(), store.ChangeQuery{All: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Place != place {
			continue
		}
		c, err := db.Change(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range c.Sightings {
			if s.Kind == change.Carried && strings.HasSuffix(s.Path, "/"+file) {
				return c
			}
		}
	}
	t.Fatalf("nothing carried in %s by %s", place, file)
	return store.Change{}
}

// TestVerdicts: what a person says of a fork decides, whatever moves since, and
// what means nothing is refused.
func TestVerdicts(t *testing.T) {
	tn, db := newTown(t), storetest.SQLite(t)
	tn.sync(db)
	say := func(word string, hours int) error {
		return db.AddDecision(t.Context(), change.Decision{
			Kind: change.Disposition, Subject: change.DuplicateKey("fork", "meta-harbor", "netcrate", "meta-openwater"),
			Object: word, Note: "because", By: "ada", At: tn.now.Add(time.Duration(hours) * time.Hour),
		})
	}
	if err := say("whatever", 0); err == nil || !strings.Contains(err.Error(), "Distro-specific") {
		t.Errorf("a word without meaning: %v", err)
	}
	for i, tt := range []struct{ word, want string }{
		{"Distro-specific", "never upstream"}, {"Equivalent", "droppable, drop"}, {"", "local, update fork"},
	} {
		if err := say(tt.word, i); err != nil {
			t.Fatal(err)
		}
		tn.sync(db)
		if got, told := fork(t, db, "meta-harbor@main"); got != tt.want {
			t.Errorf("after %q: %s, want %s: %s", tt.word, got, tt.want, told)
		}
		if got, _ := fork(t, db, "meta-harbor-4@harbor-4"); got != "local, update fork" {
			t.Errorf("after %q elsewhere: %s", tt.word, got)
		}
	}
}

// TestFloating: a recipe that builds whatever is newest has no version.
func TestFloating(t *testing.T) {
	tn, db := newTown(t), storetest.SQLite(t)
	tn.commit("meta-harbor", "main", "extfs-tools: whatever is newest", func(dir string) {
		tn.edit(filepath.Join(dir, recipe), "inherit autotools", "SRCREV = \"${AUTOREV}\"\n\ninherit autotools")
	})
	tn.sync(db)
	const title = "lib/xattr: hash names byte by byte as unsigned"
	if got, told := at(t, db, title, "meta-harbor@main"), told(t, db, title, "meta-harbor@main"); got != "merged, correct tag" || !strings.Contains(told, "(AUTOREV)") {
		t.Errorf("%s (%s), want merged, with AUTOREV told", got, told)
	}
	pins, err := pipeline.Pins(t.Context(), db, tn.set)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pins {
		if p.Project == "extfs-tools" && p.Place == "meta-harbor@main" {
			t.Errorf("a floating recipe pins %+v", p)
		}
	}
}
