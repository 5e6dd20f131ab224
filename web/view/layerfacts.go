package view

import (
	"fmt"

	"github.com/upstreamd/upstreamd/internal/change"
)

// A BurdenRow is a carried patch, or the delta of a forked recipe, in the order
// in which it pays to upstream them.
type BurdenRow struct {
	Title    string
	Path     string
	Recipe   string
	Fork     bool // it is the delta of a forked recipe
	ChangeID int64
	Status   change.Status
	Action   change.Action
	Owner    string
	Added    When
	Cost     change.Cost
}

// A CheckRow is what came of comparing a claim with the evidence.
type CheckRow struct {
	Title    string
	Path     string
	ChangeID int64
	Claim    string
	Truth    change.Truth
	Reason   string
	Proof    Link
	Fix      string // the Upstream-Status that would be true, or "drop"; ""
	Shipped  []string
}

// A TruthCount is how many claims are so.
type TruthCount struct {
	Truth change.Truth
	Count int
}

// A NewsRow is something that upstream did to what a local layer has, too.
type NewsRow struct {
	Kind    string // added, overtaken, dropped
	What    string // PN, or path
	Ours    string // our version; ""
	Version string // theirs from then on; ""
	Layer   string // ours
	Other   string
	Commit  Link // of theirs
	At      When
	Page    string
}

// truthSlices are the truths of the claims as a picture.
func (v Layer) truthSlices() []Slice {
	var out []Slice
	for _, t := range v.Truths {
		href := LayerFilter{Layer: v.Name, Show: "claims", Kind: string(t.Truth)}.URL()
		out = append(out, Slice{truthTone(t.Truth), truthWords(t.Truth), t.Count, href})
	}
	return out
}

func truthTone(t change.Truth) tone {
	switch t {
	case change.ClaimFalse:
		return toneBad
	case change.ClaimDrop:
		return toneWin
	case change.ClaimBad:
		return toneWarn
	case change.ClaimStale:
		return toneLook
	case change.ClaimTrue:
		return toneGood
	}
	return toneCalm
}

func truthIcon(t change.Truth) string {
	switch t {
	case change.ClaimFalse:
		return "circle-x"
	case change.ClaimDrop:
		return "scissors"
	case change.ClaimBad:
		return "triangle-alert"
	case change.ClaimStale:
		return "hourglass"
	case change.ClaimTrue:
		return "circle-check"
	}
	return "circle-question-mark"
}

// truthWords are what a truth is, for people who see it first.
func truthWords(t change.Truth) string {
	switch t {
	case change.ClaimFalse:
		return "not so"
	case change.ClaimDrop:
		return "so, and the file can go"
	case change.ClaimBad:
		return "malformed or missing"
	case change.ClaimStale:
		return "stale"
	case change.ClaimUnproven:
		return "not proven"
	case change.ClaimTrue:
		return "so"
	}
	return "not checked"
}

// asks says whether a claim wants an edit.
func (p PatchFacts) asks() bool {
	switch p.Truth {
	case change.ClaimFalse, change.ClaimDrop, change.ClaimStale:
		return true
	}
	return false
}

// fixWords are the edit that would make a claim true.
func (r CheckRow) fixWords() string {
	if r.Fix == "drop" {
		return "delete the file and its entry in SRC_URI"
	}
	return "Upstream-Status: " + r.Fix
}

func newsTone(kind string) tone {
	switch kind {
	case "added":
		return toneWin
	case "overtaken":
		return toneWarn
	case "dropped":
		return toneLook
	}
	return toneCalm
}

func newsIcon(kind string) string {
	switch kind {
	case "added":
		return "sparkles"
	case "overtaken":
		return "history"
	}
	return "archive"
}

func newsWords(kind string) string {
	switch kind {
	case "added":
		return "upstream got it"
	case "overtaken":
		return "upstream is newer"
	case "dropped":
		return "upstream dropped it"
	}
	return kind
}

// versions say how our version and theirs are at some news.
func (r NewsRow) versions() string {
	switch {
	case r.Version != "" && r.Ours != "":
		return fmt.Sprintf("theirs %s, ours %s", r.Version, r.Ours)
	case r.Version != "":
		return "theirs " + r.Version
	}
	return ""
}

// kindWords are the kind of a row of what is shown.
func (v Layer) kindWords(kind string) string {
	switch v.Filter.Show {
	case "claims":
		return truthWords(change.Truth(kind))
	case "news":
		return newsWords(kind)
	}
	return duplicateWords(kind)
}

// alike is how alike both sides are, in words.
func (d DuplicateRow) alike() string {
	if d.Similarity <= 0 {
		return ""
	}
	return fmt.Sprintf("%.0f %% alike", 100*min(d.Similarity, 1))
}

// FirstWords say who had something first.
func FirstWords(first string) string {
	switch first {
	case "local":
		return "we had it first"
	case "upstream":
		return "upstream had it first"
	}
	return ""
}

// times is how often, in words.
func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return Count(n) + " times"
}

// costTone is the colour of what a patch costs.
func costTone(score int) tone {
	switch {
	case score >= 50:
		return toneBad
	case score >= 25:
		return toneWarn
	}
	return toneCalm
}
