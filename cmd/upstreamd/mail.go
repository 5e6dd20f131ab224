package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/upstreamd/upstreamd/internal/job"
	"github.com/upstreamd/upstreamd/internal/mailing/imap"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/secret"
)

// imap is the account as the IMAP room wants it. The file of a password is read
// each time, so that it can be changed; a token is kept until it is refused.
func (a accountConfig) imap() (imap.Account, error) {
	account := imap.Account{Name: a.Name, Host: a.Host, Port: a.Port, TLS: a.TLS, CAFile: a.CAFile, Auth: a.Auth, User: a.User}
	switch {
	case a.withToken():
		account.Token = a.token.Value
	case a.SecretFile != "":
		var err error
		if account.Password, err = secret.ReadFile(a.SecretFile); err != nil {
			return account, fmt.Errorf("secret_file: %w", err)
		}
	}
	return account, nil
}

// dial connects to a configured account. It is a [pipeline.Dial].
func (c *config) dial(ctx context.Context, name string) (pipeline.MailAccount, error) {
	for _, a := range c.Accounts {
		if a.Name != name {
			continue
		}
		account, err := a.imap()
		if err != nil {
			return nil, err
		}
		reader, err := imap.NewReader(ctx, account)
		if err != nil {
			return nil, err
		}
		return mailAccount{reader}, nil
	}
	return nil, fmt.Errorf("no [[accounts]] %q", name)
}

// fetchBatch is how many mails are asked for at once.
const fetchBatch = 200

// A mailAccount lets the collect stage see an IMAP reader.
type mailAccount struct{ *imap.Reader }

// Open implements [pipeline.MailAccount].
func (a mailAccount) Open(ctx context.Context, mailbox string) (uidValidity, uidNext uint32, err error) {
	st, err := a.Reader.Open(ctx, mailbox)
	return st.UIDValidity, st.UIDNext, err
}

// Fetch implements [pipeline.MailAccount].
func (a mailAccount) Fetch(ctx context.Context, r pipeline.MailRange, f func(pipeline.MailBatch) error) error {
	want := imap.Range{After: r.First - 1, UpTo: r.Last, Since: r.Since, Before: r.Before}
	return a.Reader.Fetch(ctx, want, fetchBatch, func(got imap.Batch) error {
		b := pipeline.MailBatch{UpTo: got.UpTo, Withheld: got.Withheld, Mails: make([]pipeline.RawMail, len(got.Mails))}
		for i, m := range got.Mails {
			b.Mails[i] = pipeline.RawMail{UID: m.UID, Bytes: m.Bytes, Oversize: m.Oversize}
		}
		return f(b)
	})
}

// watchMail waits for new mail in the accounts and has it collected at once,
// until ctx is done. What it misses the schedule collects.
func (c *config) watchMail(ctx context.Context, runner *job.Runner, log *slog.Logger) {
	var all sync.WaitGroup
	for _, a := range c.Accounts {
		if a.watchers() == 0 {
			continue
		}
		all.Go(func() {
			log := log.With("account", a.Name)
			err := imap.Watch(ctx, imap.Watched{
				Account: a.imap, Names: a.Mailboxes, Most: a.watchers(),
				News: func() {
					if err := runner.NudgeInput(ctx, "collect", pipeline.Account{Name: a.Name}.Input()); err != nil && ctx.Err() == nil {
						log.Warn("new mail", "error", err)
					}
				},
				Trouble: func(err error) { log.Debug("wait for new mail", "error", err) },
			})
			if errors.Is(err, imap.ErrNoIdle) {
				log.Info("the server does not tell of new mail; it is looked for every two minutes")
			}
		})
	}
	all.Wait()
}
