package mailing

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTrailers(t *testing.T) {
	ann := Person{"Ann Example", "ann@example.org"}
	for _, tt := range []struct {
		text string
		want []Trailer
	}{
		{"Reviewed-by: Ann Example <ann@example.org>\n", []Trailer{{"reviewed-by", ann}}},
		{"> Reviewed-by: Ann Example <ann@example.org>\n", nil},
		{"Looks good.\n\nAcked-by; Ann Example <ann@example.org> # for mm\n", []Trailer{{"acked-by", ann}}},
		{"Reviewed-and-tested-by: Ann Example <ann@example.org>", []Trailer{{"reviewed-by", ann}, {"tested-by", ann}}},
		{"tested-by: ann@example.org", []Trailer{{"tested-by", Person{"", "ann@example.org"}}}},
		{"Reviewed-by: Ann Example\n <ann@example.org>\n", []Trailer{{"reviewed-by", ann}}},
		{"Reviewed-by: Ann Example\n> <ann@example.org>\n", []Trailer{{"reviewed-by", Person{Name: "Ann Example"}}}},
		{"Nacked-by: Ann Example <ann@example.org>", []Trailer{{"nacked-by", ann}}},
		{"NAK. This breaks x.", []Trailer{{Kind: "nak"}}},
		{"NAK on the entire series", []Trailer{{Kind: "nak"}}},
		{"The NAK packet is lost\nNAK packets are\n", nil},
		{"It was Reviewed-by: somebody", nil},
		{"Signed-off-by: Ann Example <ann@example.org>", nil},
	} {
		if diff := cmp.Diff(tt.want, Trailers(tt.text)); diff != "" {
			t.Errorf("Trailers(%q) (-want +got):\n%s", tt.text, diff)
		}
	}
}

func TestReadReply(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Action
	}{
		{"ping", Ping},
		{"Hi Ted,\n\nGentle ping...\n\n> text\n", Ping},
		{"On Monday, Ann wrote:\n> text\n\nPing for this patch.\n", Ping},
		{"A friendly reminder about this series", Ping},
		{"Any comments on this?\n", Ping},
		{"Would it be possible to get these patches reviewed?", Ping},
		{"I can ping the host", NoAction},
		{"ping 8.8.8.8 works", NoAction},
		{"oh, thanks for the reminder!", NoAction},
		{"Did you forget that by any chance?", NoAction},
		{"Applied, thanks!\n\n[1/1] t\n      commit: 123\n", Applied},
		{"On Monday, Ann wrote:\n> text\n\nThanks, applied to next.\n", Applied},
		{"Hi Tim,\n\nPushed to master.\n", Applied},
		{"I've queued up the revert.", Applied},
		{"Hello:\n\nThis series was applied to x/next.git (main)\n", Applied},
		{"Merged into master at\nhttps://example.org.\n", Applied},
		{"folded the comment into it\nMerged, thanks !\n", Applied},
		{"Can this be merged?", Ping},
		{"Applied cleanly here, but it fails", NoAction},
		{"I would like to get\nit queued up soon", NoAction},
		{"The first patch got merged independently, so respin", NoAction},
		{"> Applied, thanks!\n\nGreat.", NoAction},
		{"Great work\n-- \nApplied Physics\n", NoAction},
		{"", NoAction},
	} {
		if got, _ := ReadReply(tt.text); got != tt.want {
			t.Errorf("ReadReply(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}
