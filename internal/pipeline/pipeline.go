// Package pipeline is the main path: the stages that carry input to an answer,
// one file each.
//
//	fetch     mirrors follow their upstreams; moved refs are recorded
//	collect   mails are stored as they came, before anything reads them
//	scan      recipes and carried patches of layers, at the fetched tips
//	moves     versions that moved upstream and in our layers become known
//	assemble  mails become messages, postings and series
//	index     commits of projects become searchable
//	match     sightings of one change find each other
//	rebase    carried patches are tried on the versions they may meet
//	plan      what a move of the upstream layers to another release means
//	judge     status and next action of every standing
//
// Each arrow between stages is rows in a table and a cursor; no stage calls
// another. A stage's Run makes one pass: it reads what is new, computes with
// the pure functions of the lower floors, and writes rows and cursor in one
// transaction. A repeated run changes nothing but last-checked times; a crash
// repeats one batch. What cannot be read is stored with the reason.
//
// The database, IMAP and the like are seen only through the small interfaces
// that stand above each stage.
package pipeline

import (
	"context"
	"strings"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/progress"
)

// A Stage is one room on the path of a patch.
type Stage struct {
	Name   string
	Every  time.Duration // how often the daemon runs it
	Inputs []string      // what it can be run for apart; none: always for all
	// Run makes one pass for one of the inputs, or with "" for all.
	Run func(ctx context.Context, input string) (Report, error)
}

// whole is the Run of a stage that is always for all.
func whole(run func(context.Context) (Report, error)) func(context.Context, string) (Report, error) {
	return func(ctx context.Context, _ string) (Report, error) { return run(ctx) }
}

// A Report is what one pass of a stage did, in words for the terminal.
type Report struct {
	Done     string   // "1,404 mails, 1,402 patches in 1,290 series"; "" if there was nothing to do
	Problems []string // each names its source: what, why, what next; the rest went on
}

// problem adds a problem to the report.
func (r *Report) problem(what string, err error) {
	r.Problems = append(r.Problems, what+": "+err.Error())
}

// Settings are what all stages are told by the configuration.
type Settings struct {
	Layers   []Layer
	Projects []Project
	Lists    []List
	Accounts []Account
	PlanTo   []string // branches or tags of upstream layers that moves to are planned for
	Rules    change.Settings
	Cache    string // directory of mirrors and indexes: can be deleted at any time
	Progress progress.Func
	Now      func() time.Time // nil is time.Now
}

func (s Settings) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// A txer runs f in one transaction: the calls that f makes with the context it
// is given are its parts.
type txer interface {
	InTx(ctx context.Context, f func(context.Context) error) error
}

// A cursorStore keeps how far a stage has come with one input.
type cursorStore interface {
	Cursor(ctx context.Context, stage, input string) (string, error) // "" where there is none
	SetCursor(ctx context.Context, stage, input, value string) error
}

// A sourceLog keeps how each source is doing. An empty problem is a success.
type sourceLog interface {
	txer
	cursorStore
	MarkSource(ctx context.Context, kind SourceKind, name, problem string, at time.Time) error
}

// troubleStages are the stages that can have trouble with a source, in order;
// "read" is what a scan found, where "scan" is whether it could begin.
var troubleStages = []string{"fetch", "collect", "scan", "read", "moves", "index", "match", "rebase"}

// mark records how a stage fared with a source; an empty problem is a success.
// What other stages have against the source stays: that it can be fetched does
// not mean that it can be read.
func (s Settings) mark(ctx context.Context, log sourceLog, stage string, src Source, problem string) error {
	return log.InTx(ctx, func(ctx context.Context) error {
		var all []string
		for _, other := range troubleStages {
			at := other + " " + input(src.Kind, src.Name)
			was, err := log.Cursor(ctx, "trouble", at)
			if err != nil {
				return err
			}
			if other == stage {
				if was == "" && problem == "" && stage != "fetch" && stage != "collect" {
					return nil // only these two ask the source itself
				}
				if err := log.SetCursor(ctx, "trouble", at, problem); err != nil {
					return err
				}
				was = problem
			}
			if was != "" {
				all = append(all, was)
			}
		}
		return log.MarkSource(ctx, src.Kind, src.Name, strings.Join(all, "; "), s.now())
	})
}
