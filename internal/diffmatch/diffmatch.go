// Package diffmatch says how alike two diffs are, and which commit of a
// repository merged a patch.
//
// Enter by [Open], which loads, updates or builds the commit [Index] of a
// repository, then [Index.Within], which fixes the history to look at, and
// [View.Match]. [Compare] sets two patches side by side, and a [Set] finds
// among many patches those like a given one. All three reduce a diff to the
// same shape (shape.go) and compare shapes in the same way (align.go).
//
// A wrong "merged" makes somebody drop a patch that is still needed. So every
// answer needs agreement of lines; a subject, an author or a hash that a patch
// cites can only add to it (verdict.go). Nothing here knows mail or layers.
//
// The measure of changed lines follows PaStA (Ramsauer, Lohmann, Mauerer:
// "The List is the Process", ICSE 2019) and Jiang, Adams, Khomh, German:
// "Tracing Back the History of Commits in Low-tech Reviewing Environments",
// ESEM 2014; rare lines weigh more, as terms do in text retrieval.
package diffmatch

// Verdicts of a match.
const (
	Merged   = "merged"   // a person need not look
	Probable = "probable" // a person should confirm
	None     = "none"
)

// A Result says which commit merged a patch, and why one should believe it.
type Result struct {
	Verdict    string   // Merged, Probable or None
	Commit     string   // full hash, "" for None
	Confidence float64  // 0..1 that Commit is right
	Method     string   // what decided: "patch-id", "hunks", "cited", "subject+author", "subject", "author+date", "message", "lines"; "" for None
	Commits    []string // all commits that hold the change, Commit first; several if it landed in pieces
	RevertedBy string   // the commit that took Commit back, if nothing brought it in again
	Evidence   []Evidence
	Candidates []Candidate // the others that were looked at, best first
}

// An Evidence is one reason, in words that a person can check.
type Evidence struct {
	Kind   string  // "patch-id", "lines", "order", "files", "context", "words", "pieces", "rival", "cited", "subject", "author", "date", "message", "revert", "damage"
	Score  float64 // 0..1, 1 = agrees wholly
	Weight float64 // log-odds: > 0 speaks for the match, < 0 against it, 0 is only told
	Detail string
}

// A Candidate is a commit that shares something with the patch but is not the answer.
type Candidate struct {
	Commit     string
	Confidence float64
	Why        string
}

// Options of a match.
type Options struct {
	DiffOnly bool // ignore subject, author, dates and cited hashes
}
