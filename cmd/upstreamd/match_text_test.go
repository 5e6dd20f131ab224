package main

import (
	"bufio"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMatchText wants answers that fit a terminal, in its colours, and that
// say all that a person has to know.
func TestMatchText(t *testing.T) {
	merged := matchLine{
		Patch: "files/0001-fix.patch", Verdict: "merged", Commit: strings.Repeat("1a", 20), Confidence: 0.993, Method: "hunks",
		Commits: []string{strings.Repeat("1a", 20), strings.Repeat("2b", 20)}, RevertedBy: strings.Repeat("3c", 20),
		FirstTag: "v1.3", Branches: []string{"a", "b", "c", "d", "e", "f", "main"}, title: "zlib: fix the build for every machine that we know of",
		Evidence: []matchEvidence{{"lines", 1, 4.5, "18 of 19 changed lines"}, {"author", 0, -1, "author differs"}, {"date", 0, 0, "no date"}},
	}
	none := matchLine{
		Patch: "bad\x1b[31m.patch", Verdict: "none", title: "other",
		Candidates: []matchCandidate{{strings.Repeat("4d", 20), 0.2, "2 of 9 changed lines"}},
	}
	failed := matchLine{Patch: "words.txt", Error: "no diff: want a patch file, a mail or an mbox"}
	for i := range 3 {
		l := []*matchLine{&merged, &none, &failed}[i]
		l.commit = func(hash string) commitName {
			return commitName{"subject of " + hash[:2], "Ann <ann@example.org>", "2026-01-02"}
		}
	}
	for _, tt := range []struct {
		name  string
		text  matchText
		lines []matchLine
		want  string
	}{
		{"rows", matchText{width: 60, colours: true}, []matchLine{merged, none, failed}, `VERDICT   COMMIT        FIRST TAG       PATCH
ESC[32mmergedESC[0m    1a1a1a1a1a1a  v1.3            files/0001-fix.patc…
          2b2b2b2b2b2b  also holds a part of it
ESC[31m          3c3c3c3c3c3cESC[0m  reverted it
ESC[2mnoneESC[0m                                    bad<U+001B>[31m.pat…
ESC[31merrorESC[0m                                   words.txt
          no diff: want a patch file, a mail or an mbox
`},
		{"one", matchText{}, []matchLine{merged}, `merged  files/0001-fix.patch
  patch     zlib: fix the build for every machine that we know of
  commit    1a1a1a1a1a1a subject of 1a
            Ann <ann@example.org>, 2026-01-02
  and       2b2b2b2b2b2b subject of 2b
  reverted  by 3c3c3c3c3c3c subject of 3c
  in        v1.3 and later, a, b, c, d, e, 2 more branches
  sure      99.3 %, by hunks
  because   + 18 of 19 changed lines
            - author differs
              no date
`},
		{"each whole", matchText{verbose: true, width: 40}, []matchLine{none, failed}, `none  bad<U+001B>[31m.patch
  patch     other
  also seen 4d4d4d4d4d4d subject of 4d
                         2 of 9 changed…

error  words.txt
  error     no diff: want a patch file, a mail or an mbox
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			tt.text.out = bufio.NewWriter(&b)
			for _, l := range tt.lines {
				tt.text.line(l)
			}
			tt.text.close()
			tt.text.out.Flush()
			if diff := cmp.Diff(tt.want, strings.ReplaceAll(b.String(), "\x1b", "ESC")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
