package mailing

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseTag(t *testing.T) {
	part := func(n, m int) Tag { return Tag{Version: 1, Patch: true, Numbered: true, Index: n, Total: m} }
	v := func(t Tag, n int) Tag { t.Version, t.Versioned = n, true; return t }
	in := func(t Tag, words ...string) Tag { t.Prefixes = words; return t }
	on := func(t Tag, branches ...string) Tag { t.Branches = branches; return t }
	plain := func(t Tag) Tag { t.Patch = false; return t }
	rfc := func(t Tag) Tag { t.RFC = true; return t }
	one := Tag{Version: 1, Patch: true}
	for _, tt := range []struct {
		subject string
		want    Tag
	}{
		{"t", Tag{Version: 1}},
		{"[PATCH] t", one},
		{"[PATCH v2 3/7] t", v(part(3, 7), 2)},
		{"[PATCH 03/12 v2] t", v(part(3, 12), 2)},
		{"[PATCHv2 1/3] t", v(part(1, 3), 2)},
		{"[RFCv3 2/7] t", plain(rfc(v(part(2, 7), 3)))},
		{"[PATCH V4] t", v(one, 4)},
		{"[PATCH 1 of 3] t", part(1, 3)},
		{"[PATCH] t (v2)", v(one, 2)},
		{"[PATCH] t, v3", v(one, 3)},
		{"[PATCH 2/1] t", part(2, 1)},
		{"[PATCH RFC 0/4] t", rfc(part(0, 4))},
		{"[PATCH/RFC] t", rfc(one)},
		{"[RESEND PATCH] t", Tag{Version: 1, Patch: true, Resend: true}},
		{"[PATH] t", one},
		{"[PATCH v2 t", v(one, 2)},
		{"[PATCHSET] t", Tag{Version: 1, Patch: true, Set: true}},
		{"Subject: [PATCH next] t", in(one, "next")},
		{"Re: [PATCH] t", Tag{Version: 1, Patch: true, Reply: true}},
		{"Fwd: [PATCH] t", Tag{Version: 1, Patch: true, Reply: true, Forward: true}},
		{"Fwd: Re: [PATCH] t", Tag{Version: 1, Patch: true, Reply: true}},
		{"[list] Re: AW: [PATCH] t", in(Tag{Version: 1, Patch: true, Reply: true}, "list")},
		{"[PATCH net-next v2] t", in(v(one, 2), "net-next")},
		{"[OE-core][kirkstone 3/11] t", on(in(plain(part(3, 11)), "OE-core"), "kirkstone")},
		{"[oe] [meta-oe][scarthgap][PATCH v2] t", on(in(v(one, 2), "oe", "meta-oe"), "scarthgap")},
		{"[scarthgap, kirkstone][PATCH] t", on(one, "kirkstone", "scarthgap")},
		{"[PATCH kirkstone/dunfell v2 0/3] t", on(v(part(0, 3), 2), "dunfell", "kirkstone")},
		{"[kirkstone-nut 3/11] t", on(plain(part(3, 11)), "kirkstone")},
		{"[meta-oe][PATCH][kirkstone] t", on(in(one, "meta-oe"), "kirkstone")},
		{"[PATCH AUTOSEL 5.15 03/10] t", on(in(part(3, 10), "AUTOSEL"), "5.15")},
		{"[PATCH 6.1-stable] t", on(one, "6.1")},
		{"[PATCH linux-5.10.y] t", on(one, "5.10")},
		{"[PATCH-19.07] t", on(one, "19.07")},
		{"[PATCH][for stable [4.14, 5.10] 0/3] t", on(in(part(0, 3), "for", "stable"), "4.14", "5.10")},
		{"[PATCH v10 rebased on v6.4 00/25] t", in(v(part(0, 25), 10), "rebased", "on")},
		{"[Report 2024/01] t", in(plain(one), "Report")},
	} {
		tt.want.Title = "t"
		if diff := cmp.Diff(tt.want, ParseTag(tt.subject)); diff != "" {
			t.Errorf("ParseTag(%q) (-want +got):\n%s", tt.subject, diff)
		}
	}
	for _, subject := range []string{"", "[", "[]", "[PATCH]", "]", "[[[PATCH", "Re:"} {
		if got := ParseTag(subject); strings.Contains(got.Title, "PATCH") {
			t.Errorf("ParseTag(%q).Title = %q", subject, got.Title)
		}
	}
}

func FuzzParseTag(f *testing.F) {
	for _, s := range []string{"[OE-core][kirkstone v2 3/11] zlib: fix", "Re: [PATCH 1 of 2", "[[PATCH] (v2)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, subject string) {
		tag := ParseTag(clean(subject))
		if tag.Version < 1 || tag.Version > 999 || tag.Index < 0 || tag.Total > 9999 || !tag.Numbered && tag.Index+tag.Total > 0 {
			t.Errorf("ParseTag(%q) = %+v", subject, tag)
		}
	})
}
