package pipeline_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// A teller is a person who decides about series of a town.
type teller struct {
	*town
	db *store.DB
}

func (p teller) say(kind change.DecisionKind, subject, object string) {
	p.t.Helper()
	d := change.Decision{Kind: kind, Subject: change.PostedKey(subject), By: "ada", At: p.now}
	if object != "" {
		d.Object = change.PostedKey(object)
	}
	if err := p.db.AddDecision(p.t.Context(), d); err != nil {
		p.t.Fatal(err)
	}
}

// series are all series with a mail whose message-id begins with "fives": the
// postings, who took over, the state.
func (p teller) series() string {
	p.t.Helper()
	all, err := p.db.Submissions(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	var lines []string
	for _, s := range all {
		var keys []string
		for _, one := range s.Sent {
			keys = append(keys, name(one.Key))
		}
		if !strings.HasPrefix(keys[0], "fives") {
			continue
		}
		line := strings.Join(keys, " ")
		for _, key := range s.TakenOver {
			line += " > " + name(key)
		}
		lines = append(lines, line+": "+s.State)
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

func name(messageID string) string {
	id, _, _ := strings.Cut(messageID, "@")
	return id
}

// TestTogether follows what people said of which postings are one series
// through everything that comes later.
func TestTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		p := teller{newTown(t), db}
		const ours, theirs, title = "@harbor.example.com", "@chips.example.com", "misc: count in fives"
		day := 0
		expect := func(when, want string) {
			t.Helper()
			for range 2 { // of which the second reads all anew
				p.on(db, day)
				if got := p.series(); got != want {
					t.Errorf("%s:\n got %s\nwant %s", when, got, want)
				}
				if _, err := pipeline.NewAssembler(db, p.set).Reread(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			day++
		}
		post := func(from, id, tag string) {
			p.patchMail("extfs-devel", from, id, "["+tag+"] "+title, "Why.\n\nv1: https://lists.example.org/r/fives-1"+ours+"/\n", "fives", day)
		}
		post(ana, "fives-1"+ours, "PATCH")
		expect("posted", "fives-1: new")
		post(ana, "fives-2"+ours, "PATCH v2")
		post(ivo, "fives-x"+theirs, "PATCH v2")
		expect("somebody else posts it", "fives-1 fives-2 > fives-x: new; fives-x: new")

		p.say(change.Separate, "fives-2"+ours, "fives-x"+theirs)
		expect("it does not go on with ours", "fives-1 fives-2: new; fives-x: new")
		post(ana, "fives-3"+ours, "PATCH v3")
		post(ivo, "fives-y"+theirs, "PATCH v3")
		expect("both go on", "fives-1 fives-2 fives-3: new; fives-x fives-y: new")

		p.say(change.Join, "fives-3"+ours, "fives-x"+theirs)
		p.say(change.Join, "fives-2"+ours, "fives-x"+theirs) // of which it was said that it does not
		expect("it does go on with ours, as it turns out", "fives-1 fives-2 fives-x fives-3 fives-y: new")
		p.say(change.Separate, "fives-2"+ours, "fives-1"+ours)
		for _, other := range []string{"fives-x" + theirs, "fives-3" + ours, "fives-y" + theirs} {
			p.say(change.Separate, "fives-2"+ours, other)
		}
		expect("one revision is another thing", "fives-1 fives-x fives-3 fives-y: new; fives-2: new")
		post(ana, "fives-4"+ours, "PATCH v4")
		expect("a later one does not bring it back", "fives-1 fives-x fives-3 fives-y fives-4: new; fives-2: new")
	})
}

// TestClosed: whoever closes a series closes just that, and whoever reopens it
// reopens it, whatever mails it is made of.
func TestClosed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		p := teller{newTown(t), db}
		const ours, theirs, title = "@harbor.example.com", "@chips.example.com", "misc: count in fives"
		p.patchMail("extfs-devel", ana, "fives-1"+ours, "[PATCH] "+title, "Why.\n", "fives", 0)
		p.patchMail("extfs-devel", ivo, "fives-x"+theirs, "[PATCH] "+title, "Why.\n", "fives", 1)
		p.patchMail("extfs-devel", edwin, "fives-a@extfs.example.org", "[PATCH 1/2] misc: a", "Why.\n", "a", 0)
		p.patchMail("extfs-devel", edwin, "fives-b@extfs.example.org", "[PATCH 2/2] misc: b", "Why.\n", "b", 0)
		box := p.boxes["lists/extfs-devel"]
		box[len(box)-1] = bytes.Replace(box[len(box)-1], []byte("\nSubject"), []byte("\nIn-Reply-To: <fives-a@extfs.example.org>\nSubject"), 1)
		expect := func(when, want, change string) {
			t.Helper()
			p.on(db, 2)
			if got := p.series(); got != want {
				t.Errorf("%s:\n got %s\nwant %s", when, got, want)
			}
			if got := stands(t, db, title); !strings.HasPrefix(got, change) {
				t.Errorf("%s: the change is %s, want %s", when, got, change)
			}
			p.now = p.now.Add(time.Hour)
		}
		expect("posted", "fives-1: new; fives-a: new; fives-x: new", "in review, wait")
		p.say(change.Abandoned, "fives-x"+theirs, "")
		expect("nobody goes on with theirs", "fives-1: new; fives-a: new; fives-x: abandoned", "in review, wait")
		p.say(change.Reopen, "fives-x"+theirs, "")
		p.say(change.Abandoned, "fives-1"+ours, "")
		expect("nor with ours", "fives-1: abandoned; fives-a: new; fives-x: new", "abandoned")
		p.say(change.Rejected, "fives-a@extfs.example.org", "")
		expect("one of two patches", "fives-1: abandoned; fives-a: new; fives-x: new", "abandoned")
		p.say(change.Rejected, "fives-b@extfs.example.org", "")
		expect("both", "fives-1: abandoned; fives-a: rejected; fives-x: new", "abandoned")
		p.say(change.Reopen, "fives-a@extfs.example.org", "")
		expect("reopened", "fives-1: abandoned; fives-a: new; fives-x: new", "abandoned")
	})
}
