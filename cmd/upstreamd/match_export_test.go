package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
)

// decide records what somebody says of some matches of the generated world:
// the first carried one is confirmed, the first posted one and the second
// carried one rejected, and a patch that was found nowhere is linked by hand.
// It returns the keys of the sightings by what was said.
func (s *site) decide(keys map[string]string) {
	s.t.Helper()
	db, err := openStore(s.t.Context(), s.config, false)
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	matches, err := db.Matches(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	say := func(word string, kind change.DecisionKind, m change.Match, commit string) {
		keys[word] = m.Sighting
		d := change.Decision{Kind: kind, Subject: m.Sighting, Object: change.CommitKey(m.Project, commit), By: "ada", At: time.Now()}
		if err := db.AddDecision(s.t.Context(), d); err != nil {
			s.t.Fatal(err)
		}
	}
	var any string
	for _, m := range matches {
		carried := strings.HasPrefix(m.Sighting, "carried:")
		switch {
		case m.Project != "extfs-tools":
		case m.Verdict == change.Merged && carried && keys["confirmed"] == "":
			say("confirmed", change.Confirm, m, m.Commit)
		case m.Verdict == change.Merged && carried && keys["rejected"] == "":
			say("rejected", change.Reject, m, m.Commit)
		case m.Verdict == change.Merged && !carried && keys["rejected posting"] == "":
			any = m.Commit
			say("rejected posting", change.Reject, m, m.Commit)
		case m.Verdict == change.None && carried && keys["linked"] == "" && any != "":
			say("linked", change.Link, m, any)
		}
	}
	for _, m := range matches {
		if m.Project == "extfs-tools" && m.Verdict == change.None && keys["linked"] == "" {
			say("linked", change.Link, m, any)
		}
	}
	say("unknown", change.Reject, change.Match{Sighting: "posted:gone@example.org", Project: "extfs-tools"}, any)
}

// TestExportCases: decisions become examples that the matcher runs on and the
// scorer takes.
func TestExportCases(t *testing.T) {
	s := newSite(t, nil)
	s.succeed("sync")
	keys := map[string]string{}
	s.decide(keys)
	s.succeed("sync")
	dir := filepath.Join(t.TempDir(), "cases")
	out := s.succeed("match", "export-cases", dir)
	if !strings.Contains(out, "4 examples in "+dir+": 2 merged, 2 not merged; 1 left out") ||
		!strings.Contains(out, "left out: posted:gone@example.org in extfs-tools: the patch is not known any more") {
		t.Errorf("export-cases says\n%s", out)
	}
	truth, err := os.ReadFile(filepath.Join(dir, "truth.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	positives := 0
	for line := range strings.Lines(string(truth)) {
		var l caseLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		word := l.Sub
		if l.Sub == "rejected" && l.Family == "A" {
			word = "rejected posting"
		}
		if keys[word] != l.Origin.Sighting || (l.Kind == "positive") != (len(l.Targets) > 0) || len(l.Rev) != 40 || l.Stratum == "" {
			t.Errorf("not what was %s (%s): %s", word, keys[word], line)
		}
		if l.Kind == "positive" {
			positives++
		}
		text, err := os.ReadFile(filepath.Join(dir, l.Path))
		if err != nil || regexp.MustCompile(`(?i)upstream-status|cherry picked|message-id|^From [1-9a-f]`).Match(text) {
			t.Errorf("%s: %v, or it tells where the patch was merged:\n%s", l.Path, err, text)
		}
		for _, c := range slices.Concat(l.Targets, l.Decoys) {
			if strings.Contains(string(text), c[:12]) {
				t.Errorf("%s names %s", l.Path, c)
			}
		}
	}
	match := exec.Command(s.bin, "match", "--work", filepath.Join(dir, "work.tsv"), "--repos", filepath.Join(dir, "repos"), "--patches", dir, "--json")
	match.Env = append(os.Environ(), "HOME="+s.dir, "XDG_CACHE_HOME="+t.TempDir())
	answers, err := match.Output()
	if err != nil || strings.Count(string(answers), `"verdict"`) != 4 {
		t.Fatalf("match --work: %v\n%s", err, answers)
	}
	if again := s.succeed("match", "export-cases", dir); again != out {
		t.Errorf("exported again:\n%s", again)
	}
	if o := s.run("match", "export-cases"); o.code != exitUsage {
		t.Errorf("without a directory: exit code %d", o.code)
	}
	score(t, dir, answers, positives)
}

// score gives truth and answers to the scorer.
func score(t *testing.T, dir string, answers []byte, positives int) {
	scorer := filepath.Join(corpus(t), "../tools/score-diffmatch")
	file := filepath.Join(dir, "answers.jsonl")
	if err := os.WriteFile(file, answers, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(scorer, file, "--truth", filepath.Join(dir, "truth.jsonl"), "--json", filepath.Join(dir, "score.json"), "--misses", "-1").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%d positives\n%s", positives, out)
	list, err := exec.Command(scorer, "--truth", filepath.Join(dir, "truth.jsonl"), "--list").Output()
	work, err2 := os.ReadFile(filepath.Join(dir, "work.tsv"))
	if err != nil || err2 != nil || string(list) != string(work) {
		t.Errorf("the scorer's work list is another: %v, %v\n%s\n%s", err, err2, list, work)
	}
}
