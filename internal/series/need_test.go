package series

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	aCommit = "0123456789abcdef0123456789abcdef01234567"
	aPatch  = "89abcdef0123456789abcdef0123456789abcdef"
)

func TestNeeds(t *testing.T) {
	change := func(version int) Need {
		return Need{Kind: NeedChange, ID: "20240320-zlib-fix-0123456789ab", Version: version}
	}
	message := Need{Kind: NeedMessage, ID: "a@b.example"}
	for _, tt := range []struct {
		text string
		base string
		want []Need
	}{
		{"base-commit: " + aCommit + "\n", aCommit, nil},
		{"Base-Commit: " + strings.ToUpper(aCommit) + "\n", aCommit, nil},
		{"base-commit: v6.9-rc1 (" + aCommit + ")\n", aCommit, nil},
		{"> base-commit: " + aCommit + "\n the base-commit: " + aCommit + "\n", "", nil},
		{"prerequisite-patch-id: " + aPatch + "\nprerequisite-patch-id: " + aPatch + "\n", "", []Need{{Kind: NeedPatch, ID: aPatch}}},
		{"prerequisite-change-id: 20240320-zlib-fix-0123456789ab:v3\n", "", []Need{change(3)}},
		{"prerequisite-change-id: 20240320-zlib-fix-0123456789ab:v3\nDepends-on: 20240320-zlib-fix-0123456789ab\n", "", []Need{change(3)}},
		{"Prerequisite-Message-Id: <a@b.example>\n", "", []Need{message}},
		{"prerequisite-message-id: something\nprerequisite-patch-id: a@b.example\n", "", nil},
		{"Depends-on: https://lore.kernel.org/list/a@b.example/T/#u\n", "", []Need{message}},
		{"DEPENDS ON: series \"zlib: fix\" <a@b.example>.\n", "", []Need{message}},
		{"Depends-On: 20240320-zlib-fix-0123456789ab:v2, [1] https://x.example/r/a%40b.example\n", "", []Need{change(2), message}},
		{"depends on: CONFIG_FOO and a prayer\nDepends-on: 1234\n", "", nil},
	} {
		base, got := needs(tt.text)
		if base != tt.base || !cmp.Equal(got, tt.want) {
			t.Errorf("needs(%q) = %q, %v, want %q, %v", tt.text, base, got, tt.base, tt.want)
		}
	}
}

// TestNeedsOf: what several mails say counts once, and what the posting holds
// itself is no need.
func TestNeedsOf(t *testing.T) {
	other := Need{Kind: NeedPatch, ID: aPatch}
	mails := map[string]*Mail{
		"c": {ChangeID: "own", Base: "base", Needs: []Need{other, {Kind: NeedChange, ID: "own"}}},
		"1": {Base: "late", Needs: []Need{other, {Kind: NeedMessage, ID: "2"}, {Kind: NeedPatch, ID: "own patch"}}},
	}
	p := Posting{Cover: "c", Parts: []Part{{MessageID: "1", PatchID: "own patch"}, {MessageID: "2"}}}
	base, got := NeedsOf(p, func(id string) *Mail { return mails[id] })
	if want := []Need{other}; base != "base" || !cmp.Equal(got, want) {
		t.Errorf("NeedsOf = %q, %v, want base, %v", base, got, want)
	}
}

// FuzzNeeds: whatever a text says, what is read is bounded, and every name can
// be read again from a line of its own.
func FuzzNeeds(f *testing.F) {
	f.Add("base-commit: " + aCommit + "\nprerequisite-patch-id: " + aPatch)
	f.Add("Depends-on: https://x/a@b/ 20240320-a-0123456789ab:v2 <c@d>\nprerequisite-message-id: <a@b>")
	f.Fuzz(func(t *testing.T, text string) {
		base, got := needs(text)
		if len(base) > 64 || len(got) > maxNeeds {
			t.Errorf("base of %d, %d needs", len(base), len(got))
		}
		for _, n := range got {
			if n.ID == "" || len(n.ID) > 1000 || n.Version > 999 {
				t.Errorf("need %+v", n)
			}
		}
	})
}
