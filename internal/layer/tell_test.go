package layer

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/git/gittest"
)

// storyOf scans ours and up, and tells what of each duplicate the histories
// say, the commits by their subjects.
func storyOf(t *testing.T, ours, up *gittest.Repo) (lines []string) {
	t.Helper()
	var sources []Source
	for _, r := range []*gittest.Repo{ours, up} {
		repo, err := git.Open(t.Context(), r.Path)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, Source{Name: map[bool]string{true: "ours", false: "up"}[r == ours], Repo: repo, Rev: "main", Local: r == ours})
	}
	dir := t.TempDir()
	open := func(ctx context.Context, src Source) (*Archive, error) {
		return OpenArchive(ctx, src.Repo, filepath.Join(dir, src.Name), strings.Fields(gitOf(src, ours, up).Git("branch", "--format=%(refname)")), nil)
	}
	var before []Duplicate
	for range 2 { // the second scan reads what the first kept
		s, err := Run(t.Context(), sources, Options{History: true, Archive: open})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, s.Duplicates()); before != nil && diff != "" {
			t.Errorf("scanned again (-first +second):\n%s", diff)
		}
		before = s.Duplicates()
	}
	subject := func(r *gittest.Repo, m Moment) string {
		if m.Commit == "" {
			return "?"
		}
		return strings.TrimSpace(r.Git("log", "-1", "--format=%s", m.Commit))
	}
	for _, d := range before {
		line := fmt.Sprintf("%s %s %s: %s %s, %s", d.Kind, d.LocalFile, d.UpstreamFile, d.First, subject(ours, d.LocalSince), subject(up, d.UpstreamSince))
		if d.Went != "" {
			line += fmt.Sprintf("; once %s %.1f", d.UpstreamVersion, d.Similarity)
		}
		for _, n := range d.News {
			line += "; " + strings.TrimSpace(n.Kind+" "+n.Version) + " by " + subject(up, n.Moment)
		}
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return lines
}

func gitOf(src Source, ours, up *gittest.Repo) *gittest.Repo {
	if src.Name == "ours" {
		return ours
	}
	return up
}

// TestTell: both layers get the same things at different times, under changing
// names; upstream goes on and drops some.
func TestTell(t *testing.T) {
	up, ours := gittest.New(t), gittest.New(t)
	conf := "BBFILES += \"${LAYERDIR}/r/*.bb\"\nBBFILE_COLLECTIONS += \"%s\"\n"
	day := func() { up.Wait(24 * time.Hour); ours.Wait(24 * time.Hour) }
	inc := "A = \"1\"\nB = \"2\"\n"
	up.Commit(map[string]string{"conf/layer.conf": fmt.Sprintf(conf, "up"), "r/begun_1.bb": "", "r/late_1.bb": ""}, "up begins")
	ours.Commit(map[string]string{"conf/layer.conf": fmt.Sprintf(conf, "ours")}, "ours begins")
	day()
	up.Commit(map[string]string{"r/theirs_1.bb": "", "r/fix.patch": fix("", "1", "go"), "r/old-1.inc": inc, "r/gone_git.bb": "A = \"1\"\n"}, "up adds")
	ours.Commit(map[string]string{"r/late_1.bb": "", "r/same_1.bb": "", "r/mine_1.bb": "", "classes/c.bbclass": inc, "r/own.patch": fix("", "1", "a") + "@@ -80 +80,2 @@\n x\n+y\n"}, "ours adds")
	up.Commit(map[string]string{"r/same_1.bb": ""}, "up the same day")
	day()
	up.Commit(map[string]string{"r/mine_1.bb": "", "classes/c.bbclass": inc, "r/old-1.inc": gittest.Gone, "r/old-2.inc": inc, "r/their.patch": fix("", "1", "a") + "@@ -90 +90,2 @@\n x\n+y\n"}, "up follows")
	ours.Commit(map[string]string{"r/begun_1.bb": "", "r/theirs_2.bb": "", "r/fix.patch": fix("", "1", "go"), "r/old-2.inc": inc, "r/gone_1.bb": "A = \"1\"\n", "r/side_1.bb": ""}, "ours follows")
	day()
	up.Branch("next")
	up.Commit(map[string]string{"r/side_3.bb": ""}, "a side")
	up.Commit(map[string]string{"r/side_3.bb": gittest.Gone}, "no side")
	up.Checkout("main")
	up.Commit(map[string]string{"r/mine_1.bb": gittest.Gone, "r/mine_1.10.bb": "", "r/theirs_1.bb": gittest.Gone, "r/theirs_1.9.bb": ""}, "upgrade")
	up.Commit(map[string]string{"r/mine_1.10.bb": gittest.Gone, "r/mine_1.11.bb": "", "r/fix.patch": gittest.Gone, "r/gone_git.bb": gittest.Gone}, "upgrade again")
	ours.Commit(map[string]string{"r/theirs_2.bb": gittest.Gone, "r/theirs_1.8.bb": ""}, "back")
	want := []string{
		"fork r/begun_1.bb r/begun_1.bb: upstream ours follows, up begins",
		"fork r/late_1.bb r/late_1.bb: upstream ours adds, up begins", // begun at the latest, and that is earlier
		"fork r/mine_1.bb r/mine_1.11.bb: local ours adds, up follows; added 1 by up follows; overtaken 1.10 by upgrade",
		"fork r/same_1.bb r/same_1.bb: ours adds, up the same day",
		"fork r/theirs_1.8.bb r/theirs_1.9.bb: upstream ours follows, up adds; overtaken 1.9 by upgrade",
		"patch r/own.patch r/their.patch: local ours adds, up follows; added by up follows",
		"patch r/fix.patch r/fix.patch: upstream ours follows, up adds; once 1.0; dropped by upgrade again",
		"fork r/gone_1.bb r/gone_git.bb: upstream ours follows, up adds; once git 1.0; dropped by upgrade again",
		"fork r/side_1.bb r/side_3.bb: local ours follows, a side; once 3 0.0; added 3 by a side; dropped by no side",
		"class classes/c.bbclass classes/c.bbclass: local ours adds, up follows; added by up follows",
		"inc r/old-2.inc r/old-2.inc: upstream ours follows, up adds",
	}
	if diff := cmp.Diff(want, storyOf(t, ours, up)); diff != "" {
		t.Errorf("stories (-want +got):\n%s", diff)
	}
}

// TestTellBounds: what a history begins with, or got with an import, may be
// older.
func TestTellBounds(t *testing.T) {
	up, ours := gittest.New(t), gittest.New(t)
	conf := "BBFILES += \"${LAYERDIR}/r/*.bb\"\nBBFILE_COLLECTIONS += \"%s\"\n"
	ours.Commit(map[string]string{"conf/layer.conf": fmt.Sprintf(conf, "ours"), "r/begun_1.bb": "", "r/many_1.bb": ""}, "ours begins")
	up.Wait(48 * time.Hour)
	up.Commit(map[string]string{"conf/layer.conf": fmt.Sprintf(conf, "up"), "r/begun_1.bb": ""}, "up begins")
	many := map[string]string{"r/many_2.bb": ""}
	for i := range imported {
		many[fmt.Sprintf("r/x%d_1.bb", i)] = ""
	}
	up.Wait(48 * time.Hour)
	up.Commit(many, "import")
	want := []string{
		"fork r/begun_1.bb r/begun_1.bb: ours begins, up begins",
		"fork r/many_1.bb r/many_2.bb: ours begins, import",
	}
	if diff := cmp.Diff(want, storyOf(t, ours, up)); diff != "" {
		t.Errorf("stories (-want +got):\n%s", diff)
	}
}

// TestTellCorpus: two real layers with whole histories. What is said is backed
// by commits of both sides, and none is later than the tip.
func TestTellCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("reads real layers")
	}
	dir := corpus(t)
	sources := append(open(t, dir, []string{"xenclient-oe@master"}, true), open(t, dir, []string{"meta-measured@master", "meta-selinux@nilrt/master/dunfell"}, false)...)
	tips := map[string]time.Time{}
	for _, src := range sources {
		err := src.Repo.Log(t.Context(), git.LogQuery{Revs: []string{src.Rev}, Merges: true, Max: 1}, func(c *git.Commit) error {
			tips[src.Name] = c.CommitTime
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := Run(t.Context(), sources, Options{History: true, Archive: func(ctx context.Context, src Source) (*Archive, error) {
		return OpenArchive(ctx, src.Repo, "", []string{src.Rev}, nil)
	}})
	if err != nil {
		t.Fatal(err)
	}
	first, news := map[string]int{}, map[string]int{}
	for _, d := range s.Duplicates() {
		if d.First != "" {
			first[d.First]++
			earlier := d.LocalSince.Time.Before(d.UpstreamSince.Time)
			if d.LocalSince.Commit == "" || d.UpstreamSince.Commit == "" || earlier != (d.First == "local") {
				t.Errorf("%s %s: %s first, %v and %v", d.Kind, d.LocalFile, d.First, d.LocalSince, d.UpstreamSince)
			}
		}
		if d.LocalSince.Time.After(tips[d.LocalSource]) || d.UpstreamSince.Time.After(tips[d.UpstreamSource]) {
			t.Errorf("%s %s: since %v and %v, later than the tips", d.Kind, d.LocalFile, d.LocalSince, d.UpstreamSince)
		}
		for _, n := range d.News {
			news[n.Kind]++
			if n.Commit == "" || n.Time.After(tips[d.UpstreamSource]) || !n.Time.After(d.LocalSince.Time) {
				t.Errorf("%s %s: %+v, ours since %v", d.Kind, d.LocalFile, n, d.LocalSince.Time)
			}
		}
	}
	t.Log(first, news)
	if first["local"] == 0 || first["upstream"] == 0 || news["overtaken"] == 0 {
		t.Errorf("who was first: %v; news: %v", first, news)
	}
}
