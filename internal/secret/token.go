package secret

import (
	"context"
	"sync"
)

// A Token is a secret with a short life, such as an OAuth2 access token. It is
// asked for when it is first needed, kept in memory, and asked for again when
// it was rejected. A Token is safe for several goroutines.
type Token struct {
	ask func(context.Context) (string, error)

	mu    sync.Mutex
	value string
}

// TokenFrom returns a token that a command prints or, where there is none, that
// a file of mode 0600 holds.
func TokenFrom(argv []string, path string) *Token {
	if len(argv) > 0 {
		return &Token{ask: func(ctx context.Context) (string, error) { return Command(ctx, argv) }}
	}
	return &Token{ask: func(context.Context) (string, error) { return ReadFile(path) }}
}

// Value returns the token. Rejected is the one that a server has just refused,
// "" if none: it is not returned from memory again. An answer that equals it
// means that there is no other.
func (t *Token) Value(ctx context.Context, rejected string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value != "" && t.value != rejected {
		return t.value, nil
	}
	value, err := t.ask(ctx)
	if err != nil {
		return "", err
	}
	t.value = value
	return value, nil
}
