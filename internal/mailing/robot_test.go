package mailing

import (
	"testing"
	"unicode/utf8"
)

func TestCheckOf(t *testing.T) {
	for _, tt := range []struct {
		name string
		head string
		text string
		want Check
	}{
		{"a list of failed tests", "From: patchtest@automation.example.org",
			"Thank you for your submission. Patchtest identified one\nor more issues with the patch. Please see the log below:\n\n---\nTesting patch /srv/mboxes/1.patch\n\n" +
				"FAIL: test Signed-off-by presence: Mbox is missing Signed-off-by (test_mbox.TestMbox.test_signed_off_by_presence)\n\nPASS: test shortlog format (test_mbox.TestMbox.test_shortlog_format)\n",
			Check{true, true, "FAIL: test Signed-off-by presence: Mbox is missing Signed-off-by (test_mbox.TestMbox.test_signed_off_by_presence)"}},
		{"a build robot", "From: kernel test robot <lkp@x.example>", "Hi Ann,\n\nkernel test robot noticed the following build warnings:\n",
			Check{true, true, "kernel test robot noticed the following build warnings:"}},
		{"it likes the patch", "From: build robot <lkp@x.example>", "I love your patch! Yet something to improve:\n\n[auto build test ERROR on x]\n", Check{true, true, "I love your patch! Yet something to improve:"}},
		{"a fuzzer tried it", "From: syzbot <syzbot+0123@syzkaller.appspotmail.example>", "Hello,\n\nsyzbot has tested the proposed patch and the reproducer did not trigger any issue:\n",
			Check{true, false, "syzbot has tested the proposed patch and the reproducer did not trigger any issue:"}},
		{"the same, in vain", "From: syzbot <a@b>", "syzbot has tested the proposed patch but the reproducer is still triggering an issue:\n",
			Check{true, true, "syzbot has tested the proposed patch but the reproducer is still triggering an issue:"}},
		{"a summary without failures", "From: Example CI <a@b>", "# TOTAL: 85\n# PASS: 85\n# FAIL: 0\nAll tests passed.\n", Check{true, false, "# PASS: 85"}},
		{"a job", "From: a@b\nAuto-Submitted: auto-generated", "The pipeline failed after 3 min.\n", Check{true, true, "The pipeline failed after 3 min."}},
		{"what it quotes", "From: buildbot@x.example", "> FAIL: that\n\nHello.\n", Check{Robot: true}},
		{"out of office", "From: Bob <bob@x>\nAuto-Submitted: auto-replied", "I am away.\n", Check{Robot: true}},
		{"a person", "From: Bob Talbot <talbot@x>\nAuto-Submitted: no", "The build failed.\n", Check{}},
		{"a person by way of a web site", "From: Bob Example <noreply@x>", "The build failed.\n", Check{}},
		{"a list's mail", "From: Ann Robotnik <ann.robotnik@x>\nPrecedence: list", "FAIL: x\n", Check{}},
	} {
		if got := CheckOf(Parse([]byte(tt.head + "\nSubject: Re: [PATCH] t\n\n" + tt.text))); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// FuzzCheckOf: what a robot says is one short line, and a person is asked for
// nothing.
func FuzzCheckOf(f *testing.F) {
	f.Add([]byte("From: ci@x\n\nFAIL: a\nPASS: b\n"))
	f.Add([]byte("From: Bob <b@x>\nAuto-Submitted: auto-generated\n\nbuild failed\nerrors: 0\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c := CheckOf(Parse(raw))
		if utf8.RuneCountInString(c.Text) > maxWords || c.Bad && c.Text == "" || !c.Robot && c != (Check{}) {
			t.Errorf("%+v", c)
		}
	})
}
