package series

import (
	"strings"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

// An identity is a sender in the form that is compared.
type identity struct{ email, name string }

func identityOf(p mailing.Person) identity {
	id := identity{strings.ToLower(p.Email), foldName(p.Name)}
	if !strings.Contains(id.name, " ") {
		id.name = "" // "root" and "Ann" are many
	}
	return id
}

// is says if two senders are one, as far as mail shows: the same address, or
// the same full name.
func (a identity) is(b identity) bool {
	return a.email != "" && a.email == b.email || a.name != "" && a.name == b.name
}

func samePerson(a, b mailing.Person) bool { return identityOf(a).is(identityOf(b)) }

// foldName makes "Doe, Jane" and "Jane DOE" alike.
func foldName(name string) string {
	name = strings.ToLower(strings.Trim(name, `"' `))
	if last, first, ok := strings.Cut(name, ", "); ok && !strings.Contains(first, ",") {
		name = first + " " + last
	}
	return strings.Join(strings.Fields(name), " ")
}
