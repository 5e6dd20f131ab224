package pipeline

import "testing"

// TestAddresses: a change-id that several series bear is the one that goes on.
func TestAddresses(t *testing.T) {
	for _, tt := range []struct{ a, b, want string }{
		{"superseded", "new", "b"},
		{"new", "superseded", "a"},
		{"superseded", "merged", "b"},
	} {
		k := &known{reviews: map[string]*review{}}
		for key, state := range map[string]string{"a": tt.a, "b": tt.b} {
			k.reviews[key] = &review{Submission: &Submission{Key: key, ReviewState: ReviewState{State: state}, Sent: []Sent{{Key: key, ChangeID: "id"}}}}
		}
		if got := k.addresses()["change-id id"]; got != tt.want {
			t.Errorf("a is %s, b is %s: the series is %s, want %s", tt.a, tt.b, got, tt.want)
		}
	}
}
