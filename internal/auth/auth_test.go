package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/auth"
)

func TestHashAndVerify(t *testing.T) {
	ctx := t.Context()
	phc, err := auth.Hash(ctx, "correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("Hash = %q, want PHC form with its parameters", phc)
	}
	if again, _ := auth.Hash(ctx, "correct horse battery staple"); again == phc {
		t.Error("Hash made the same text twice: no salt")
	}
	for _, tt := range []struct {
		phc, password string
		want          bool
	}{
		{phc, "correct horse battery staple", true},
		{phc, "Correct horse battery staple", false},
		{phc, "correct horse battery staple ", false},
		{phc, "", false},
		{"", "", false}, // an account whose password is not set yet
		{"", "anything", false},
		// Of the reference implementation: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1.
		{"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password", true},
		{"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "Password", false},
	} {
		if got, err := auth.Verify(ctx, tt.phc, tt.password); err != nil || got != tt.want {
			t.Errorf("Verify(%q, %q) = %v, %v, want %v", tt.phc, tt.password, got, err, tt.want)
		}
	}
}

func TestVerifyRefusesOddHashes(t *testing.T) {
	for _, phc := range []string{
		"secret", "$2a$10$abc", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=0,p=0$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=2,p=1$$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$!!!!",
	} {
		if ok, err := auth.Verify(t.Context(), phc, "password"); ok || !errors.Is(err, auth.ErrHash) {
			t.Errorf("Verify(%q) = %v, %v, want ErrHash", phc, ok, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	// With the gate free either answer is right; a hang or a yes is not.
	if ok, _ := auth.Verify(ctx, "", "password"); ok {
		t.Error("Verify of an account without a password said yes")
	}
}

func TestCheckPassword(t *testing.T) {
	for _, tt := range []struct {
		password string
		ok       bool
	}{
		{"", false},
		{"Short7&only", false},
		{"twelve chars", true},
		{"correct horse battery staple", true},
		{"Пароль-на-кириллице", true},
		{"🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧", true},
		{strings.Repeat("long sentence ", 9) + "xy", true},        // 128
		{strings.Repeat("long sentence ", 9) + "xyz", false},      // 129
		{"aaaaaaaaaaaaaaaa", false},                               // one character
		{"abcabcabcabcabc", false},                                // three
		{"passwordpassword", false},                               // words of the lists
		{"Password12345", false},                                  // the same with a tail
		{"qwertyuiop123", false},                                  // a run along the keyboard
		{"0987654321abcd", false},                                 // backwards
		{"administrator1", false},                                 // word and digit
		{"margaret1234", false},                                   // the account's own name
		{"margaret likes tea", true},                              // enough besides the name
		{"upstreamd2024", false},                                  // the program's own name
		{"nul\x00in the middle", false},                           // cannot be typed
		{"not utf-8 \xff\xfe at all", false},                      // nor this
		{"          no composition rules            here ", true}, // spaces count
	} {
		err := auth.CheckPassword(tt.password, "margaret")
		if (err == nil) != tt.ok || (err != nil && !errors.Is(err, auth.ErrWeak)) {
			t.Errorf("CheckPassword(%q) = %v, want ok %v", tt.password, err, tt.ok)
		}
	}
}

func TestTokens(t *testing.T) {
	a, b := auth.NewToken(), auth.NewToken()
	if a == b || len(a) != 43 || strings.ContainsAny(a, "+/=%&?") {
		t.Errorf("NewToken = %q, %q", a, b)
	}
	if h := auth.HashToken("abc"); h != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("HashToken(abc) = %s, want its sha256", h)
	}
	if one := auth.Stamp("one"); one == auth.Stamp("two") || len(one) != 16 {
		t.Errorf("Stamp = %q, and the same of another hash", one)
	}
}

func TestThrottle(t *testing.T) {
	var th auth.Throttle
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i := range auth.TriesPerPair {
		if _, ok := th.Try("Ada", "192.0.2.1", now); !ok {
			t.Fatalf("try %d refused", i+1)
		}
	}
	wait, ok := th.Try("ada", "192.0.2.1", now.Add(5*time.Minute))
	if ok || wait != 10*time.Minute {
		t.Errorf("try 16 in the window = wait %v, %v, want 10m, false", wait, ok)
	}
	if _, ok := th.Try("ada", "192.0.2.2", now); !ok {
		t.Error("another address is refused too: one could lock others out")
	}
	if _, ok := th.Try("ada", "192.0.2.1", now.Add(auth.Window)); !ok {
		t.Error("still refused when the window is over")
	}
	for range auth.TriesPerPair {
		th.Try("grace", "192.0.2.3", now)
	}
	th.Forget("grace", "192.0.2.3")
	if _, ok := th.Try("grace", "192.0.2.3", now); !ok {
		t.Error("refused after a login that went well")
	}
}

func TestThrottleManyNames(t *testing.T) {
	var th auth.Throttle
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	refused := 0
	for i := range 2 * auth.TriesPerIP {
		if _, ok := th.Try(fmt.Sprint("name", i), "192.0.2.1", now); !ok {
			refused++
		}
	}
	if refused != auth.TriesPerIP {
		t.Errorf("%d of %d names from one address refused, want %d", refused, 2*auth.TriesPerIP, auth.TriesPerIP)
	}
	for i := range 100_000 { // a flood must not fill the memory: nothing to see but no crash
		th.Try("x", fmt.Sprint("addr", i), now)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password")
	f.Fuzz(func(t *testing.T, phc, password string) {
		if strings.Contains(phc, "m=") && !strings.Contains(phc, "m=8,t=1,p=1") {
			t.Skip("costly parameters")
		}
		if ok, err := auth.Verify(t.Context(), phc, password); ok && err != nil {
			t.Errorf("Verify = %v, %v", ok, err)
		}
		auth.CheckPassword(password, phc)
	})
}
