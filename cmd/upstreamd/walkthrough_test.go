package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// corpus is the directory of real mails, layers and repositories. Without it
// the test is skipped, which CI does not allow.
func corpus(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("UPSTREAMD_CORPUS")
	if dir == "" {
		dir = "../../../shared/data"
	}
	if _, err := os.Stat(filepath.Join(dir, "repos")); err != nil {
		missing(t, "no corpus: set UPSTREAMD_CORPUS")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// missing skips the test, and fails it under CI.
func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// binary builds the real program, without the race detector that tests have.
func binary(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "upstreamd")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// A dumped row is a line of a logical dump.
type dumped struct {
	Table, Kind, Verdict, Project, Status, Place, Role, Outcome string
	SightingKey                                                 string `json:"sighting_key"`
	CommitHash                                                  string `json:"commit_hash"`
	Tags                                                        string
	LocalSource                                                 string `json:"local_source"`
	LocalVersion                                                string `json:"local_version"`
	OtherVersion                                                string `json:"other_version"`
}

func rows(t *testing.T, dump []byte) []dumped {
	t.Helper()
	var all []dumped
	lines := bufio.NewScanner(bytes.NewReader(dump))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r dumped
		var wrongType *json.UnmarshalTypeError // a column of the same name and another type
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil && !errors.As(err, &wrongType) {
			t.Fatalf("%v in %.200s", err, lines.Bytes())
		}
		all = append(all, r)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestWalkthrough runs the real binary on real input, as docs/walkthrough.md
// tells it: layers, projects, list mail from dovecot and from a file.
func TestWalkthrough(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes of work")
	}
	data := corpus(t)
	for _, program := range []string{"dovecot", "openssl", "python3"} {
		if _, err := exec.LookPath(program); err != nil {
			missing(t, "no "+program+": run scripts/install-test-tools")
		}
	}
	if os.Getuid() != 0 {
		missing(t, "dovecot needs root to start")
	}
	upstreamd, dir := binary(t), t.TempDir()
	prepare := exec.Command("sh", "../../scripts/walkthrough", dir)
	prepare.Env = append(os.Environ(), "UPSTREAMD_CORPUS="+data)
	if out, err := prepare.CombinedOutput(); err != nil {
		t.Fatalf("prepare: %v\n%s", err, out)
	}
	t.Cleanup(func() { stopDovecot(t, dir) })
	call := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(upstreamd, append(args, "--config", filepath.Join(dir, "upstreamd.toml"))...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil || stderr.Len() > 0 {
			t.Fatalf("%v: %v\n%s%s", args, err, out, &stderr)
		}
		return string(out)
	}
	t.Log("\n" + call("sync"))
	dump := call("dump", "--logical")
	checkMerges(t, data, rows(t, []byte(dump)))
	checkLayers(t, rows(t, []byte(dump)))

	again := call("sync")
	t.Log("\n" + again)
	if n, want := strings.Count(again, "nothing new"), 11; n != want {
		t.Errorf("a second sync found something new in %d stages:\n%s", want-n, again)
	}
	if call("dump", "--logical") != dump {
		t.Error("a second sync changed what is known")
	}
}

func stopDovecot(t *testing.T, dir string) {
	b, err := os.ReadFile(filepath.Join(dir, "imap/run/master.pid"))
	if err != nil {
		t.Error(err)
		return
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err == nil {
		err = syscall.Kill(pid, syscall.SIGTERM)
	}
	if err != nil {
		t.Error(err)
	}
}

// checkMerges compares what is said of the posted patches with what their
// maintainers wrote into the commits.
func checkMerges(t *testing.T, data string, all []dumped) {
	b, err := os.ReadFile(filepath.Join(data, "diffmatch/truth.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	type entry struct {
		ID, Kind string
		Targets  []string
	}
	truth := map[string]entry{}
	for line := range strings.Lines(string(b)) {
		var e entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		truth[e.ID] = e
	}
	merged, looked, wrong := 0, 0, 0
	for _, r := range all {
		id, posted := strings.CutPrefix(r.SightingKey, "posted:")
		if r.Table != "match" || !posted {
			continue
		}
		looked++
		id, _, _ = strings.Cut(id, "@")
		e, known := truth[id]
		if !known {
			t.Fatalf("%s is not in the truth file", id)
		}
		if r.Verdict == "merged" && !slices.Contains(e.Targets, r.CommitHash) {
			wrong++
			t.Errorf("%s (%s): said to be merged by %s", id, e.Kind, r.CommitHash)
		}
		if r.Verdict == "merged" && e.Kind == "positive" {
			merged++
		}
	}
	t.Logf("%d posted patches compared, %d of those that were merged found, %d wrong", looked, merged, wrong)
	if looked < 1400 || merged < 780 {
		t.Errorf("%d compared, %d merged: want about 1404 and 790", looked, merged)
	}
}

// checkLayers checks what is said of the local layers.
func checkLayers(t *testing.T, all []dumped) {
	upstream, tagged, forks, tested := 0, 0, 0, 0
	for _, r := range all {
		switch {
		case r.Table == "match" && r.Verdict == "merged" && strings.HasPrefix(r.SightingKey, "carried:product@kirkstone:"):
			upstream++
			if r.Tags != "[]" && r.Tags != "null" {
				tagged++
			}
		case r.Table == "duplicate" && r.Kind == "fork" && r.LocalSource == "xenclient-oe":
			forks++
			if r.LocalVersion == "" || r.OtherVersion == "" {
				t.Errorf("a fork without versions on both sides: %+v", r)
			}
		case r.Table == "flag":
			tested++
		}
	}
	t.Logf("kirkstone: %d carried patches are upstream, %d of them in a tag; xenclient-oe: %d forks; %d tests of patches on versions", upstream, tagged, forks, tested)
	if upstream < 75 || tagged < upstream*9/10 || forks < 10 || tested < 150 {
		t.Error("want at least 75 upstream, nearly all in a tag, 10 forks and 150 tests")
	}
}
