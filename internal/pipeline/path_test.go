package pipeline_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// story is what the main path makes of the generated world, as package demo
// tells it: title | place | status | action | owner.
const story = `
Makefile: respect LDFLAGS                              | meta-harbor-4@harbor-4 | local             | post        | Tomasz
Makefile: respect LDFLAGS                              | meta-harbor@main       | local             | post        | Tomasz
dumpextfs: print values that are not text in hex       | meta-harbor@main       | queued            | wait
escape: escape commas in values                        | meta-harbor@main       | merged            | correct tag | Ana
extfs-tools: fork of meta-openwater's recipe           | meta-harbor-4@harbor-4 | local             | update fork | Tomasz
extfs-tools: fork of meta-openwater's recipe           | meta-harbor@main       | local             | update fork | Tomasz
extfsck: check the length of security labels           | meta-harbor@main       | reverted          | revise      | Tomasz
gullmail: fork of meta-openwater-extras's recipe       | meta-harbor@main       | droppable         | drop        | Ana
lib/alloc: keep attribute blocks near their inodes     | meta-harbor-4@harbor-4 | local             | rebase      | Tomasz
lib/alloc: keep attribute blocks near their inodes     | meta-harbor@main       | local             | rebase      | Tomasz
lib/inode: refuse inodes of impossible size            | extfs-tools            | merged            | wait
lib/xattr: check where a value ends without overflow   | meta-harbor-4@harbor-4 | merged            | wait
lib/xattr: check where a value ends without overflow   | meta-harbor@main       | droppable         | drop        | Tomasz
lib/xattr: hash names byte by byte as unsigned         | meta-harbor-4@harbor-4 | merged            | correct tag | Mira
lib/xattr: hash names byte by byte as unsigned         | meta-harbor@main       | droppable         | drop        | Mira
libmoor: fork of meta-openwater's recipe               | meta-harbor@main       | local
linux-harbor: fork of meta-openwater's linux-openwater | meta-harbor@main       | local
looproot: fork of meta-openwater-extras's recipe       | meta-harbor-4@harbor-4 | local             | post        | Tomasz
looproot: fork of meta-openwater-extras's recipe       | meta-harbor@main       | local             | post        | Ana
man: say that mkextfs keeps labels                     | extfs-tools            | in review         | wait
manifest: notice when a label cannot be copied         | libbuoy                | ignored           | send elsewhere | Tomasz
mkextfs: add an option for file contexts               | meta-harbor-4@harbor-4 | applied (claimed) | ping        | Mira
mkextfs: add an option for file contexts               | meta-harbor@main       | applied (claimed) | ping        | Mira
mkextfs: do not ask the build host for its policy      | meta-harbor-4@harbor-4 | local
mkextfs: do not ask the build host for its policy      | meta-harbor@main       | local
mkextfs: take the time from SOURCE_DATE_EPOCH          | meta-harbor@main       | changes requested | revise      | Tomasz
mount: use the loop devices of harbor                  | meta-harbor@main       | local             | correct tag | Ana
netcrate: fork of meta-openwater's recipe              | meta-harbor-4@harbor-4 | local             | update fork | Tomasz
netcrate: fork of meta-openwater's recipe              | meta-harbor@main       | local             | update fork | Tomasz
netcrate: package the static library                   | meta-openwater         | merged            | wait
openwater-image: document IMAGE_LABELS                 | meta-openwater         | in review         | answer      | Tomasz
openwater-image: let an image say its file contexts    | meta-openwater         | in review         | answer      | Tomasz
parse: name the key that is not known                  | meta-harbor@main       | in review         | wait
parse: refuse sizes that do not fit                    | meta-harbor@main       | merged            | wait
parse: skip labels of other tools                      | meta-harbor@main       | local             | correct tag | Tomasz
populate: find hard links by device and inode          | meta-harbor@main       | ignored           | ping        | Ana
populate: keep labels of symlinks                      | meta-harbor-4@harbor-4 | merged            | correct tag | Mira
populate: keep labels of symlinks                      | meta-harbor@main       | merged            | wait
populate: keep the times of a file with several names  | meta-harbor@main       | ignored           | ping        | Ana
populate: let the table of links grow faster           | meta-harbor@main       | ignored           | ping        | Ana
populate: no time after SOURCE_DATE_EPOCH              | extfs-tools            | changes requested | revise      | Tomasz
populate: read security labels of files                | meta-harbor-4@harbor-4 | merged            | correct tag | Mira
populate: read security labels of files                | meta-harbor@main       | merged            | correct tag | Mira
tests: run without valgrind                            | meta-harbor@main       | local             | correct tag | Ana
`

func wantStory() []string { return strings.Split(strings.TrimSpace(story), "\n") }

// TestMainPath: from repositories and mails to what is to be done. A second
// pass finds nothing, and both engines know the same.
func TestMainPath(t *testing.T) {
	dumps := map[string]string{}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		tn := newTown(t)
		done := tn.sync(db)
		if len(done) != 10 {
			t.Errorf("not every stage did something: %v", done)
		}
		if diff := cmp.Diff(wantStory(), standings(t, db, store.ChangeQuery{})); diff != "" {
			t.Errorf("the story (-want +got):\n%s", diff)
		}
		for _, fork := range forks() {
			if !slices.ContainsFunc(strings.Split(dump(t, db, "duplicate"), "\n"), fork.in) {
				t.Errorf("the fork is missing: %v", fork)
			}
		}
		first := dump(t, db)
		if again := tn.sync(db); len(again) > 0 {
			t.Errorf("a second pass found %v", again)
		}
		if diff := cmp.Diff(first, dump(t, db)); diff != "" {
			t.Errorf("a second pass changed (-first +second):\n%s", diff)
		}
		dumps[db.Driver()] = strings.ReplaceAll(first, tn.repos, "REPOS")
	})
	if len(dumps) == 2 {
		if diff := cmp.Diff(dumps[store.SQLite], dumps[store.Postgres]); diff != "" {
			t.Errorf("the engines differ (-sqlite +postgres):\n%s", diff)
		}
	}
}

// A words is what one line of the dump has.
type words []string

func (w words) in(line string) bool {
	return !slices.ContainsFunc(w, func(word string) bool { return !strings.Contains(line, word) })
}

// forks are that upstream overtook one and dropped another, with the news.
func forks() []words {
	return []words{
		{`"kind":"fork"`, `"local_version":"1.47.2"`, `"other_version":"1.48.0"`, `"relation":"local-older"`, `"Kind\":\"overtaken\"`, `"Version\":\"1.47.3\"`},
		{`"kind":"fork"`, `"local_file":"recipes-support/libmoor/libmoor_1.6.bb"`, `"first":"upstream"`, `"Kind\":\"dropped\"`, `2026-05-06`},
	}
}

// known are the tables of what is known, whatever way it came.
var known = []string{"series", "posting", "trailer", "change", "sighting", "match", "claim", "flag", "standing", "status"}

// TestOrderOfMails: mails that come in another order, in pieces, twice, or as
// files of another form make the same series, changes and statuses.
func TestOrderOfMails(t *testing.T) {
	plain := storetest.SQLite(t)
	newTown(t).sync(plain)
	want := dump(t, plain, known...)
	for _, tt := range []struct {
		name string
		run  func(*testing.T, *town, *store.DB)
	}{
		{"newest first", func(t *testing.T, tn *town, db *store.DB) {
			for _, mails := range tn.boxes {
				reverse(mails)
			}
			tn.sync(db)
		}},
		{"shuffled, half of them later", func(t *testing.T, tn *town, db *store.DB) {
			whole := map[string][][]byte{}
			for name, mails := range tn.boxes {
				shuffle(mails)
				whole[name], tn.boxes[name] = mails, mails[:len(mails)/2]
			}
			tn.sync(db)
			tn.boxes = whole
			tn.sync(db)
		}},
		{"in two mailboxes", func(t *testing.T, tn *town, db *store.DB) {
			tn.boxes["all"] = nil
			for _, name := range tn.set.Accounts[0].Mailboxes {
				tn.boxes["all"] = append(tn.boxes["all"], tn.boxes[name]...)
			}
			tn.set.Accounts[0].Mailboxes = append(tn.set.Accounts[0].Mailboxes, "all")
			tn.sync(db)
		}},
		{"as mbox files", func(t *testing.T, tn *town, db *store.DB) {
			tn.set.Accounts = nil
			for i, l := range tn.set.Lists {
				path := filepath.Join(t.TempDir(), l.Name+".mbox")
				tn.set.Lists[i].Files = []string{path}
				writeMbox(t, path, tn.boxes["lists/"+l.Name])
			}
			tn.sync(db)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tn, db := newTown(t), storetest.SQLite(t)
			tt.run(t, tn, db)
			if diff := cmp.Diff(want, dump(t, db, known...)); diff != "" {
				t.Errorf("what is known (-in order +so):\n%s", diff)
			}
			if again := tn.sync(db); len(again) > 0 {
				t.Errorf("a second pass found %v", again)
			}
		})
	}
}

// decisions are what a person says of a change, and how it stands in a place
// then: status, action, and a word of owner, reason or why.
var decisions = []struct {
	title, place string
	decide       func(*town, store.Change) []change.Decision
	want, told   string
}{
	{"populate: read security labels of files", "meta-harbor@main", func(_ *town, c store.Change) []change.Decision {
		return onAllMatches(c, change.Reject)
	}, "applied (claimed), ping", ""},
	{"populate: keep labels of symlinks", "meta-harbor-4@harbor-4", func(_ *town, c store.Change) []change.Decision {
		return append(onAllMatches(c, change.Reject), onAllMatches(c, change.Confirm)...)
	}, "merged, correct tag", ""},
	{"mkextfs: add an option for file contexts", "meta-harbor@main", func(tn *town, c store.Change) []change.Decision {
		return onFirst(c, change.Link, tn.labelLength())
	}, "merged, correct tag", "first in v1.47.3"},
	{"populate: find hard links by device and inode", "meta-harbor@main", func(tn *town, c store.Change) []change.Decision {
		return append(onFirst(c, change.Link, tn.labelLength()), onFirst(c, change.Reject, tn.labelLength())...)
	}, "ignored, ping", ""},
	{"dumpextfs: print values that are not text in hex", "meta-harbor@main", func(tn *town, c store.Change) []change.Decision {
		return append(onFirst(c, change.Link, tn.labelLength()), onAllMatches(c, change.Confirm)...)
	}, "queued, wait", ""},
	{"tests: run without valgrind", "meta-harbor@main", func(_ *town, c store.Change) []change.Decision {
		return onFirst(c, change.Own, "Mira Solberg")
	}, "local, correct tag", "Mira"},
	{"Makefile: respect LDFLAGS", "meta-harbor@main", func(_ *town, c store.Change) []change.Decision {
		return onFirst(c, change.NeverUpstream, "")
	}, "never upstream", "because"},
	{"mkextfs: take the time from SOURCE_DATE_EPOCH", "meta-harbor@main", func(_ *town, c store.Change) []change.Decision {
		return append(onFirst(c, change.NeverUpstream, ""), onFirst(c, change.Reopen, "")...)
	}, "changes requested, revise", ""},
	{"lib/alloc: keep attribute blocks near their inodes", "meta-harbor@main", func(_ *town, c store.Change) []change.Decision {
		return onFirst(c, change.Replaced, "")
	}, "replaced", "because"},
	{"mkextfs: read the directory from an archive", "extfs-tools", func(_ *town, c store.Change) []change.Decision {
		return onFirst(c, change.IsOurs, "")
	}, "ignored, ping", ""},
}

// labelLength is a commit that has to do with none of the changes above.
func (tn *town) labelLength() string {
	return change.CommitKey("extfs-tools", tn.commits["extfs-tools/label-length"])
}

func onFirst(c store.Change, kind change.DecisionKind, object string) []change.Decision {
	return []change.Decision{{Kind: kind, Subject: c.Sightings[0].Key, Object: object, Note: "because"}}
}

func onAllMatches(c store.Change, kind change.DecisionKind) []change.Decision {
	var all []change.Decision
	for _, m := range c.Matches {
		if m.Commit != "" {
			all = append(all, change.Decision{Kind: kind, Subject: m.Sighting, Object: change.CommitKey(m.Project, m.Commit)})
		}
	}
	return all
}

// TestDecisions: what a person says wins over the evidence, also when all is
// looked at again, and when the cache has been deleted.
func TestDecisions(t *testing.T) {
	tn, db := newTown(t), storetest.SQLite(t)
	tn.sync(db)
	for _, tt := range decisions {
		for i, d := range tt.decide(tn, findChange(t, db, tt.title)) {
			d.By, d.At = "ada", tn.now.Add(time.Duration(i)*time.Second)
			if err := db.AddDecision(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
	}
	tn.sync(db)
	check := func(when string) {
		t.Helper()
		for _, tt := range decisions {
			if got := at(t, db, tt.title, tt.place); got != tt.want {
				t.Errorf("%s: %q in %s is %q, want %q", when, tt.title, tt.place, got, tt.want)
			}
			if told := told(t, db, tt.title, tt.place); !strings.Contains(told, tt.told) {
				t.Errorf("%s: %q: owner, reason and why %q lack %q", when, tt.title, told, tt.told)
			}
		}
	}
	check("at once")
	decided := dump(t, db)
	if again := tn.sync(db); len(again) > 0 {
		t.Errorf("a second pass found %v", again)
	}
	if err := os.RemoveAll(tn.set.Cache); err != nil {
		t.Fatal(err)
	}
	tn.sync(db)
	check("with a new cache")
	if diff := cmp.Diff(decided, dump(t, db)); diff != "" {
		t.Errorf("a new cache changed (-before +after):\n%s", diff)
	}
}

// told is owner, reason and why of a change in a place.
func told(t *testing.T, db *store.DB, title, place string) string {
	t.Helper()
	for _, st := range findChange(t, db, title).Standings {
		if st.Place == place {
			return strings.Join([]string{st.Owner, st.Reason, st.Why}, " | ")
		}
	}
	return ""
}

// TestClock: when time alone passes, what was in review becomes ignored, each
// at its moment; what was ignored for so long is to be sent to the layer that
// has its recipe; and nothing else changes.
func TestClock(t *testing.T) {
	tn, db := newTown(t), storetest.SQLite(t)
	tn.sync(db)
	before := standings(t, db, store.ChangeQuery{All: true})
	tn.now = tn.now.Add(60 * 24 * time.Hour)
	done := tn.sync(db)
	if len(done) != 1 || done["judge"] == "" {
		t.Errorf("time alone made %v", done)
	}
	waiting := 0
	for i, line := range standings(t, db, store.ChangeQuery{All: true}) {
		want := before[i]
		asked := strings.Contains(want, "| answer ") // what waits for us is not ignored
		if !asked && strings.Contains(want, "| in review ") || strings.HasSuffix(want, "| in review") {
			waiting++
			want = strings.TrimSpace(strings.NewReplacer("| in review  ", "| ignored    ", "| in review", "| ignored",
				"| wait", "| ping        | "+poster(line)).Replace(want))
		}
		if strings.Contains(want, "| meta-harbor") && strings.Contains(want, "| ignored ") {
			want = strings.Replace(want, "| ping        |", "| send elsewhere |", 1)
		}
		if line != want {
			t.Errorf("after 60 days %q, want %q", line, want)
		}
	}
	if waiting < 5 {
		t.Errorf("only %d in review at first", waiting)
	}
}

// poster is who the last column of a line of standings names.
func poster(line string) string { return line[strings.LastIndex(line, "| ")+2:] }
