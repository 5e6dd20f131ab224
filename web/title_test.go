package web

import "testing"

func TestTells(t *testing.T) {
	for subject, want := range map[string]bool{
		"zlib: fix it": true, "Fix the following:": true, "CVE-2026-1234": true, "ПАТЧ": true,
		"": false, "------": false, "====": false, "SHORT DESCRIPTION:": false,
	} {
		if got := tells(subject); got != want {
			t.Errorf("%q tells: %v, want %v", subject, got, want)
		}
	}
}
