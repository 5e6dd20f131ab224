package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	tab := table{limits: []int{6, 4}}
	tab.row("NAME", "PV", "FILE")
	tab.row("zlib", "1.3", "z.bb")
	tab.row("linux-libc-headers", "6", "l.bb")
	tab.row("büro", "git", "\x1b[31m\nb.bb")
	tab.row("short")
	var out strings.Builder
	if err := tab.flush(&out); err != nil {
		t.Fatal(err)
	}
	want := `NAME   PV   FILE
zlib   1.3  z.bb
linux-libc-headers  6  l.bb
büro   git  <U+001B>[31m<U+000A>b.bb
short
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestWrapped(t *testing.T) {
	got := wrapped([]string{"the patch-ids are equal", strings.Repeat("long ", 14) + "end", "subject equal"}, "   ")
	want := "   the patch-ids are equal, " + strings.TrimSpace(strings.Repeat("long ", 10)) + "\n   " + strings.Repeat("long ", 4) + "end, subject equal\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
