package term

import "testing"

func TestSafe(t *testing.T) {
	for in, want := range map[string]string{
		"plain täxt\n\tok":      "plain täxt\n\tok",
		"\x1b]0;owned\x07":      "<U+001B>]0;owned<U+0007>",
		"a\u009b2Jb":            "a<U+009B>2Jb",
		"abc\u202etxt.exe":      "abc<U+202E>txt.exe",
		"zero\u200bwidth\ufeff": "zero<U+200B>width<U+FEFF>",
		"bad \xff byte\r":       "bad <FF> byte<U+000D>",
		"tag\U000e0041 \ue000":  "tag<U+E0041> <U+E000>",
		"":                      "",
	} {
		if got := Safe(in); got != want {
			t.Errorf("Safe(%q) = %q, want %q", in, got, want)
		}
	}
	if got := SafeLine("a\nb\tc"); got != "a<U+000A>b<U+0009>c" {
		t.Errorf("SafeLine = %q", got)
	}
}
