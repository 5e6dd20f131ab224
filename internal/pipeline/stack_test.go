package pipeline

import (
	"strings"
	"testing"
)

// TestStacks: a layer is written name=repository, ours in capitals.
func TestStacks(t *testing.T) {
	for _, tt := range []struct{ layers, want string }{
		{"A=a up=u", "A up"},
		{"A=a B=b up=u", "A B up"},
		{"A1=a A2=a up=u", "A1 up | A2 up"},
		{"A1=a B=b A2=a up=u old=u", "A1 B up old | B A2 up old"},
		{"A1=a A2=a A3=a B1=b B2=b", "A1 B1 | A2 B2 | A3"},
		{"product=oe master=oe", "product master"},
	} {
		var layers []opened
		for _, f := range strings.Fields(tt.layers) {
			name, location, _ := strings.Cut(f, "=")
			local := name == "product" || strings.ToUpper(name) == name
			layers = append(layers, opened{Layer: Layer{Name: name, Location: location, Local: local}})
		}
		var got []string
		for _, stack := range stacks(layers) {
			var names []string
			for _, l := range stack {
				names = append(names, l.Name)
			}
			got = append(got, strings.Join(names, " "))
		}
		if strings.Join(got, " | ") != tt.want {
			t.Errorf("stacks of %q = %q, want %q", tt.layers, strings.Join(got, " | "), tt.want)
		}
	}
}
