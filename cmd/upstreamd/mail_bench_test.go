//go:build bench

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/mailing/imap/imapdtest"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
)

// BenchmarkCollect reads real mails from dovecot over TLS into SQLite, by one
// pass of the collect stage in a process of its own, and says how fast that is
// and how much memory it takes. UPSTREAMD_BENCH_MAILS is how many mails there
// are (default 5,000), UPSTREAMD_BENCH_MAILBOXES in how many mailboxes (1). The
// mails of a list are repeated with other message-ids until there are enough.
func BenchmarkCollect(b *testing.B) {
	count, boxes := fromEnv("UPSTREAMD_BENCH_MAILS", 5000), fromEnv("UPSTREAMD_BENCH_MAILBOXES", 1)
	mails := listMails(b)
	d := imapdtest.StartDovecot(b, nil)
	var size int64
	for box := range boxes {
		d.Fill(fmt.Sprintf("lists%d", box), func(yield func([]byte) bool) {
			for n := box; n < count; n += boxes {
				m := fmt.Appendf(nil, "Message-ID: <%d@bench.example.org>\nX-Original-", n)
				m = append(m, mails[n%len(mails)]...)
				size += int64(len(m))
				if !yield(m) {
					return
				}
			}
		})
	}
	dir := b.TempDir()
	config := filepath.Join(dir, "upstreamd.toml")
	for name, text := range map[string]string{filepath.Join(dir, "password"): d.Password, config: fmt.Sprintf(`
[[accounts]]
name = "bench"
host = %q
port = %d
ca_file = %q
user = %q
secret_file = "password"
mailboxes = ["lists*"]
`, d.Host, d.Port, d.CAFile, d.User)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	var took, cpu time.Duration
	var peak int64
	runs := 0
	for b.Loop() {
		cmd := exec.Command(os.Args[0], "-test.run=^TestCollectOnce$", "-test.v")
		cmd.Env = append(os.Environ(), "UPSTREAMD_BENCH_CONFIG="+config, "UPSTREAMD_DATABASE_PATH="+filepath.Join(dir, fmt.Sprintf("%d.db", runs)))
		begun := time.Now()
		out, err := cmd.CombinedOutput()
		if err != nil || !bytes.Contains(out, fmt.Appendf(nil, "collected: %d mails", count)) {
			b.Fatalf("%v: %s", err, out)
		}
		took += time.Since(begun)
		cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		peak = max(peak, cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
		runs++
	}
	total := float64(count * runs)
	b.ReportMetric(total/took.Seconds(), "mails/s")
	b.ReportMetric(total/cpu.Seconds(), "mails/CPU-s")
	b.ReportMetric(float64(peak)/1024, "peak-MB")
	b.ReportMetric(float64(size)/1e6, "mail-MB")
}

// TestCollectOnce is the process that BenchmarkCollect measures.
func TestCollectOnce(t *testing.T) {
	path := os.Getenv("UPSTREAMD_BENCH_CONFIG")
	if path == "" {
		t.Skip("only for BenchmarkCollect")
	}
	c, err := loadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{Driver: store.SQLite, Path: c.Database.Path, Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	sources, err := c.sources()
	if err == nil {
		err = db.SyncSources(t.Context(), sources)
	}
	if err != nil {
		t.Fatal(err)
	}
	rep, err := pipeline.NewCollector(db, db, c.dial, c.settings(nil)).Stage().Run(t.Context(), "")
	if err != nil || rep.Problems != nil {
		t.Fatal(err, rep.Problems)
	}
	t.Logf("collected: %s", rep.Done)
}

// listMails are the mails of a real list.
func listMails(b *testing.B) (mails [][]byte) {
	b.Helper()
	root := os.Getenv("UPSTREAMD_CORPUS")
	if root == "" {
		root = "../../../shared/data"
	}
	err := mailing.Read(filepath.Join(root, "series/batman.mbox.gz"), func(raw []byte, _ string) error {
		mails = append(mails, raw)
		return nil
	})
	if err != nil {
		b.Skip(err)
	}
	return mails
}

func fromEnv(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return otherwise
}
