package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Parameters of new hashes: the first choice of the OWASP Password Storage
// Cheat Sheet for argon2id. Old hashes carry their own and stay valid.
const (
	memoryKiB = 19 << 10
	passes    = 2
	threads   = 1
	saltBytes = 16
	keyBytes  = 32
)

// Limits of what a stored hash may ask for, so that a damaged row cannot take
// the machine's memory.
const (
	maxMemoryKiB = 256 << 10
	maxPasses    = 16
	maxThreads   = 16
)

// gate lets few derivations run at a time: each takes memoryKiB.
var gate = make(chan struct{}, 4)

// Hash derives the text that is stored for a password: argon2id in PHC form,
// $argon2id$v=19$m=19456,t=2,p=1$salt$key.
func Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never returns an error (crypto/rand)
	p := params{memory: memoryKiB, passes: passes, threads: threads, salt: salt}
	key, err := p.derive(ctx, password, keyBytes)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// Verify says whether password is the one that phc was made of. An empty phc
// is an account without a password: the work is done all the same, so that
// the time taken does not tell, and the answer is no. A hash that cannot be
// read is ErrHash.
func Verify(ctx context.Context, phc, password string) (bool, error) {
	if phc == "" {
		p := params{memory: memoryKiB, passes: passes, threads: threads, salt: make([]byte, saltBytes)}
		_, err := p.derive(ctx, password, keyBytes)
		return false, err
	}
	p, want, err := parsePHC(phc)
	if err != nil {
		return false, err
	}
	key, err := p.derive(ctx, password, len(want))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, want) == 1, nil
}

// params are the inputs of argon2id but for the password.
type params struct {
	memory, passes uint32
	threads        uint8
	salt           []byte
}

// derive waits for its turn, or for the end of ctx.
func (p params) derive(ctx context.Context, password string, n int) ([]byte, error) {
	select {
	case gate <- struct{}{}:
		defer func() { <-gate }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), p.salt, p.passes, p.memory, p.threads, uint32(n)), nil
}

// parsePHC reads what Hash wrote.
func parsePHC(phc string) (params, []byte, error) {
	var p params
	part := strings.Split(phc, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, ErrHash
	}
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.threads); err != nil {
		return p, nil, fmt.Errorf("%w: parameters %q", ErrHash, part[3])
	}
	if p.memory < 8 || p.memory > maxMemoryKiB || p.passes < 1 || p.passes > maxPasses || p.threads < 1 || p.threads > maxThreads {
		return p, nil, fmt.Errorf("%w: parameters %q out of range", ErrHash, part[3])
	}
	salt, err := base64.RawStdEncoding.DecodeString(part[4])
	if err != nil || len(salt) < 8 {
		return p, nil, fmt.Errorf("%w: salt", ErrHash)
	}
	key, err := base64.RawStdEncoding.DecodeString(part[5])
	if err != nil || len(key) < 16 || len(key) > 128 {
		return p, nil, fmt.Errorf("%w: key", ErrHash)
	}
	p.salt = salt
	return p, key, nil
}
