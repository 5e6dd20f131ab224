package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"
)

// LinkLife is how long a one-time link to set a password can be used.
const LinkLife = 24 * time.Hour

// NewToken makes the secret of a one-time link: 256 bits of chance as 43
// characters that need no escaping in a URL. Show it once; keep [HashToken].
func NewToken() string {
	b := make([]byte, 32)
	rand.Read(b) // never returns an error (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// HashToken is what is stored of a token: its sha256 in hex. A token has 256
// bits of chance, so no salt and no slow hash is needed.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Stamp is a short mark of a stored password hash. A session keeps the stamp
// of the moment when it began: it ends everywhere when the password changes.
func Stamp(phc string) string { return HashToken("stamp:" + phc)[:16] }
