package series

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// What a need is named by.
const (
	NeedChange  = "change-id"
	NeedMessage = "message-id"
	NeedPatch   = "patch-id"
)

// So many needs are read of one mail, and kept of one posting.
const maxNeeds = 50

var (
	baseLine  = regexp.MustCompile(`(?i)^base-commit:.*?\b([0-9a-f]{12,64})\b`)
	needLine  = regexp.MustCompile(`(?i)^(?:prerequisite-(change|message|patch)-id|depends[- ]on)\s*:\s*(\S.*)$`)
	changeID  = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]{0,200}-[0-9a-f]{12})(?::v(\d{1,3}))?$`)
	messageID = regexp.MustCompile(`^[^\s<>"@/]+@[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$`)
	patchID   = regexp.MustCompile(`^[0-9a-fA-F]{40}$`)
)

// needs reads what a patch or cover letter says it is based on: the lines of
// git format-patch --base and of b4 (base-commit, prerequisite-...), and
// Depends-on with a change-id, a Message-ID or the address of an archived mail.
func needs(text string) (base string, found []Need) {
	for line := range strings.Lines(text) {
		if !strings.ContainsRune("bBpPdD", rune(line[0])) || len(line) > 1000 || len(found) >= maxNeeds {
			continue
		}
		line = strings.TrimSpace(line)
		if g := baseLine.FindStringSubmatch(line); g != nil && base == "" {
			base = strings.ToLower(g[1])
		}
		g := needLine.FindStringSubmatch(line)
		if g == nil {
			continue
		}
		switch kind := strings.ToLower(g[1]); kind {
		case "":
			found = append(found, dependsOn(g[2])...)
		default:
			if n, ok := need(strings.Trim(g[2], "<>")); ok && n.Kind == kind+"-id" {
				found = append(found, n)
			}
		}
	}
	return base, uniqueNeeds(found)
}

// dependsOn reads the value of a Depends-on line: of what it names, all that
// can be looked up.
func dependsOn(value string) []Need {
	var found []Need
	for _, at := range archived.FindAllStringSubmatch(value, 10) {
		if id, err := url.PathUnescape(at[1]); err == nil {
			found = append(found, Need{Kind: NeedMessage, ID: id})
		}
	}
	for word := range strings.FieldsSeq(archived.ReplaceAllString(value, " ")) {
		if n, ok := need(strings.Trim(word, `<>()[]"',;.`)); ok && n.Kind != NeedPatch && len(found) < maxNeeds {
			found = append(found, n)
		}
	}
	return found
}

// need reads one name of something that is needed.
func need(s string) (Need, bool) {
	if g := changeID.FindStringSubmatch(s); g != nil {
		version, _ := strconv.Atoi(g[2]) // at most three digits
		return Need{Kind: NeedChange, ID: g[1], Version: version}, true
	}
	switch {
	case patchID.MatchString(s):
		return Need{Kind: NeedPatch, ID: strings.ToLower(s)}, true
	case messageID.MatchString(s):
		return Need{Kind: NeedMessage, ID: s}, true
	}
	return Need{}, false
}

// uniqueNeeds is l without what stands in it twice, in an order of its own.
func uniqueNeeds(l []Need) []Need {
	slices.SortFunc(l, func(x, y Need) int {
		return cmp.Or(strings.Compare(x.Kind, y.Kind), strings.Compare(x.ID, y.ID), cmp.Compare(y.Version, x.Version))
	})
	l = slices.CompactFunc(l, func(x, y Need) bool { return x.Kind == y.Kind && x.ID == y.ID }) // the newest version is left
	return l[:min(len(l), maxNeeds)]
}

// NeedsOf is what a posting says of all its mails: the commit that it applies
// to, "" if it names none, and what it depends on, each once. The mails are
// looked up by Message-ID; what the posting itself holds is no need of it.
func NeedsOf(p Posting, mail func(id string) *Mail) (base string, found []Need) {
	own := map[string]bool{p.Cover: true}
	ids := []string{p.Cover}
	for _, part := range p.Parts {
		ids = append(ids, part.MessageID)
		own[part.MessageID] = true
		if part.PatchID != "" {
			own[part.PatchID] = true
		}
	}
	for _, id := range ids {
		m := mail(id)
		if m == nil {
			continue
		}
		base = cmp.Or(base, m.Base)
		own[m.ChangeID] = true
		found = append(found, m.Needs...)
	}
	found = slices.DeleteFunc(found, func(n Need) bool { return own[n.ID] })
	return base, uniqueNeeds(found)
}
