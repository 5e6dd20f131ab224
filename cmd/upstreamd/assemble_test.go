package main

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestAssembleScores reads three real lists and holds the scorer's figures:
// none may fall below what was reached. docs/measurements.md has them all.
func TestAssembleScores(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 15,000 mails")
	}
	data := corpus(t)
	python, err := exec.LookPath("python3")
	if err != nil {
		missing(t, "no python3 for the scorer")
	}
	for _, tt := range []struct {
		list string
		min  map[string]float64
	}{
		{"linux-ext4", map[string]float64{
			"kind_accuracy": .999, "member_pair_F1": .995, "exact_multi_rate": .99, "link_pair_P": .985, "link_pair_F1": .98,
			"trailer_P": .998, "trailer_R": .999, "trailer_target_accuracy": .999, "action_ping_P": 1, "action_applied_R": 1,
		}},
		{"batman", map[string]float64{
			"kind_accuracy": .999, "member_pair_F1": 1, "exact_multi_rate": 1, "link_pair_P": 1, "link_pair_F1": .97,
			"trailer_P": 1, "trailer_R": 1, "trailer_target_accuracy": 1,
		}},
		{"openwrt-devel", map[string]float64{
			"kind_accuracy": .999, "member_pair_F1": .996, "exact_multi_rate": .98, "link_pair_P": 1, "link_pair_F1": .99,
			"trailer_P": 1, "trailer_R": 1, "trailer_target_accuracy": 1,
		}},
	} {
		out, err := os.Create(filepath.Join(t.TempDir(), "out.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		if code := run([]string{"assemble", "--json", filepath.Join(data, "series", tt.list+".mbox.gz")}, out, io.Discard); code != exitOK {
			t.Fatalf("assemble: exit code %d", code)
		}
		out.Close()
		scored, err := exec.Command(python, filepath.Join(data, "../tools/score-series"), "--json", filepath.Join(data, "series", tt.list), out.Name()).Output()
		if err != nil {
			t.Fatalf("score-series: %v", err)
		}
		var got map[string]any
		if err := json.Unmarshal(scored, &got); err != nil {
			t.Fatal(err)
		}
		for key, want := range tt.min {
			if have, _ := got[key].(float64); have < want {
				t.Errorf("%s: %s is %.4f, want %.4f", tt.list, key, have, want)
			}
		}
		if n, _ := got["branch_variants_joined"].(float64); n != 0 {
			t.Errorf("%s: %v pairs for different branches joined, want none", tt.list, n)
		}
	}
}
