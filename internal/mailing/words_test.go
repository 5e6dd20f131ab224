package mailing

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestWords has sentences of each kind, and such that only look like it. A
// sentence that stands alone must be found whole.
func TestWords(t *testing.T) {
	kinds := map[string]func(Words) string{
		"question": func(w Words) string { return w.Question }, "wish": func(w Words) string { return w.Wish },
		"refusal": func(w Words) string { return w.Refusal }, "promise": func(w Words) string { return w.Promise },
	}
	for _, tt := range []struct {
		kind string
		yes  []string
		no   []string
	}{
		{"question", []string{
			"Why is the lock taken here?", "Why?", "Should this be in fs/inode.c instead?", "How did you test it (on real hardware)?",
			"Could you explain why this is safe.", "This is never NULL, right?",
		}, []string{
			"Ping?", "Any comments on this?", "Can this be merged?", "Hi Ann, how are you?", "Really?", "See https://x.example/?", "Could you take a look?",
			"a = b ? c : d; }", "[    1.234567]  lock_acquire+0xdb/0x300 [    1.234567]  ?", "foo.c:1:2: error: did you mean bar?", "Please let me explain.", "Who cares?",
		}},
		{"wish", []string{
			"Please send a v2.", "Please resend with a changelog.", "Could you split this into two patches?", "This needs a v3.", "The patch doesn't apply to master.",
			"This series does not apply cleanly.", "It fails to build.", "I'd prefer a helper for this.", "This should be moved to the header.", "Nit: extra space",
			"s/recieve/receive/", "This one is missing your Signed-off-by.", "You need to update the documentation too.", "I can't take this as it is.", "You should not add a new option.",
			"I'd use the full name here.", "Let's drop this argument.", "This needs a comment.", "There are various build problems.", "The lock is still missing here.",
		}, []string{
			"Please see the log below.", "Please add my tag.", "Please don't hesitate to ask.", "This should be fine.", "The rule does not apply here.",
			"If you need help, ask.", "You should see a message now.", "Please correct me if I am wrong.", "if (x) { you should fix; }", "Looks good.", "Please keep in mind that it is slow.",
			"Let's move on.", "The inode is missing from the list.", "This fixes the build error.",
		}},
		{"refusal", []string{
			"I'm not going to merge this.", "I will not apply this patch.", "This patch will never be merged.", "Rejected.", "WONTFIX", "I've dropped this patch from my tree.",
		}, []string{
			"I can't apply this until you rebase it.", "I won't take this as is.", "I will not merge it today.", "We can't merge two extents.", "The packet is rejected by the host.", "I would not take it?",
		}},
		{"promise", []string{
			"Will do.", "Ok, will fix.", "I'll send a v2.", "I will add a comment in the next version.", "Sure, I'll drop it.", "Fixed in the next version.",
		}, []string{
			"It will fix the bug.", "I'll send a v2 if you want.", "Next time I'll change it.", "Should I send a v2?", "I will test it.", "I'll look at it.",
		}},
	} {
		read := kinds[tt.kind]
		for _, s := range tt.yes {
			if _, w := ReadReply("On Monday, Ann wrote:\n> text\n\n" + s + "\n-- \nBob\n"); read(w) != s {
				t.Errorf("%s in %q: %q", tt.kind, s, read(w))
			}
		}
		for _, s := range tt.no {
			if _, w := ReadReply(s); read(w) != "" {
				t.Errorf("%s in %q: %q", tt.kind, s, read(w))
			}
		}
	}
}

// TestWordsOwn: what others said is not taken for the sender's words, nor is
// what the sender answers at once.
func TestWordsOwn(t *testing.T) {
	for _, text := range []string{
		"> Why is that so?\n> Please send a v2.\n",
		"On Monday, Bob wrote:\n> text\n\nFine.\n-- \nWhy is that so?\n",
		"Fine.\n\n-----Original Message-----\nFrom: Bob\n\nWhy is that so? Please send a v2.\n",
		"Fine.\n\ndiff --git a/a b/a\n+why is that so?\n",
		"Is that a problem? No, it is not.\n",
	} {
		if _, w := ReadReply(text); w != (Words{}) {
			t.Errorf("ReadReply(%q) = %+v", text, w)
		}
	}
}

// FuzzReadReply: words are short, are the text's own, and none is left where
// every line is quoted.
func FuzzReadReply(f *testing.F) {
	for _, s := range []string{
		"Why? Because.\nPlease send a v2, e.g. with fs/inode.c fixed. I'll do it in v2.\n", "I'm not going to merge this.\n- one?\n* two?\n", "... ? ! .\" '\n", "On a\nb wrote:\n> c\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, w := ReadReply(text)
		for _, s := range []string{w.Question, w.Wish, w.Refusal, w.Promise} {
			if utf8.RuneCountInString(s) > maxWords {
				t.Errorf("%d characters", utf8.RuneCountInString(s))
			}
		}
		quoted := "> " + strings.ReplaceAll(text, "\n", "\n> ")
		if action, w := ReadReply(quoted); w != (Words{}) || action != NoAction {
			t.Errorf("of a quote: %q, %+v", action, w)
		}
	})
}

// TestReadReplyBounded: a reply that is one endless sentence, or endless lines,
// is read as quickly as any.
func TestReadReplyBounded(t *testing.T) {
	for _, line := range []string{"please you should not apply this i will ", "On x\n", "a? ", "will\n\n", "\n", "e.g. "} {
		text := strings.Repeat(line, 8<<20/len(line))
		if n := len(ownWords(text)); n > maxSentences {
			t.Errorf("%d sentences of %q", n, line)
		}
		ReadReply(text) // does not take longer than the test may
	}
}
