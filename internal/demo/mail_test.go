package demo_test

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstreamd/upstreamd/internal/demo"
	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/mailing/imap"
	"github.com/upstreamd/upstreamd/internal/series"
)

// Every mail but the odd one is read without a problem, on its list, in order.
func TestMailsAreRead(t *testing.T) {
	odd, total := 0, 0
	for _, l := range shared.Lists {
		last := time.Time{}
		for _, raw := range shared.Mailboxes[l.Mailbox()] {
			total++
			m := mailing.Parse(raw)
			if m.From.Email == "" && m.Subject == "" {
				odd++
				continue
			}
			if len(m.Problems) > 0 || m.ListID != l.ID || m.Date.Before(last) || m.Date.After(moment) {
				t.Errorf("%s: %q of %s: problems %v, list %q", l.Name, m.Subject, m.Date, m.Problems, m.ListID)
			}
			last = m.Date
		}
	}
	if odd != 1 || total < 120 || total > 150 {
		t.Errorf("%d odd mails of %d, want 1 of about 135", odd, total)
	}
}

// The list takes the sender away, and reading gives him back.
func TestMunged(t *testing.T) {
	var got []string
	for _, raw := range shared.Mailboxes["lists/openwater-devel"] {
		if m := mailing.Parse(raw); m.Field("Sender") != "" {
			got = append(got, m.From.String())
		}
	}
	want := "Tomasz Wierzba <tomasz.wierzba@harbor.example.com>"
	if diff := cmp.Diff([]string{want, want, want, want}, got); diff != "" {
		t.Errorf("senders (-want +got):\n%s", diff)
	}
}

// A posted is a series of the team as the story tells it.
type posted struct {
	Versions int
	State    series.State
	Silent   int // days since the last sign of life
}

func TestSeriesOfTheTeam(t *testing.T) {
	var mails []series.Mail
	for _, l := range shared.Lists {
		for _, raw := range shared.Mailboxes[l.Mailbox()] {
			mails = append(mails, series.NewMail(mailing.Parse(raw)))
		}
	}
	result := series.Assemble(mails)
	states := series.States(result, mails)
	got := map[string]posted{}
	for _, s := range result.Series {
		for _, p := range shared.Team {
			if s.Author.Email == p.Addresses[0] {
				r := states[s.Key]
				got[s.Title] = posted{len(s.Postings), r.State, int(moment.Sub(r.LastSign).Hours() / 24)}
			}
		}
	}
	want := map[string]posted{
		"lib/xattr: hash names byte by byte as unsigned":   {1, series.Applied, 230},
		"lib/inode: refuse inodes of impossible size":      {1, series.Applied, 343},
		"extfsck: check the length of security labels":     {1, series.Applied, 126},
		"keep security labels when an image is made":       {2, series.Applied, 60},
		"man: say that mkextfs keeps labels":               {1, series.New, 13},
		"populate: hard links":                             {1, series.New, 23},
		"mkextfs: take the time from SOURCE_DATE_EPOCH":    {1, series.ChangesRequested, 14},
		"dumpextfs: print values that are not text in hex": {1, series.Applied, 8},
		"netcrate: package the static library":             {1, series.Applied, 85},
		"openwater-image: labels":                          {1, series.UnderReview, 3},
		"parse: name the key that is not known":            {1, series.New, 7},
		"manifest: notice when a label cannot be copied":   {1, series.New, 49},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("series of the team (-want +got):\n%s", diff)
	}
}

// The server wants the password, and gives every mail as it is.
func TestServeIMAP(t *testing.T) {
	addr, ca, stop, err := shared.ServeIMAP(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	account := imap.Account{Name: "demo", Host: host, TLS: "tls", CAFile: ca, User: demo.IMAPUser, Password: "wrong"}
	if account.Port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	if c, err := imap.Dial(t.Context(), account); err == nil {
		c.Close()
		t.Error("a wrong password was good enough")
	}
	account.Password = demo.IMAPPassword
	c, err := imap.Dial(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, l := range shared.Lists {
		if diff := cmp.Diff(shared.Mailboxes[l.Mailbox()], fetch(t.Context(), t, c, l.Mailbox())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", l.Mailbox(), diff)
		}
	}
}

func fetch(ctx context.Context, t *testing.T, c *imap.Client, mailbox string) (mails [][]byte) {
	t.Helper()
	st, err := c.Open(ctx, mailbox)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Fetch(ctx, imap.Range{UpTo: st.UIDNext - 1}, 50, func(batch imap.Batch) error {
		for _, m := range batch.Mails {
			mails = append(mails, m.Bytes)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return mails
}
