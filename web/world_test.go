package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/series"
	"github.com/upstreamd/upstreamd/internal/store"
)

// A small world for the pages: a product layer carries four patches of a
// filesystem's tools; two were posted in two revisions and one of these was
// merged with small edits; a stranger posts mail that means harm.

func day(n int) time.Time { return begin.Add(time.Duration(n-120) * 24 * time.Hour) }

const (
	ada      = "Ada Larsen <ada@example.com>"
	mira     = "Mira Okafor <mira@example.org>"
	layerDir = "recipes-fs/emberfs-utils/files/"
)

var (
	commit  = strings.Repeat("3f2a91c0", 5)
	another = strings.Repeat("11aa22bb", 5)

	// firstPiece is a commit with one line of the carried patch.
	firstPiece = strings.Repeat("77ee88ff", 5)
)

const pieceDiff = `diff --git a/lib/xattr.c b/lib/xattr.c
--- a/lib/xattr.c
+++ b/lib/xattr.c
@@ -60,5 +60,6 @@ static int write_shared(struct ctx *c)
 	list_for_each_entry(item, &c->shared, list) {
 		ret = write_item(c, item, XATTR_SHARED);
+		debug("wrote %s", item->name);
 	}
 	return ret;
`

// pins are what the team has fixed: a version that has the merged commit, one
// that lacks it, and a branch that lacks it.
var pins = []change.Pin{
	{Project: "emberfs-utils", Place: "meta-newer@main", Ref: "v1.9", Tag: true, Version: "1.9"},
	{Project: "emberfs-utils", Place: "meta-old@main", Ref: "v1.6", Tag: true, Version: "1.6"},
	{Project: "emberfs-utils", Place: "meta-community@stable", Ref: "stable-1"},
}

const carriedDiff = `diff --git a/lib/xattr.c b/lib/xattr.c
--- a/lib/xattr.c
+++ b/lib/xattr.c
@@ -10,7 +10,13 @@ static int write_shared(struct ctx *c)
 	struct xattr_item *item;
 	int ret = 0;
 
+	if (!c->shared_count)
+		return 0;
+
 	list_for_each_entry(item, &c->shared, list) {
-		ret = write_item(c, item);
+		ret = write_item(c, item, XATTR_SHARED);
+		if (ret < 0)
+			goto out;
+		debug("wrote %s", item->name);
 	}
 	return ret;
`

const mergedDiff = `diff --git a/lib/xattr.c b/lib/xattr.c
--- a/lib/xattr.c
+++ b/lib/xattr.c
@@ -40,7 +40,12 @@ static int write_shared(struct ctx *c)
 	struct xattr_item *item;
 	int ret = 0;
 
+	if (c->shared_count == 0)
+		return 0;
+
 	list_for_each_entry(item, &c->shared, list) {
-		ret = write_item(c, item);
+		ret = write_item(c, item, XATTR_SHARED);
+		if (ret < 0)
+			goto out;
 	}
 	return ret;
`

const patchText = "From: " + ada + "\nSubject: [PATCH] xattr: write shared entries only once\n\nUpstream-Status: Submitted\n---\n" + carriedDiff

func letter(id, from, subject string, sent time.Time, headers, text string) []byte {
	return fmt.Appendf(nil, "Message-ID: <%s>\nFrom: %s\nTo: linux-ember@lists.example.org\nSubject: %s\nDate: %s\nList-Id: <linux-ember.lists.example.org>\n%s\n%s\n",
		id, from, subject, sent.Format(time.RFC1123Z), headers, text)
}

// hostileID is the message-id of a mail that means harm, hostileTitle its title.
const (
	hostileID    = `"'onmouseover=alert(1)/%2e%2f?#&lt;@evil.example`
	hostileTitle = `<img src=x onerror=alert(1)>"' onmouseover=alert(1) javascript:alert(1)`
)

func letters() [][]byte {
	body := "Write shared entries only once, as https://example.org/bugs/12 asks.\n\nSigned-off-by: " + ada + "\n---\n lib/xattr.c | 8 ++++++--\n\n" + carriedDiff + "-- \n2.43.0\n"
	return [][]byte{
		letter("c1@x", ada, "[PATCH 0/2] emberfs: extended attributes", day(10), "", "Two patches.\n\nAda Larsen (2):\n  xattr: write shared entries only once\n  fsck: check xattr index blocks\n"),
		letter("p1@x", ada, "[PATCH 1/2] xattr: write shared entries only once", day(10).Add(time.Second), "In-Reply-To: <c1@x>\n", body),
		letter("p2@x", ada, "[PATCH 2/2] fsck: check xattr index blocks", day(10).Add(2*time.Second), "In-Reply-To: <c1@x>\n", strings.ReplaceAll(body, "xattr.c", "fsck.c")),
		letter("r1@x", mira, "Re: [PATCH 1/2] xattr: write shared entries only once", day(20), "In-Reply-To: <p1@x>\n", "On Monday Ada wrote:\n> Write shared entries only once\n\nWhy not check the count first?\n"),
		letter("c2@x", ada, "[PATCH v2 0/2] emberfs: extended attributes", day(40), "", "Changes in v2:\n - fsck: leave by the label that cleans up (Mira)\n\nAda Larsen (2):\n  xattr: write shared entries only once\n  fsck: check xattr index blocks\n"),
		letter("q1@x", ada, "[PATCH v2 1/2] xattr: write shared entries only once", day(40).Add(time.Second), "In-Reply-To: <c2@x>\n", body),
		letter("q2@x", ada, "[PATCH v2 2/2] fsck: check xattr index blocks", day(40).Add(2*time.Second), "In-Reply-To: <c2@x>\n", strings.NewReplacer("xattr.c", "fsck.c", "goto out", "goto clean", "as https", "and leave cleanly, as https").Replace(body)),
		letter("r2@x", mira, "Re: [PATCH v2 1/2] xattr: write shared entries only once", day(45), "In-Reply-To: <q1@x>\n", "Reviewed-by: "+mira+"\n"),
		letter("r3@x", ada, "Re: [PATCH v2 2/2] fsck: check xattr index blocks", day(70), "In-Reply-To: <q2@x>\n", "Gentle ping.\n"),
		letter("r4@x", mira, "Re: [PATCH v2 2/2] fsck: check xattr index blocks", day(78), "In-Reply-To: <q2@x>\n", "Does this cope with <i>no index</i> at all?\n"),
		letter("r5@x", "patch robot <robot@ci.example>", "Re: [PATCH v2 2/2] fsck: check xattr index blocks", day(41), "In-Reply-To: <q2@x>\n", "FAIL: test_signed_off\n"),
		letter("s1@x", "Cyd Moreau <cyd@example.net>", "[PATCH] tests: skip without a loop device", day(80), "", strings.ReplaceAll(body, "xattr.c", "tests.c")),
		letter(hostileID, `"<b>Eve</b>" <eve@evil.example>`, "[PATCH] "+hostileTitle, day(90), "", "<script>alert(1)</script> javascript:alert(1)\n---\n"+strings.ReplaceAll(carriedDiff, "lib/xattr.c", `<svg/onload=alert(1)>`)),
		letter("broken@x", "Nobody <nobody@example.net>", "[PATCH] broken <i>mail</i>", day(91), "", "no diff"),
	}
}

// build writes the world into the store of a site.
func (s *site) build(t *testing.T) {
	t.Helper()
	for _, step := range []func(context.Context) error{
		s.buildSources, s.buildMails, s.buildLayer, s.buildFacts, s.buildChanges, s.buildStatuses, s.buildReviews, s.buildVersions,
	} {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *site) buildSources(ctx context.Context) error {
	err := s.db.SyncSources(ctx, []pipeline.Source{
		{Kind: pipeline.LayerSource, Name: "meta-product", Location: "https://git.example.com/meta-product", Settings: `{"Role":"local","Branch":"main"}`, FromFile: true},
		{Kind: pipeline.LayerSource, Name: "meta-community", Location: "https://git.example.org/meta-community", Settings: `{"Role":"upstream","Branch":"main","Subdir":"meta-fs"}`, FromFile: true},
		{Kind: pipeline.ProjectSource, Name: "emberfs-utils", Location: "https://git.example.org/emberfs-utils", FromFile: true},
		{Kind: pipeline.ProjectSource, Name: "jsonq", Location: "https://git.example.org/jsonq", FromFile: true},
		{Kind: pipeline.ListSource, Name: "linux-ember", Location: "linux-ember@lists.example.org", FromFile: true},
		{Kind: pipeline.AccountSource, Name: "inbox", Location: "imap.example.com:993", FromFile: true},
	})
	if err != nil {
		return err
	}
	for _, name := range []string{"meta-product", "emberfs-utils"} {
		id := s.source(ctx, name)
		refs := pipeline.Refs{Source: id,
			Tips:  []git.Tip{{Ref: "refs/heads/main", Hash: strings.Repeat("a", 40), Time: day(118)}, {Ref: "refs/tags/v1.8", Hash: commit, Time: day(100)}},
			Moves: []git.RefMove{{Ref: "refs/heads/main", Old: strings.Repeat("b", 40), New: strings.Repeat("a", 40), Kind: "forced"}, {Ref: "refs/tags/v1.8", New: commit, Kind: "new"}},
		}
		if err := s.db.PutRefs(ctx, refs, day(118)); err != nil {
			return err
		}
		if err := s.db.MarkSource(ctx, map[bool]pipeline.SourceKind{true: pipeline.LayerSource, false: pipeline.ProjectSource}[name == "meta-product"], name, "", day(119)); err != nil {
			return err
		}
	}
	return s.db.MarkSource(ctx, pipeline.AccountSource, "inbox", "imap.example.com:993: certificate is signed by unknown authority\nname the authority's certificate as ca_file", day(119))
}

func (s *site) source(ctx context.Context, name string) int64 {
	all, _ := s.db.Sources(ctx)
	for _, src := range all {
		if src.Name == name {
			return src.ID
		}
	}
	return 0
}

func (s *site) buildMails(ctx context.Context) error {
	var mails []pipeline.RawMail
	for i, b := range letters() {
		mails = append(mails, pipeline.RawMail{Bytes: b, Source: "inbox", Mailbox: "Lists/ember", UIDValidity: 7, UID: uint32(i + 1)})
	}
	if _, err := s.db.PutRawMails(ctx, mails); err != nil {
		return err
	}
	unread, err := s.db.UnreadMails(ctx, 1000)
	if err != nil {
		return err
	}
	var messages []pipeline.Message
	for _, m := range unread {
		parsed := mailing.Parse(m.Bytes)
		msg := pipeline.Message{Raw: m.ID, List: "linux-ember", Reason: strings.Join(parsed.Problems, "; "), Mail: series.NewMail(parsed), Sent: parsed.Date}
		msg.Mail.List = "linux-ember"
		if parsed.MessageID == "broken@x" {
			msg.Broken, msg.Reason = true, "no text part: <b>multipart</b> without boundary"
		}
		messages = append(messages, msg)
	}
	if err := s.db.PutMessages(ctx, messages); err != nil {
		return err
	}
	var in []series.Mail
	var raws []int64
	for _, m := range messages {
		raws = append(raws, m.Raw)
		if !m.Broken {
			in = append(in, m.Mail)
		}
	}
	states := map[string]series.Judgement{}
	a := pipeline.Assembly{Raws: raws, Result: series.Assemble(in), Stated: map[string]pipeline.Stated{}}
	for key, r := range series.States(a.Result, in) {
		states[key], a.Stated[key] = r, pipeline.Stated{LastSign: r.LastSign}
	}
	if _, err = s.db.PutAssembly(ctx, a); err != nil {
		return err
	}
	return s.judgeReviews(ctx, states)
}

// judgeReviews writes the states of series, by their keys.
func (s *site) judgeReviews(ctx context.Context, states map[string]series.Judgement) error {
	all, err := s.db.Submissions(ctx)
	if err != nil {
		return err
	}
	var judged []pipeline.JudgedReview
	for _, one := range all {
		r := states[one.Key]
		judged = append(judged, pipeline.JudgedReview{Series: one.ID, ReviewState: pipeline.ReviewState{State: string(r.State), Reason: r.Reason}})
	}
	return s.db.PutReviews(ctx, judged)
}

func carriedKey(name string) string { return change.CarriedKey("meta-product", "main", layerDir+name) }

func (s *site) buildLayer(ctx context.Context) error {
	scan := pipeline.LayerScan{Source: s.source(ctx, "meta-product"), At: day(118),
		Recipes: []layer.Recipe{
			{Source: "meta-product", Layer: "meta-product", File: "recipes-fs/emberfs-utils/emberfs-utils_1.7.1.bb", PN: "emberfs-utils", PV: "1.7.1", PatchesEffective: []string{"1", "2", "3", "4"}},
			{Source: "meta-product", Layer: "meta-product", File: hostileFile, PN: hostileTitle, PV: hostileTitle},
			{Source: "meta-product", Layer: "meta-product", File: "recipes-odd/odd/odd.bb", PN: "odd", PV: layer.Unknown, Floating: true, Problems: []string{"PV: only code could tell"}},
		},
		Appends: []layer.Append{{Source: "meta-product", Layer: "meta-product", File: "recipes-support/jsonq/jsonq_%.bbappend", PN: "jsonq"}},
	}
	for i, c := range []struct{ name, subject, status, detail string }{
		{"0001-xattr-shared.patch", "xattr: write shared entries only once", "Submitted", "[https://lists.example.org/linux-ember/1]"},
		{"0002-fsck-index.patch", "fsck: check xattr index blocks", "Pending", ""},
		{"0003-mkfs-blocks.patch", "mkfs: reject block sizes that the kernel cannot mount", "Backport", "[1.9]"},
		{"0004-dump-prefix.patch", "dump: print xattr prefixes", "", ""},
	} {
		st := patch.UpstreamStatus{Kind: c.status, Detail: c.detail, WellFormed: c.status != "", Line: 4, Raw: "Upstream-Status: " + c.status}
		if c.status == "" {
			st = patch.UpstreamStatus{}
		}
		scan.Carried = append(scan.Carried, pipeline.Carried{
			Key: carriedKey(c.name), Source: scan.Source, Layer: "meta-product", Branch: "main", Path: layerDir + c.name, Recipe: "emberfs-utils",
			RecipeFile: "recipes-fs/emberfs-utils/emberfs-utils_1.7.1.bb", PV: "1.7.1", Position: i + 1, Strip: 1, Blob: strings.Repeat(fmt.Sprint(i), 40),
			Subject: c.subject, Author: "ada@example.com", Status: st, Added: day(i + 1), Toucher: "ada@example.com", Touched: day(i + 1),
			Kind: pipeline.CarriedFile, Keeper: "bruno@example.com", Refreshes: 3 * i, Lines: 7 + 100*i,
		})
	}
	scan.Carried[3].CVE, scan.Carried[3].Plan = []string{"CVE-2026-1234"}, "This is <b>for us</b> alone.\nThere is no plan."
	scan.Carried = append(scan.Carried, pipeline.Carried{
		Kind: pipeline.CarriedDelta, Key: deltaKey, Source: scan.Source, Layer: "meta-product", Branch: "main",
		Path: "recipes-fs/emberfs-utils/emberfs-utils_1.7.1.bb", Recipe: "emberfs-utils", RecipeFile: "recipes-fs/emberfs-utils/emberfs-utils_1.7.1.bb",
		PV: "1.7.1", Blob: "ours", Subject: "emberfs-utils: what is ours", Added: day(1), Lines: 9, Other: "meta-community",
		OtherFile: "meta-fs/recipes-filesystems/emberfs/emberfs-utils_1.9.bb", OtherBlob: "theirs",
	})
	if err := s.db.PutScan(ctx, scan); err != nil {
		return err
	}
	return s.db.PutDuplicates(ctx, []layer.Duplicate{
		{Kind: "fork", LocalSource: "meta-product", LocalFile: "recipes-fs/emberfs-utils/emberfs-utils_1.7.1.bb", LocalVersion: "1.7.1",
			UpstreamSource: "meta-community", UpstreamFile: "meta-fs/recipes-filesystems/emberfs/emberfs-utils_1.9.bb", UpstreamVersion: "1.9", Relation: "local-older",
			Similarity: 0.62, LocalBlob: "ours", UpstreamBlob: "theirs", First: "local", LocalSince: layer.Moment{Commit: another, Time: day(1)},
			UpstreamSince: layer.Moment{Commit: commit, Time: day(30)}, News: []layer.News{
				{Kind: "added", Moment: layer.Moment{Commit: commit, Time: day(30)}, Version: "1.7"},
				{Kind: "overtaken", Moment: layer.Moment{Commit: firstPiece, Time: day(100)}, Version: "1.9"},
			}},
		{Kind: "fork", LocalSource: "meta-product", LocalFile: hostileFile, LocalVersion: hostileTitle,
			UpstreamSource: "meta-community", UpstreamFile: hostileFile, UpstreamVersion: "1", Relation: "differs", LocalBlob: "gone", UpstreamBlob: "theirs"},
		{Kind: "patch", LocalSource: "meta-product", LocalFile: layerDir + "0003-mkfs-blocks.patch", UpstreamSource: "meta-community",
			UpstreamFile: "meta-fs/recipes-filesystems/emberfs/files/mkfs.patch", Match: "patch-id", Similarity: 1, First: "upstream",
			LocalBlob: "patch", UpstreamBlob: "merged", Came: commit, Went: another, News: []layer.News{{Kind: "dropped", Moment: layer.Moment{Commit: another, Time: day(110)}}}},
		{Kind: "append-dangling", LocalSource: "meta-product", LocalFile: "recipes-support/jsonq/jsonq_%.bbappend"},
	})
}

var deltaKey = change.CarriedKey("meta-product", "main", "recipes-fs/emberfs-utils/emberfs-utils_1.7.1.bb")

// hostileFile is a path that means harm, and is long.
const hostileFile = "recipes-<script>alert(1)</script>/a\nb\u202egnp/\"onmouseover=alert(1)/" + layerDir + "averyverylongnamewithoutanyplacewhereitcouldbebrokenintotwolines_1.0.bb"

// worldFiles are files of layers by their blobs.
func worldFile(_ context.Context, _, blob string) ([]byte, error) {
	const head = "SUMMARY = \"Tools of emberfs\"\nLICENSE = \"GPL-2.0-only\"\nDEPENDS = \"zlib util-linux\"\n\nSRC_URI = \"https://example.org/${BP}.tar.gz \\\n"
	const tail = "\ninherit autotools pkgconfig\n\nEXTRA_OECONF = \"--enable-xattr\"\n\ndo_install:append() {\n\trm -rf ${D}${docdir}\n}\n"
	switch blob {
	case "ours":
		return []byte(head + "           file://0001-xattr-shared.patch \\\n           file://<b>two</b>.patch\"\n" + tail), nil
	case "theirs":
		return []byte(strings.Replace(head, "zlib", "zlib zstd", 1) + "           file://mkfs.patch\"\n" + tail + "\nBBCLASSEXTEND = \"native\"\n"), nil
	case "patch":
		return []byte(patchText), nil
	case "merged":
		return []byte(mergedDiff), nil
	}
	return nil, errors.New("no such blob: secret detail")
}

// buildFacts writes whether claims are so, and the history of the layer.
func (s *site) buildFacts(ctx context.Context) error {
	err := s.db.PutTruths(ctx, []change.ClaimCheck{
		{Sighting: carriedKey("0001-xattr-shared.patch"), Truth: change.ClaimFalse, Reason: "it was merged as commit 3f2a91c03f2a",
			Proof: change.CommitKey("emberfs-utils", commit), Fix: "Backport [https://git.example.org/emberfs-utils/commit/?id=3f2a91c0]"},
		{Sighting: carriedKey("0002-fsck-index.patch"), Truth: change.ClaimStale, Reason: "Pending for 3 years", Proof: change.PostedKey("q2@x")},
		{Sighting: carriedKey("0003-mkfs-blocks.patch"), Truth: change.ClaimDrop, Reason: "1.9 has it", Proof: "https://example.org/1", Fix: "drop", Shipped: []string{"meta-community"}},
		{Sighting: carriedKey("0004-dump-prefix.patch"), Truth: change.ClaimBad, Reason: "no <i>Upstream-Status</i>", Proof: "javascript:alert(1)", Fix: "Pending"},
	})
	if err != nil {
		return err
	}
	for i := range 9 {
		const q = "INSERT INTO trend (source_id, commit_hash, taken, recipes, appends, patches, lines, forks, claims) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
		claims := inJSON(map[string]int{"missing": i, "Pending": 2, "Backport": i / 3})
		if _, err := s.db.SQL().ExecContext(ctx, q, s.source(ctx, "meta-product"), fmt.Sprintf("%040x", i+1), day(10*i).Unix(), 4+i, 1, 2+i+i/3, 90*i, 2, claims); err != nil {
			return err
		}
	}
	return nil
}

func (s *site) buildChanges(ctx context.Context) error {
	evidence := []change.Evidence{{Kind: "lines", Score: .9, Weight: 4.2, Detail: "5 of 7 changed lines; 1 line of the commit is not in the patch"}, {Kind: "subject", Score: 1, Weight: 1.8, Detail: "subject equal"},
		{Kind: "author", Score: 1, Weight: 0.9, Detail: "author equal"}, {Kind: "date", Score: 0, Weight: -0.7, Detail: "committed before the patch was written"}, {Kind: "context", Score: 0.5, Detail: "50 % of the lines around them are the same"}}
	match := func(key, hash string, v change.Verdict, confidence float64) change.Match {
		return change.Match{Sighting: key, Project: "emberfs-utils", Tips: "t", Verdict: v, Commit: hash, Confidence: confidence, Method: "lines",
			Subject: "xattr: write shared entries only once", Author: ada, CommitTime: day(60), Branches: []string{"main"}, Tags: []string{"v1.8", "v1.9"}, Evidence: evidence}
	}
	if err := s.db.PutMatches(ctx, []change.Match{
		match(change.PostedKey("q1@x"), commit, change.Merged, 0.97), match(carriedKey("0001-xattr-shared.patch"), commit, change.Merged, 0.93),
		match(carriedKey("0003-mkfs-blocks.patch"), another, change.Probable, 0.61),
		{Sighting: carriedKey("0002-fsck-index.patch"), Project: "emberfs-utils", Tips: "t", Verdict: change.None},
	}); err != nil {
		return err
	}
	carried := func(name, subject string, n int) change.Sighting {
		return change.Sighting{Kind: change.Carried, Key: carriedKey(name), Source: "meta-product", Branch: "main", Path: layerDir + name, Recipe: "emberfs-utils",
			Subject: subject, Author: "ada@example.com", At: day(n), Note: fmt.Sprintf("emberfs-utils 1.7.1, patch %d", n)}
	}
	posted := func(id, subject, note string, n int) change.Sighting {
		return change.Sighting{Kind: change.Posted, Key: change.PostedKey(id), Source: "linux-ember", Subject: subject, Author: "ada@example.com", At: day(n), Note: note}
	}
	here := []change.Standing{{Place: "meta-product@main", Local: true}}
	const one, two, three, four = "xattr: write shared entries only once", "fsck: check xattr index blocks", "mkfs: reject block sizes that the kernel cannot mount", "dump: print xattr prefixes"
	if _, err := s.db.PutChanges(ctx, []pipeline.Cluster{
		{Title: one, Ours: true, Standings: here, Likenesses: []change.Likeness{
			{A: carriedKey("0001-xattr-shared.patch"), B: change.PostedKey("q1@x"), Same: "identical", Score: 1},
			{A: carriedKey("0001-xattr-shared.patch"), B: change.PostedKey("p1@x"), Same: "near", Score: .8, Evidence: evidence[:2]},
		}, Sightings: []change.Sighting{carried("0001-xattr-shared.patch", one, 1), posted("p1@x", one, "patch 1 of 2", 10), posted("q1@x", one, "patch 1 of 2, v2", 40),
			{Kind: change.Committed, Key: change.CommitKey("emberfs-utils", commit), Source: "emberfs-utils", Branch: "main", Subject: one, At: day(60), Note: "first in v1.8"}}},
		{Title: two, Ours: true, Standings: here, Sightings: []change.Sighting{carried("0002-fsck-index.patch", two, 2), posted("p2@x", two, "patch 2 of 2", 10), posted("q2@x", two, "patch 2 of 2, v2", 40)}},
		{Title: "emberfs-utils: what is ours", Ours: true, Sightings: []change.Sighting{{Kind: change.Carried, Key: deltaKey, Source: "meta-product", Branch: "main",
			Path: "recipes-fs/emberfs-utils/emberfs-utils_1.7.1.bb", Recipe: "emberfs-utils", Subject: "emberfs-utils: what is ours", At: day(1)}}},
		{Title: three, Ours: true, Standings: here, Sightings: []change.Sighting{carried("0003-mkfs-blocks.patch", three, 3)}},
		{Title: four, Ours: true, Standings: here, Sightings: []change.Sighting{carried("0004-dump-prefix.patch", four, 4)}},
		{Title: "tests: skip without a loop device", Standings: []change.Standing{{Place: "linux-ember"}}, Sightings: []change.Sighting{posted("s1@x", "tests: skip without a loop device", "patch", 80)}},
		{Title: hostileTitle, Standings: []change.Standing{{Place: "linux-ember"}}, Sightings: []change.Sighting{posted(hostileID, hostileTitle, "patch", 90)}},
	}); err != nil {
		return err
	}
	if err := s.db.PutFlags(ctx, worldFlags()); err != nil {
		return err
	}
	return s.db.AddDecision(ctx, change.Decision{Kind: change.Own, Subject: carriedKey("0004-dump-prefix.patch"), Object: "Bruno Keller", Note: "he wrote dump", By: "ada", At: day(101)})
}

func (s *site) buildStatuses(ctx context.Context) error {
	changes, err := s.db.Changes(ctx)
	if err != nil {
		return err
	}
	titles := map[int64]string{}
	for _, c := range changes {
		titles[c.ID] = c.Title
	}
	standings, err := s.db.Standings(ctx)
	if err != nil {
		return err
	}
	judgements := map[string]change.Judgement{
		"xattr: write shared entries only once": {Status: change.InUpstream, Reason: "commit 3f2a91c03f2a of emberfs-utils, first in v1.8; the recipe has 1.7.1", Action: change.CorrectTag,
			Why: "Upstream-Status says Submitted, but it is merged", Owner: "Ada Larsen", Since: day(60)},
		"fsck: check xattr index blocks": {Status: change.Ignored, Reason: "no sign of life since 2026-03-15, patience is 21 days", Action: change.PingIt,
			Why: "no sign of life since 2026-03-15, patience is 21 days", Owner: "Ada Larsen", Since: day(70)},
		"mkfs: reject block sizes that the kernel cannot mount": {Status: change.Unsure, Reason: "commit 11aa22bb11aa of emberfs-utils looks like it (61 %)", Action: change.ConfirmIt,
			Why: "look at the evidence and say whether it is the same change", Since: day(60)},
		"dump: print xattr prefixes": {Status: change.Local, Reason: "not seen on a list or upstream", Action: change.RebaseIt,
			Why: "does not apply to v1.9: dump/main.c:120, touched by 11aa22bb33cc", Owner: "Bruno Keller", Since: day(4)},
		"tests: skip without a loop device": {Status: change.InReview, Reason: "posted 2026-03-25", Action: change.NoAction, Since: day(80), ValidUntil: day(130)},
	}
	var judged []pipeline.Judged
	for _, st := range standings {
		if j, ok := judgements[titles[st.ChangeID]]; ok {
			judged = append(judged, pipeline.Judged{Standing: st.ID, Judgement: j, Inputs: "i"})
		}
	}
	return s.db.PutStatuses(ctx, judged)
}

// buildReviews writes how the review of the larger series goes, as the stages
// would.
func (s *site) buildReviews(ctx context.Context) error {
	sign := func(kind series.SignKind, id, from string, n int, text string) series.Sign {
		name, address, _ := strings.Cut(strings.TrimSuffix(from, ">"), " <")
		return series.Sign{Kind: kind, MessageID: id, Name: name, Address: address, At: day(n), Text: text}
	}
	robot := sign(series.Checked, "r5@x", "patch robot <robot@ci.example>", 41, "FAIL: test_signed_off")
	robot.Bad, robot.Parts = true, []int{2}
	first := series.Review{Signs: []series.Sign{sign(series.Asked, "r1@x", mira, 20, "Why not check the count first?")}}
	second := series.Review{Signs: []series.Sign{
		robot, sign(series.Agreed, "r2@x", mira, 45, "reviewed-by"), sign(series.Pinged, "r3@x", ada, 70, ""), sign(series.Asked, "r4@x", mira, 78, "Does this cope with <i>no index</i> at all?"),
	}}
	needs := []series.Need{{Kind: "message-id", ID: "s1@x"}, {Kind: "change-id", ID: "20260101-gone-0123456789ab"}}
	for _, q := range []struct {
		text string
		args []any
	}{
		{"UPDATE posting SET review = ?, state = 'superseded', state_reason = 'v2 takes its place' WHERE natural_key = 'c1@x'", []any{inJSON(first)}},
		{`UPDATE posting SET review = ?, needs = ?, base = ?, state = 'changes requested',
			targets = '[{"kind":"project","name":"emberfs-utils","branch":"main","why":"its list is <b>linux-ember</b>"},{"kind":"layer","name":"meta-community","why":"[meta-community]"}]' WHERE natural_key = 'c2@x'`, []any{inJSON(second), inJSON(needs), commit}},
		{`UPDATE series SET ours = TRUE, state = 'changes requested', state_reason = 'Mira Okafor asks', waiting_on = 'us', waiting_for = 'Ada Larsen to answer Mira Okafor: "Does this cope with <i>no index</i> at all?"',
			waiting_since = ?, taken_over = '["s1@x"]' WHERE natural_key = 'c1@x'`, []any{day(78).Unix()}},
	} {
		if _, err := s.db.SQL().ExecContext(ctx, q.text, q.args...); err != nil {
			return fmt.Errorf("%s: %w", q.text, err)
		}
	}
	return nil
}

func inJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// worldPatch is the text of a posted mail of the world, or of its one patch.
func worldPatch(_ context.Context, g change.Sighting) ([]byte, error) {
	id := strings.TrimPrefix(g.Key, change.PostedKey(""))
	for _, raw := range letters() {
		if m := mailing.Parse(raw); m.MessageID == id {
			return []byte(m.Text), nil
		}
	}
	return []byte(patchText), nil
}

// changeID is the id of the change with this title.
func (s *site) changeID(t *testing.T, title string) int64 {
	t.Helper()
	rows, _, err := s.db.FindChanges(t.Context(), store.ChangeQuery{All: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Title == title {
			return r.ID
		}
	}
	t.Fatalf("no change %q", title)
	return 0
}
