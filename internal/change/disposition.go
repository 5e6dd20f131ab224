package change

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrVerdict means that a person said something of a duplicate that has no
// meaning.
var ErrVerdict = errors.New("no such verdict")

// A DuplicateName is a [DuplicateKey] in its parts.
type DuplicateName struct{ Kind, Layer, Other, Name string }

// ParseDuplicateKey is the inverse of [DuplicateKey]; ok is false for any other
// key.
func ParseDuplicateKey(key string) (n DuplicateName, ok bool) {
	rest, ok := strings.CutPrefix(key, "duplicate:")
	parts := strings.SplitN(rest, ":", 4) // names of layers have no colon
	if !ok || len(parts) < 4 {
		return DuplicateName{}, false
	}
	return DuplicateName{parts[0], parts[1], parts[2], parts[3]}, true
}

// VerdictsOf are what can be said of a duplicate of this kind.
func VerdictsOf(kind string) []string {
	if kind == "patch" {
		return PatchVerdicts()
	}
	return RecipeVerdicts()
}

// CheckDisposition says whether a decision of kind [Disposition] can be stored.
// The error matches [ErrVerdict] and names what can be said.
func CheckDisposition(d Decision) error {
	n, ok := ParseDuplicateKey(d.Subject)
	if !ok {
		return fmt.Errorf("%q is no duplicate: %w", d.Subject, ErrVerdict)
	}
	if words := VerdictsOf(n.Kind); d.Object != "" && !slices.Contains(words, d.Object) {
		return fmt.Errorf("%q: %w; it can be %s", d.Object, ErrVerdict, strings.Join(words, ", "))
	}
	return nil
}

// An effect is what follows from a verdict.
type effect int

const (
	onlyTold  effect = iota // it is shown beside the duplicate
	canGo                   // what we have is not needed
	staysOurs               // it is not meant for upstream
	isMissing               // upstream has nothing like it
)

// effectOf is what follows from a word of [RecipeVerdicts] or [PatchVerdicts].
func effectOf(word string) effect {
	switch word {
	case "Direct match", "Equivalent", "Provided (BBCLASSEXTEND)", "Provided (PACKAGECONFIG)", "Replaced", "Obsolete",
		"Not needed", "Invalid":
		return canGo
	case "Distro-specific":
		return staysOurs
	case "Not available":
		return isMissing
	}
	return onlyTold
}
