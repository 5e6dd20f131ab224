package web

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/diffmatch"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// A revisionText is a posting with the patches of its mails, as far as they
// can be read.
type revisionText struct {
	store.Posting
	word    string         // "v2"
	patches []*patch.Patch // as Parts; nil where one cannot be read
	notes   []string       // what cannot be read, and why
}

// readRevision reads the patches of a posting while there is budget left.
func (s *Server) readRevision(ctx context.Context, p store.Posting, budget *int) revisionText {
	rev := revisionText{Posting: p, word: view.Version(p.Version)}
	if n := len(p.Parts) - rangeParts; n > 0 {
		rev.Parts = p.Parts[:rangeParts]
		rev.notes = append(rev.notes, fmt.Sprintf("Of %s the first %d patches are compared; %s are not.", rev.word, rangeParts, view.Count(n)))
	}
	rev.patches = make([]*patch.Patch, len(rev.Parts))
	ctx, cancel := context.WithTimeout(ctx, rangeTime)
	defer cancel()
	for i, m := range rev.Parts {
		text, why := s.mailText(ctx, m.MessageID, budget)
		if why == "" {
			rev.patches[i], why = partPatch(m, text)
		}
		if why != "" {
			rev.notes = append(rev.notes, fmt.Sprintf("Patch %d of %s is not compared: %s.", m.Index, rev.word, why))
		}
	}
	if here := len(p.Parts); here < p.Total {
		rev.notes = append(rev.notes, fmt.Sprintf("Of %s only %d of %d patches came.", rev.word, here, p.Total))
	}
	return rev
}

// mailText is the text of a mail, or why there is none.
func (s *Server) mailText(ctx context.Context, messageID string, budget *int) (text []byte, why string) {
	if *budget <= 0 {
		return nil, "these revisions are too large"
	}
	text, err := s.config.PatchText(ctx, change.Sighting{Kind: change.Posted, Key: change.PostedKey(messageID)})
	if err != nil {
		s.log.Warn("range", "message", messageID, "error", err)
		return nil, whyNot(errNoPatch)
	}
	*budget -= len(text)
	return text, ""
}

// partPatch is the patch in the text of a mail, with the title of the mail.
func partPatch(m store.Part, text []byte) (*patch.Patch, string) {
	p, err := patch.Parse(append([]byte("Subject: "+strings.Join(strings.Fields(m.Title), " ")+"\n\n"), text...))
	if p == nil || len(p.Files) == 0 {
		return nil, whyNot(errNoLines)
	}
	if err != nil {
		return nil, "it is too large or damaged"
	}
	return p, ""
}

// A rangeCount is how many patches fared how.
type rangeCount map[string]int

func (c rangeCount) add(r diffmatch.RangeRow) { c[r.Relation]++ }

// words are the counts in a line: "2 changed, 1 new, 3 unchanged".
func (c rangeCount) words() string {
	var list []string
	for _, relation := range []string{diffmatch.Changed, diffmatch.Reworded, diffmatch.Added, diffmatch.Gone, diffmatch.Unchanged} {
		if c[relation] > 0 {
			list = append(list, fmt.Sprintf("%d %s", c[relation], relation))
		}
	}
	return strings.Join(list, ", ")
}

// A summary of what changed between revisions is kept, as the mails of a
// posting stay what they are.
type summaries struct {
	mu   sync.Mutex
	kept map[string]string
}

// Limits of the summaries on one page and of those that are kept.
const (
	summaryParts  = 60 // patches that are read for one page
	summariesKept = 2000
)

// summary is what changed from one posting to the next in a line; "" where one
// of them cannot be read whole. parts is how many patches may still be read.
func (s *Server) summary(ctx context.Context, old, newer store.Posting, parts *int) string {
	*parts -= len(old.Parts) + len(newer.Parts)
	if s.config.PatchText == nil || *parts < 0 || len(old.Parts) == 0 || len(newer.Parts) == 0 {
		return ""
	}
	key := strings.Join(append(old.Keys(), newer.Keys()...), "\n")
	s.summaries.mu.Lock()
	words, ok := s.summaries.kept[key]
	s.summaries.mu.Unlock()
	if ok {
		return words
	}
	budget := rangeBytes
	a, b := s.readRevision(ctx, old, &budget), s.readRevision(ctx, newer, &budget)
	if ctx.Err() != nil || slices.Contains(a.patches, nil) || slices.Contains(b.patches, nil) {
		return ""
	}
	counts := rangeCount{}
	for _, r := range diffmatch.Range(a.patches, b.patches) {
		counts.add(r)
	}
	words = counts.words()
	s.summaries.mu.Lock()
	defer s.summaries.mu.Unlock()
	if s.summaries.kept == nil || len(s.summaries.kept) >= summariesKept {
		s.summaries.kept = map[string]string{}
	}
	s.summaries.kept[key] = words
	return words
}
