package imap

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/mailing/imap/imapdtest"
)

// BenchmarkDovecot fetches a real list from dovecot over TLS, in batches of 200.
func BenchmarkDovecot(b *testing.B) {
	root := os.Getenv("UPSTREAMD_CORPUS")
	if root == "" {
		root = "../../../../shared/data"
	}
	var mails [][]byte
	err := mailing.Read(filepath.Join(root, "series/batman.mbox.gz"), func(raw []byte, _ string) error {
		mails = append(mails, raw)
		return nil
	})
	if err != nil {
		b.Skip(err)
	}
	d := imapdtest.StartDovecot(b, map[string][][]byte{"lists": mails})
	account := Account{Name: "bench", Host: d.Host, Port: d.Port, CAFile: d.CAFile, User: d.User, Password: d.Password}
	n := 0
	for b.Loop() {
		c, err := Dial(b.Context(), account)
		if err != nil {
			b.Fatal(err)
		}
		st, err := c.Open(b.Context(), "lists")
		if err != nil {
			b.Fatal(err)
		}
		if err := c.Fetch(b.Context(), Range{UpTo: st.UIDNext - 1}, 200, func(l Batch) error { n += len(l.Mails); return nil }); err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "mails/s")
}
