package series

import (
	"strings"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

// samePerson says if two senders are one, as far as mail shows: the same
// address, or the same full name.
func samePerson(a, b mailing.Person) bool {
	if a.Email != "" && strings.EqualFold(a.Email, b.Email) {
		return true
	}
	x, y := foldName(a.Name), foldName(b.Name)
	return x == y && strings.Contains(x, " ")
}

// foldName makes "Doe, Jane" and "Jane DOE" alike.
func foldName(name string) string {
	name = strings.ToLower(strings.Trim(name, `"' `))
	if last, first, ok := strings.Cut(name, ", "); ok && !strings.Contains(first, ",") {
		name = first + " " + last
	}
	return strings.Join(strings.Fields(name), " ")
}
