package demo

import (
	"fmt"
	"time"
)

// A human is somebody in the story.
type human struct {
	name, email string
	zone        int // hours east of UTC
}

func (h human) String() string { return h.name + " <" + h.email + ">" }

// moment is the time t where the human lives.
func (h human) moment(t time.Time) time.Time {
	return t.In(time.FixedZone("", h.zone*3600))
}

// humans are all people of the story, by the short names that scripts use.
func humans() map[string]human {
	return map[string]human{
		// the team that makes harbor
		"mira":   {"Mira Solberg", "mira.solberg@harbor.example.com", 1},
		"tomasz": {"Tomasz Wierzba", "tomasz.wierzba@harbor.example.com", 1},
		"ana":    {"Ana Luísa Prado", "ana.prado@harbor.example.com", -3},
		// extfs-tools
		"edwin":  {"Edwin Hargrove", "edwin@extfs.example.org", -5},
		"noor":   {"Noor Haddad", "noor.haddad@example.net", 2},
		"kenji":  {"Kenji Watase", "k.watase@example.org", 9},
		"petra":  {"Petra Lindqvist", "petra@lindqvist.example.com", 1},
		"samuel": {"Samuel Okoro", "s.okoro@example.org", 0},
		"lotte":  {"Lotte Brandl", "lotte.brandl@example.org", 1},
		"ivo":    {"Ivo Marinov", "ivo.marinov@chips.example.com", 2},
		"dai":    {"Dai Nguyen", "dai@example.net", 7},
		// libbuoy
		"fiona": {"Fiona Castellane", "fiona@buoy.example.net", 0},
		"jonas": {"Jonas Ekdal", "jonas.ekdal@example.com", 1},
		"wren":  {"Wren Abernathy", "wren@example.org", -8},
		"priya": {"Priya Raman", "priya.raman@example.net", 5},
		// the openwater layers
		"gareth":    {"Gareth Pell", "gareth.pell@openwater.example.org", 0},
		"svenja":    {"Svenja Kolb", "svenja.kolb@openwater.example.org", 1},
		"marcin":    {"Marcin Zając", "marcin.zajac@example.com", 1},
		"patchtest": {"Openwater patchtest", "patchtest@openwater.example.org", 0}, // a program
		"olivier":   {"Olivier Tanguy", "olivier@tanguy.example.net", 1},
	}
}

// team are those whose layer it is. One posts from home, too.
func team() []Person {
	h := humans()
	return []Person{
		{Name: h["mira"].name, Addresses: []string{h["mira"].email, "mira@solberg.example.net"}},
		{Name: h["tomasz"].name, Addresses: []string{h["tomasz"].email}},
		{Name: h["ana"].name, Addresses: []string{h["ana"].email}},
	}
}

// humanOf finds somebody by the short name.
func humanOf(key string) (human, error) {
	h, ok := humans()[key]
	if !ok {
		return human{}, fmt.Errorf("nobody is called %q", key)
	}
	return h, nil
}
