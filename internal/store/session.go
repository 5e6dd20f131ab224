package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Sessions keeps web sessions for alexedwards/scs (its Store and CtxStore).
// Only the hash of a session's token is stored, so that a copy of the database
// lets nobody in.
type Sessions struct{ db *DB }

// Sessions returns the store of web sessions.
func (db *DB) Sessions() Sessions { return Sessions{db} }

// A sessionRow is a row of table session.
type sessionRow struct {
	bun.BaseModel `bun:"table:session"`

	TokenHash string `bun:",pk"`
	Data      []byte
	Expires   int64
}

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Find is FindCtx without a context.
func (s Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (s Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context.
func (s Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// FindCtx returns a session's data, and whether there is one that has not
// expired.
func (s Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var data []byte
	err := s.db.read(ctx).NewSelect().Table("session").Column("data").
		Where("token_hash = ? AND expires > ?", tokenHash(token), time.Now().Unix()).Scan(ctx, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("session: %w", err)
	}
	return data, true, nil
}

// CommitCtx stores a session's data until expiry.
func (s Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	if data == nil {
		data = []byte{}
	}
	row := sessionRow{TokenHash: tokenHash(token), Data: data, Expires: unix(expiry)}
	return s.change(ctx, func(ctx context.Context, tx bun.IDB) error {
		_, err := tx.NewInsert().Model(&row).On("CONFLICT (token_hash) DO UPDATE").Exec(ctx)
		return err
	})
}

// DeleteCtx ends a session; one that is not there is no error.
func (s Sessions) DeleteCtx(ctx context.Context, token string) error {
	return s.change(ctx, func(ctx context.Context, tx bun.IDB) error {
		_, err := tx.NewDelete().Table("session").Where("token_hash = ?", tokenHash(token)).Exec(ctx)
		return err
	})
}

// DeleteExpired forgets sessions and login links that have expired.
func (s Sessions) DeleteExpired(ctx context.Context, now time.Time) error {
	return s.change(ctx, func(ctx context.Context, tx bun.IDB) error {
		if _, err := tx.NewDelete().Table("session").Where("expires <= ?", unix(now)).Exec(ctx); err != nil {
			return err
		}
		_, err := tx.NewDelete().Table("login_link").Where("expires <= ?", unix(now)).Exec(ctx)
		return err
	})
}

func (s Sessions) change(ctx context.Context, f func(context.Context, bun.IDB) error) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if err := f(ctx, s.db.tx(ctx)); err != nil {
			return fmt.Errorf("session: %w", err)
		}
		return nil
	})
}
