package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// ErrExists means that there is one of that name already.
var ErrExists = errors.New("exists already")

// An Account is somebody who may log in.
type Account struct {
	ID       int64
	Name     string // unique
	Password string // argon2id in PHC form; "" until it is set
	Created  time.Time
}

// An accountRow is a row of table account.
type accountRow struct {
	bun.BaseModel `bun:"table:account"`

	ID       int64  `bun:",pk,autoincrement"`
	Name     string `store:"key"`
	Password string
	Created  int64
}

func (r accountRow) account() Account { return Account{r.ID, r.Name, r.Password, moment(r.Created)} }

// A loginLinkRow is a row of table login_link.
type loginLinkRow struct {
	bun.BaseModel `bun:"table:login_link"`

	TokenHash string `bun:",pk"`
	AccountID int64
	Expires   int64
}

// Accounts returns all accounts, by name.
func (db *DB) Accounts(ctx context.Context) ([]Account, error) {
	rows, err := all[accountRow](ctx, db.read(ctx), func(q *bun.SelectQuery) *bun.SelectQuery { return q.OrderExpr("name") })
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	found := make([]Account, len(rows))
	for i, r := range rows {
		found[i] = r.account()
	}
	return found, nil
}

// Account returns the account of this name, or an error that matches
// [ErrNotFound].
func (db *DB) Account(ctx context.Context, name string) (Account, error) {
	return db.accountWhere(ctx, "account "+name, "name = ?", short(name))
}

// AccountByID returns the account with this id, or an error that matches
// [ErrNotFound].
func (db *DB) AccountByID(ctx context.Context, id int64) (Account, error) {
	return db.accountWhere(ctx, fmt.Sprintf("account %d", id), "id = ?", id)
}

func (db *DB) accountWhere(ctx context.Context, what, where string, args ...any) (Account, error) {
	var r accountRow
	err := db.read(ctx).NewSelect().Model(&r).Where(where, args...).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return Account{}, fmt.Errorf("%s: %w", what, err)
	}
	return r.account(), nil
}

// AddAccount adds an account without a password. The error matches
// [ErrExists] where the name is taken.
func (db *DB) AddAccount(ctx context.Context, name string, created time.Time) (Account, error) {
	var a Account
	err := db.write(ctx, "accounts", func(ctx context.Context, tx bun.IDB) error {
		_, err := db.Account(ctx, name)
		if err == nil {
			return fmt.Errorf("account %s: %w", name, ErrExists)
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
		row := accountRow{Name: name, Created: unix(created)}
		scrub(&row)
		if err := insert(ctx, tx, []accountRow{row}); err != nil {
			return fmt.Errorf("account %s: %w", name, err)
		}
		a, err = db.Account(ctx, name)
		return err
	})
	return a, err
}

// SetPassword stores the hash of an account's password. Its login links are
// void from then on.
func (db *DB) SetPassword(ctx context.Context, accountID int64, phc string) error {
	return db.write(ctx, "accounts", func(ctx context.Context, tx bun.IDB) error {
		res, err := tx.NewUpdate().Table("account").Set("password = ?", phc).Where("id = ?", accountID).Exec(ctx)
		if err := affected(res, err); err != nil {
			return fmt.Errorf("account %d: %w", accountID, err)
		}
		if _, err := tx.NewDelete().Table("login_link").Where("account_id = ?", accountID).Exec(ctx); err != nil {
			return fmt.Errorf("login links of account %d: %w", accountID, err)
		}
		return nil
	})
}

// AddLoginLink stores a one-time link by the hash of its token.
func (db *DB) AddLoginLink(ctx context.Context, accountID int64, tokenHash string, expires time.Time) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		row := loginLinkRow{TokenHash: tokenHash, AccountID: accountID, Expires: unix(expires)}
		if err := insert(ctx, db.tx(ctx), []loginLinkRow{row}); err != nil {
			return fmt.Errorf("login link of account %d: %w", accountID, err)
		}
		return nil
	})
}

// LoginLink returns the account that a link is for. The error matches
// [ErrNotFound] where there is none, or it has expired.
func (db *DB) LoginLink(ctx context.Context, tokenHash string, now time.Time) (Account, error) {
	return db.accountWhere(ctx, "login link",
		"id = (SELECT account_id FROM login_link WHERE token_hash = ? AND expires > ?)", tokenHash, unix(now))
}

// UseLoginLink sets the password of the account that a link is for, and uses
// the link up: of two who come with it at once one gets an error that matches
// [ErrNotFound].
func (db *DB) UseLoginLink(ctx context.Context, tokenHash, phc string, now time.Time) (Account, error) {
	var a Account
	err := db.write(ctx, "accounts", func(ctx context.Context, _ bun.IDB) (err error) {
		if a, err = db.LoginLink(ctx, tokenHash, now); err != nil {
			return err
		}
		a.Password = phc
		return db.SetPassword(ctx, a.ID, phc)
	})
	return a, err
}
