package imap

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestGuard(t *testing.T) {
	deep := strings.Repeat("(", maxNesting+1)
	for _, tt := range []struct {
		name, said string
		ok         bool
	}{
		{"greeting", "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] (((hello))) {99999999999}\r\n", true},
		{"text may have any brackets", "* NO " + deep + " {5}\r\n* 1 EXISTS\r\n", true},
		{"so may a continuation", "+ " + deep + "\r\n", true},
		{"lists in lists", "* 1 FETCH (BODYSTRUCTURE (((\"a\" NIL) (1 2)) NIL))\r\n", true},
		{"many lists after each other", "* 1 FETCH (" + strings.Repeat("()", 1000) + ")\r\n", true},
		{"brackets in a string are none", "* LIST () \"/\" \"" + deep + "\\\"" + deep + "\"\r\n", true},
		{"brackets in a literal are none", fmt.Sprintf("* 1 FETCH (BODY[] {%d}\r\n%s UID 1)\r\n", len(deep), deep), true},
		{"a literal of nothing", "* 1 FETCH (BODY[] {0}\r\n UID 1)\r\n", true},
		{"a literal in parts of a line", "* LIST () NIL {3}\r\n(((\r\n* 2 EXISTS\r\n", true},
		{"too deep", "* 1 FETCH " + deep, false},
		{"too deep behind a literal", "* 1 FETCH (BODY[] {2}\r\n((" + deep, false},
		{"too deep in the next response", "* 2 EXISTS\r\n* THREAD " + deep, false},
		{"text hides no literal that hides depth", "* OK {30000000}\r\n* THREAD " + deep, false},
		{"nor where no blank is", "* OK({30000000}\r\n* THREAD " + deep, false},
		{"a quoted string is no literal", "* LIST () \"{30000000}\" x\r\n* THREAD " + deep, false},
		{"nor does it go over lines", "* LIST () \"a\r\nb", false},
		{"a huge literal", "* 1 FETCH (BODY[] {4294967296}", false},
		{"one that overflows", "* 1 FETCH (BODY[] {99999999999999999999999999", false},
		{"an endless line", "* LIST " + strings.Repeat("x", maxLine), false},
		{"endless text", "* OK " + strings.Repeat("x", maxLine), false},
	} {
		for _, size := range []int{1, 7, 1 << 20} {
			if err := looked(tt.said, size); (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrLimit) {
				t.Errorf("%s, %d bytes at once: %v", tt.name, size, err)
			}
		}
	}
}

// looked shows what a server said to a guard, so many bytes at once.
func looked(said string, size int) error {
	var r response
	for len(said) > 0 {
		n := min(size, len(said))
		if err := r.look([]byte(said[:n])); err != nil {
			return err
		}
		said = said[n:]
	}
	return nil
}

// FuzzGuard: whatever comes, it does not matter in which pieces.
func FuzzGuard(f *testing.F) {
	f.Add("* 1 FETCH (BODY[] {3}\r\nabc UID 1)\r\n* OK done\r\n", 3)
	f.Add("* LIST (\\Noselect) \"/\" \"a\\\"{5}\"\r\n+ x\r\n", 5)
	f.Fuzz(func(t *testing.T, said string, size int) {
		whole, parts := looked(said, max(len(said), 1)), looked(said, max(1, min(size, 1000)))
		if (whole == nil) != (parts == nil) {
			t.Errorf("whole %v, in parts %v", whole, parts)
		}
	})
}
