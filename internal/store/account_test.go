package store_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

var (
	_ scs.Store    = store.Sessions{}
	_ scs.CtxStore = store.Sessions{}
)

func TestAccounts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		a, err := db.AddAccount(t.Context(), "admin", day(1))
		if err != nil || a.Name != "admin" || a.Password != "" || a.ID == 0 {
			t.Fatalf("AddAccount = %+v, %v", a, err)
		}
		if _, err := db.AddAccount(t.Context(), "admin", day(2)); !errors.Is(err, store.ErrExists) {
			t.Errorf("AddAccount of a name that is taken: %v", err)
		}
		for _, err := range []error{
			db.AddLoginLink(t.Context(), a.ID, "hash", day(10)), db.AddLoginLink(t.Context(), a.ID, "other", day(10)),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if got, err := db.LoginLink(t.Context(), "hash", day(9)); err != nil || got.ID != a.ID {
			t.Errorf("LoginLink = %+v, %v", got, err)
		}
		for _, err := range []error{
			second(db.LoginLink(t.Context(), "hash", day(10))), second(db.LoginLink(t.Context(), "none", day(1))),
			second(db.UseLoginLink(t.Context(), "hash", "phc", day(11))), second(db.Account(t.Context(), "Admin")),
			second(db.AccountByID(t.Context(), 999)), db.SetPassword(t.Context(), 999, "phc"),
		} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("what is not there, or has expired: %v, want ErrNotFound", err)
			}
		}
		// Of many who use one link at once one is let in.
		var wg sync.WaitGroup
		var mu sync.Mutex
		used := 0
		for range 8 {
			wg.Go(func() {
				if _, err := db.UseLoginLink(t.Context(), "hash", "phc", day(2)); err == nil {
					mu.Lock()
					used++
					mu.Unlock()
				} else if !errors.Is(err, store.ErrNotFound) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got, err := db.Account(t.Context(), "admin"); used != 1 || err != nil || got.Password != "phc" {
			t.Errorf("link used %d times; %+v, %v", used, got, err)
		}
		if _, err := db.LoginLink(t.Context(), "other", day(2)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another link still works after the password was set: %v", err)
		}
		if all, err := db.Accounts(t.Context()); err != nil || len(all) != 1 {
			t.Errorf("Accounts = %v, %v", all, err)
		}
	})
}

func TestSessions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := db.Sessions()
		data, soon := []byte{0, 1, 0xff, '\''}, time.Now().Add(time.Hour)
		if err := errors.Join(s.Commit("secret", []byte("first"), soon), s.Commit("secret", data, soon), s.Commit("old", nil, time.Now().Add(-time.Second))); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := s.Find("secret"); !ok || err != nil || !bytes.Equal(got, data) {
			t.Errorf("Find = %v, %v, %v, want %v", got, ok, err, data)
		}
		for _, token := range []string{"old", "none", ""} {
			if _, ok, err := s.Find(token); ok || err != nil {
				t.Errorf("Find(%q) = %v, %v, want nothing", token, ok, err)
			}
		}
		if hash := one(t, db, "SELECT token_hash FROM session WHERE expires > 4000000000 OR length(data) = 4"); strings.Contains(hash, "secret") || len(hash) != 64 {
			t.Errorf("stored as %q, want a hash", hash)
		}
		if err := s.DeleteExpired(t.Context(), time.Now()); err != nil || one(t, db, "SELECT count(*) FROM session") != "1" {
			t.Errorf("DeleteExpired: %v", err)
		}
		if err := errors.Join(s.Delete("secret"), s.Delete("secret")); err != nil {
			t.Error(err)
		}
		if _, ok, _ := s.Find("secret"); ok {
			t.Error("a session that was ended goes on")
		}
	})
}
