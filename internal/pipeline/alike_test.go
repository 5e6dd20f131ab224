package pipeline_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

const (
	ivo      = "Ivo Marinov <ivo.marinov@chips.example.com>"
	tomasz   = "Tomasz Wierzba <tomasz.wierzba@harbor.example.com>"
	ana      = "Ana Prado <ana.prado@harbor.example.com>"
	nearFile = extfs + "lib-alloc-keep-attribute-blocks-near-their-inodes.patch"
	noTools  = extfs + "tests-run-without-valgrind.patch"
)

// blockName is a patch for extfs-tools that nobody carries, as its file.
const blockName = `From: Ana Prado <ana.prado@harbor.example.com>
Date: Tue, 19 May 2026 09:00:00 -0300
Subject: [PATCH] extfsck: name the block in messages

Upstream-Status: Pending
Signed-off-by: Ana Prado <ana.prado@harbor.example.com>
---
diff --git a/misc/report.c b/misc/report.c
index 1111111..2222222 100644
--- a/misc/report.c
+++ b/misc/report.c
@@ -4,3 +4,5 @@ void report(const struct finding *f)
 {
+	if (f->block)
+		fprintf(stderr, "block %lu: ", f->block);
 	fprintf(stderr, "%s\n", f->text);
 }
`

// mail puts a mail into a list's mailbox.
func (tn *town) mail(list, from, id, answers, subject, text string) {
	head := fmt.Sprintf("From: %s\nTo: %s@lists.example.org\nList-Id: <%s>\nDate: Tue, 19 May 2026 10:00:00 +0000\nMessage-ID: <%s>\nSubject: %s\n",
		from, list, tn.listID(list), id, subject)
	if answers != "" {
		head += "In-Reply-To: <" + answers + ">\n"
	}
	raw := head + "\n" + text
	tn.boxes["lists/"+list] = append(tn.boxes["lists/"+list], []byte(strings.ReplaceAll(raw, "\n", "\r\n")))
}

func (tn *town) listID(name string) string {
	for _, l := range tn.set.Lists {
		if l.Name == name {
			return l.ID
		}
	}
	tn.t.Fatalf("no list %s", name)
	return ""
}

// carriedFile is a patch file of the product's layer.
func (tn *town) carriedFile(path string) string {
	return tn.git("meta-harbor", "show", "main:"+path) + "\n"
}

// outer is the diff by which somebody wants the openwater layer to be edited.
func (tn *town) outer(edit func(dir string)) string {
	tn.git("meta-openwater", "branch", "--force", "wish", "main")
	hash := tn.commit("meta-openwater", "wish", "wish", edit)
	tn.git("meta-openwater", "branch", "-D", "wish")
	return "Please take this.\n---\n" + tn.git("meta-openwater", "show", "--format=", hash) + "\n-- \n2.45.1\n"
}

// put writes a file and the directories above it.
func (tn *town) put(dir, path, text string) {
	tn.t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o755); err != nil {
		tn.t.Fatal(err)
	}
	tn.write(dir, path, text)
}

// theirsPosted: somebody else posts a patch that the product carries.
func theirsPosted(tn *town) {
	_, text, _ := strings.Cut(tn.carriedFile(nearFile), "\n\n")
	tn.mail("extfs-devel", ivo, "near-1@chips.example.com", "", "[PATCH] "+nearAlloc, "From: Another <a@example.net>\n\n"+text)
}

// upstreamHad: the upstream layer gets a patch of ours, edits its tag, and
// drops it.
func upstreamHad(tn *town) {
	tn.commit("meta-openwater", "main", "extfs-tools: take a patch", func(dir string) { tn.put(dir, extfs+"0007-alloc.patch", tn.carriedFile(nearFile)) })
	tn.commit("meta-openwater", "main", "extfs-tools: say where it went", func(dir string) {
		tn.edit(filepath.Join(dir, extfs+"0007-alloc.patch"), "Upstream-Status: Pending", "Upstream-Status: Denied")
	})
	tn.commit("meta-openwater", "main", "extfs-tools: drop it again", func(dir string) { tn.remove(dir, extfs+"0007-alloc.patch") })
}

// offeredByUs: one of the team wants the upstream layer to carry a new patch.
func offeredByUs(tn *town) {
	tn.mail("openwater-devel", ana, "wish-1@harbor.example.com", "", "[meta-openwater][PATCH] extfs-tools: name blocks", tn.outer(func(dir string) {
		tn.put(dir, extfs+"0009-name.patch", blockName)
	}))
}

// offeredAgain: the patch file of offeredByUs, which the layer took, is edited.
func offeredAgain(tn *town) {
	tn.commit("meta-openwater", "main", "extfs-tools: name blocks", func(dir string) { tn.put(dir, extfs+"0009-name.patch", blockName) })
	tn.mail("openwater-devel", ana, "wish-2@harbor.example.com", "", "[meta-openwater][PATCH] extfs-tools: our patch stays here", tn.outer(func(dir string) {
		tn.edit(filepath.Join(dir, extfs+"0009-name.patch"), "Upstream-Status: Pending", "Upstream-Status: Inappropriate [oe specific]")
	}))
}

// partly: a mail edits a patch file of which nobody has the rest.
func partly(tn *town) {
	text := tn.outer(func(dir string) { tn.put(dir, extfs+"0008-odd.patch", blockName) })
	for _, r := range [][2]string{
		{"new file mode 100644\n", ""}, {"--- /dev/null", "--- a/" + extfs + "0008-odd.patch"}, {"index 0000000", "index 1234567"}, {"@@ -0,0", "@@ -1,1"},
	} {
		text = strings.Replace(text, r[0], r[1], 1)
	}
	tn.mail("openwater-devel", ana, "wish-3@harbor.example.com", "", "[meta-openwater][PATCH] extfs-tools: odd", text)
}

const blocks = "extfsck: name the block in messages"

var alikeMoves = []move{
	{"somebody else posts what we carry", theirsPosted, map[string]string{
		nearAlloc + " | meta-harbor@main":       "in review, follow",
		nearAlloc + " | meta-harbor-4@harbor-4": "in review, follow",
	}, ""},

	{"somebody else posts what we carry, and one of us reviews it", func(tn *town) {
		theirsPosted(tn)
		tn.mail("extfs-devel", tomasz, "near-2@harbor.example.com", "near-1@chips.example.com", "Re: [PATCH] "+nearAlloc, "> x\n\nReviewed-by: "+tomasz+"\n")
	}, map[string]string{nearAlloc + " | meta-harbor@main": "in review, rebase"}, ""},

	{"somebody else posts what we posted", func(tn *town) {
		for _, m := range tn.boxes["lists/extfs-devel"] {
			if text := string(m); strings.Contains(text, "Subject: [PATCH 1/3] "+hardLinks) {
				_, body, _ := strings.Cut(text, "\r\n\r\n")
				tn.mail("extfs-devel", ivo, "links-9@chips.example.com", "", "[PATCH] "+hardLinks, strings.ReplaceAll(body, "\r\n", "\n"))
			}
		}
	}, map[string]string{hardLinks + " | meta-harbor@main": "ignored, ping"}, ""},

	{"somebody wants a layer to carry what we carry", func(tn *town) {
		tn.mail("openwater-devel", ivo, "wish-0@chips.example.com", "", "[meta-openwater][PATCH] extfs-tools: run tests", tn.outer(func(dir string) {
			tn.put(dir, extfs+"run.patch", tn.carriedFile(noTools))
		}))
	}, map[string]string{
		"tests: run without valgrind | meta-harbor@main": "local, correct tag",
		"extfs-tools: run tests | meta-openwater":        "in review",
	}, ""},

	{"one of us wants a layer to carry a new patch", offeredByUs, map[string]string{
		blocks + " | extfs-tools":                   "local, post",
		"extfs-tools: name blocks | meta-openwater": "in review, wait",
	}, ""},

	{"one of us edits a patch file of a layer", offeredAgain, map[string]string{blocks + " | extfs-tools": "local"}, ""},

	{"a patch file is edited that no layer has", partly, map[string]string{"extfs-tools: odd | meta-openwater": "in review, wait"}, ""},

	{"an upstream layer had our patch once", upstreamHad, map[string]string{nearAlloc + " | meta-harbor@main": "local, rebase"}, ""},

	{"an upstream layer rewrites its branch", func(tn *town) {
		tn.git("meta-openwater", "tag", "before", "main")
		upstreamHad(tn)
		db := storetest.SQLite(tn.t)
		tn.sync(db) // the cache knows of it
		tn.git("meta-openwater", "update-ref", "refs/heads/main", "before")
	}, map[string]string{nearAlloc + " | meta-harbor@main": "local, rebase"}, ""},
}

// TestAlike: what is found alike is kept with the reasons, on both engines.
func TestAlike(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		tn := newTown(t)
		tn.git("meta-openwater", "tag", "before", "main")
		theirsPosted(tn)
		upstreamHad(tn)
		offeredByUs(tn)
		partly(tn)
		tn.sync(db)

		c := findChange(t, db, nearAlloc)
		if why := told(t, db, nearAlloc, "meta-harbor@main"); !strings.Contains(why, "already on the list, by Another") {
			t.Errorf("why: %s", why)
		}
		ours := change.CarriedKey("meta-harbor", "main", nearFile)
		for _, want := range []string{ours + " posted:near-1@chips.example.com identical", change.CarriedKey("meta-harbor-4", "harbor-4", nearFile) + " " + ours + " identical"} {
			found := false
			for _, l := range c.Alike {
				found = found || fmt.Sprintf("%s %s %s", l.A, l.B, l.Same) == want && len(l.Evidence) > 0
			}
			if !found {
				t.Errorf("no likeness %q in %+v", want, c.Alike)
			}
		}
		var note string
		for _, s := range c.Sightings {
			if s.Kind == change.Elsewhere {
				note += s.Source + " " + s.Path + ": " + s.Note
			}
		}
		if !strings.Contains(note, "meta-openwater "+extfs+"0007-alloc.patch: the same file, from 2026-05-20 (") || !strings.Contains(note, "dropped since") {
			t.Errorf("elsewhere: %q", note)
		}
		if len(c.Twins) != 2 || !c.Twins[0].One || c.Twins[0].Came.Commit == "" || c.Twins[0].Went.Commit == "" || len(c.Twins[0].Evidence) == 0 {
			t.Errorf("twins: %+v", c.Twins)
		}
		nested, err := db.NestedPatches(t.Context())
		if last := len(nested) - 1; err != nil || last < 1 || nested[last-1].Problem != "" || !strings.Contains(nested[last].Problem, "only parts of it") {
			t.Errorf("NestedPatches = %+v, %v", nested, err)
		}
		b := findChange(t, db, blocks)
		if !b.Ours || len(b.Sightings) != 1 || b.Sightings[0].Kind != change.Offered || b.Sightings[0].Recipe != "extfs-tools" || len(b.Claims) != 1 || b.Claims[0].Kind != "Pending" {
			t.Errorf("offered: %+v with %+v", b.Sightings, b.Claims)
		}

		tn.git("meta-openwater", "update-ref", "refs/heads/main", "before")
		tn.sync(db)
		if c := findChange(t, db, nearAlloc); len(c.Twins) != 0 {
			t.Errorf("after the branch was rewritten: %+v", c.Twins)
		}
		if again := tn.sync(db); len(again) > 0 {
			t.Errorf("a second pass found %v", again)
		}
	})
}
