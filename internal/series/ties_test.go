package series

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

// connected parts mails into what has ties in common, decisions included.
func connected(mails []Mail, hands []Hand) (parts [][]Mail) {
	up := map[int64]int64{}
	find := func(t int64) int64 {
		if _, ok := up[t]; !ok {
			up[t] = t
		}
		for up[t] != t {
			up[t] = up[up[t]]
			t = up[t]
		}
		return t
	}
	one := func(ties []int64) {
		for _, t := range ties {
			up[find(t)] = find(ties[0])
		}
	}
	for i := range mails {
		one(Ties(&mails[i]))
	}
	for _, h := range hands {
		one(h.Ties())
	}
	at := map[int64]int{}
	for i := range mails {
		root := find(Ties(&mails[i])[0])
		n, ok := at[root]
		if !ok {
			n = len(parts)
			at[root] = n
			parts = append(parts, nil)
		}
		parts[n] = append(parts[n], mails[i])
	}
	return parts
}

// byParts assembles every part alone and puts the results together.
func byParts(parts [][]Mail, hands []Hand) Result {
	var r Result
	for _, part := range parts {
		one := Assemble(part, hands...)
		r.Mails = append(r.Mails, one.Mails...)
		r.Postings = append(r.Postings, one.Postings...)
		r.Series = append(r.Series, one.Series...)
	}
	return r
}

// anyOrder compares results whatever the order of their slices.
var anyOrder = gocmp.Options{
	cmpopts.SortSlices(func(a, b Placed) int { return cmp.Compare(a.MessageID, b.MessageID) }),
	cmpopts.SortSlices(func(a, b Posting) int { return cmp.Compare(a.Key, b.Key) }),
	cmpopts.SortSlices(func(a, b Series) int { return cmp.Compare(a.Key, b.Key) }),
	cmpopts.EquateEmpty(),
}

// TestPartsOfLists holds the contract of [Ties] on real lists.
func TestPartsOfLists(t *testing.T) {
	for _, list := range []string{"linux-ext4", "batman", "openwrt-devel"} {
		t.Run(list, func(t *testing.T) {
			t.Parallel()
			var mails []Mail
			err := mailing.Read(corpus(t, "series/"+list+".mbox.gz"), func(raw []byte, _ string) error {
				mails = append(mails, NewMail(mailing.Parse(raw)))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			parts := connected(mails, nil)
			largest, ties := 0, 0
			for _, p := range parts {
				largest = max(largest, len(p))
			}
			for i := range mails {
				ties += len(Ties(&mails[i]))
			}
			t.Logf("%d mails in %d parts, the largest has %d; %.1f ties a mail", len(mails), len(parts), largest, float64(ties)/float64(len(mails)))
			if largest > len(mails)/4 {
				t.Error("a quarter of all mail hangs together")
			}
			if diff := gocmp.Diff(Assemble(mails), byParts(parts, nil), anyOrder); diff != "" {
				t.Errorf("by parts (-whole +parts):\n%.3000s", diff)
			}
		})
	}
}

// TestPartsAreSmall has a maintainer who posts a review of other people's
// patches every week, for two branches, under one title: a week's postings hang
// together, not the years.
func TestPartsAreSmall(t *testing.T) {
	steve := mailing.Person{Name: "Steve S", Email: "steve@x"}
	var mails []Mail
	for week := range 100 {
		for _, branch := range []string{"kirkstone", "scarthgap"} {
			cover := Mail{MessageID: fmt.Sprintf("%s-%d", branch, week), From: steve, Date: dayOne.AddDate(0, 0, 7*week)}
			total := 5 + week%20
			cover.Tag = mailing.ParseTag(fmt.Sprintf("[%s 0/%d] Patch review", branch, total))
			for n := 1; n <= total; n++ {
				p := Mail{MessageID: fmt.Sprintf("%s-%d", cover.MessageID, n), InReplyTo: cover.MessageID, From: steve, Date: cover.Date, HasDiff: true}
				p.Tag = mailing.ParseTag(fmt.Sprintf("[%s %d/%d] recipe: fix bug %d of week %d", branch, n, total, n, week))
				cover.Titles = append(cover.Titles, p.Tag.Title)
				mails = append(mails, p)
			}
			mails = append(mails, cover)
		}
	}
	for _, part := range connected(mails, nil) {
		if len(part) > 10*25 { // five years of one number of patches
			t.Fatalf("%d mails of %d are one part", len(part), len(mails))
		}
	}
}

// TestParts holds it on mails of which nearly everything repeats, so that all
// rules meet, with decisions.
func TestParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mails := rapid.SliceOfN(rapid.Custom(anyMail), 1, 40).Draw(t, "mails")
		hands := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Hand {
			return Hand{anyID(t), anyID(t), rapid.Bool().Draw(t, "apart"), rapid.Int64Range(1, 2).Draw(t, "said")}
		}), 0, 3).Draw(t, "hands")
		want := Assemble(mails, hands...)
		if diff := gocmp.Diff(want, byParts(connected(mails, hands), hands), anyOrder); diff != "" {
			t.Fatalf("by parts (-whole +parts):\n%s", diff)
		}
		slices.Reverse(mails)
		slices.Reverse(hands)
		if diff := gocmp.Diff(want, Assemble(mails, hands...)); diff != "" {
			t.Fatalf("in another order (-first +other):\n%s", diff)
		}
	})
}

func anyID(t *rapid.T) string {
	n := rapid.IntRange(1, 40).Draw(t, "id")
	if n > 25 {
		return fmt.Sprintf("20260102030405.%d-%d-a@x", n%2, n)
	}
	return fmt.Sprintf("%d@x", n)
}

// anyMail draws a mail from a small world.
func anyMail(t *rapid.T) Mail {
	oneOf := func(label string, l ...string) string { return rapid.SampledFrom(l).Draw(t, label) }
	person := func(label string) mailing.Person {
		return rapid.SampledFrom([]mailing.Person{{Name: "Ann A", Email: "ann@x"}, {Name: "Ann A", Email: "a@y"}, {Name: "", Email: "a@y"}, {Name: "Bob B", Email: "bob@x"}}).Draw(t, label)
	}
	some := func(label string) bool { return rapid.IntRange(0, 4).Draw(t, label) == 0 }
	title := oneOf("title", "fix it", "zlib: build", "zlib: tidy", "update", "all of it")
	subject := oneOf("branch", "", "", "[kirkstone]", "[scarthgap]") +
		"[PATCH" + oneOf("rfc", "", "", " RFC") + oneOf("version", "", "", " v2", " v3") + oneOf("n/m", "", "", " 0/2", " 1/2", " 2/2", " 1/3", " 3/2") + "] " + title
	m := Mail{
		MessageID: anyID(t), From: person("from"), HasDiff: !strings.Contains(subject, " 0/"),
		Date: time.Unix(1_700_000_000, 0).Add(time.Duration(rapid.IntRange(0, 60*24*40).Draw(t, "minute")) * time.Minute),
	}
	m.Author = m.From
	if some("else's") {
		m.Author = person("author")
	}
	if some("reply") {
		subject, m.HasDiff, m.InReplyTo = "Re: "+subject, false, anyID(t)
		m.Trailers = []mailing.Trailer{{Kind: "acked-by", Person: m.From}}
	}
	m.Subject, m.Tag = subject, mailing.ParseTag(subject)
	if some("answers") {
		m.InReplyTo = anyID(t)
	}
	if some("below") {
		m.References = []string{anyID(t), anyID(t)}
	}
	if some("wrapped") {
		m.InnerID = anyID(t)
	}
	if some("change") {
		m.ChangeID = oneOf("change-id", "20260101-a", "20260101-b")
	}
	if some("link") {
		m.Links = []Link{{MessageID: anyID(t), Earlier: some("earlier"), Version: rapid.IntRange(0, 2).Draw(t, "called")}}
	}
	if !m.HasDiff {
		m.Titles = rapid.SliceOfN(rapid.SampledFrom([]string{"zlib: build", "zlib: tidy"}), 0, 2).Draw(t, "titles")
		m.Pull = some("pull")
	} else {
		m.PatchID = oneOf("patch-id", "1", "2", "3")
	}
	return m
}
