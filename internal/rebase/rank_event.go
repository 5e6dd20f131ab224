package rebase

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/upstreamd/upstreamd/internal/patch"
)

// An Event is one row of a list of moves: one patch of one recipe in the commit
// that moved the recipe's version. It has what is known before; what became of
// the patch is not read.
type Event struct {
	Repo         string `json:"repo"`
	Commit       string `json:"commit"`
	Date         string `json:"date"` // RFC 3339
	Recipe       string `json:"recipe"`
	RecipeBefore string `json:"recipe_before"` // path of the recipe before the move
	From         string `json:"from_pv"`
	To           string `json:"to_pv"`
	Kind         string `json:"event"` // rename, pvline, pvline-inc or srcrev
	Patch        string `json:"patch"` // file name
	Path         string `json:"path_before"`
	Blob         string `json:"blob_before"`
}

// ErrBadEvent means that a row is no event.
var ErrBadEvent = errors.New("not an event")

const (
	maxEventLine = 1 << 20
	maxEvents    = 1 << 20
)

// ReadEvents reads JSON lines. Empty lines are skipped; the error names the
// line that is bad and matches [ErrBadEvent].
func ReadEvents(r io.Reader) ([]Event, error) {
	scan := bufio.NewScanner(r)
	scan.Buffer(make([]byte, 0, 64<<10), maxEventLine)
	var list []Event
	for n := 1; scan.Scan(); n++ {
		if len(scan.Bytes()) == 0 {
			continue
		}
		var e Event
		switch err := json.Unmarshal(scan.Bytes(), &e); {
		case err != nil:
			return nil, fmt.Errorf("line %d: %w: %w", n, ErrBadEvent, err)
		case e.Commit == "" || e.Recipe == "" || e.Path == "" && e.Patch == "":
			return nil, fmt.Errorf("line %d: %w: want commit, recipe and patch or path_before", n, ErrBadEvent)
		case len(list) == maxEvents:
			return nil, fmt.Errorf("line %d: %w: more than %d rows", n, ErrBadEvent, maxEvents)
		}
		if e.Patch == "" {
			e.Patch = e.Path
		}
		list = append(list, e)
	}
	return list, scan.Err()
}

// A carrier is a patch of a recipe as an earlier event had it.
type carrier struct {
	blob        string
	patch       *patch.Patch
	moves, anew int
	lastAnew    bool
	since       time.Time
	met         bool // at the next move
}

// A chronicle is what earlier events tell of one recipe.
type chronicle struct {
	patches map[string]*carrier // by stem
	past    Past                // what is the same for all patches
	last    time.Time
}

// Steps turns events into steps, in the same order. They are to be in the order
// of time for each repository: what happened to a patch before is told from
// what the recipe carries at the next move. read returns a patch file by the
// blob of its event; nil where it cannot be read.
func Steps(events []Event, read func(Event) []byte) []Step {
	steps := make([]Step, len(events))
	known := map[string]*chronicle{}
	for i := 0; i < len(events); {
		j := i + 1
		for j < len(events) && sameMove(events[i], events[j]) {
			j++
		}
		for k := i; k < j; k++ {
			steps[k] = newStep(events[k], read(events[k]))
			steps[k].Position, steps[k].Queue = k-i+1, j-i
		}
		key := events[i].Repo + "\x00" + events[i].Recipe
		if known[key] == nil {
			known[key] = &chronicle{patches: map[string]*carrier{}}
		}
		known[key].tell(events[i:j], steps[i:j])
		i = j
	}
	return steps
}

func sameMove(a, b Event) bool {
	return a.Repo == b.Repo && a.Commit == b.Commit && a.Recipe == b.Recipe && a.RecipeBefore == b.RecipeBefore
}

func newStep(e Event, data []byte) Step {
	s := Step{Kind: e.Kind, From: e.From, To: e.To, Name: e.Patch, Data: data}
	s.At, _ = time.Parse(time.RFC3339, e.Date) // without, no time is known
	if data != nil {
		s.Status = patch.FindUpstreamStatus(data)
		if p, err := patch.Parse(data); err == nil {
			s.Patch = p
		}
	}
	return s
}

// tell fills in the past of the steps of one move, and remembers what the
// recipe carries then. What an earlier move did to its patches shows now.
func (c *chronicle) tell(events []Event, steps []Step) {
	var fate [3]int
	now := map[string]*carrier{}
	byBlob := map[string]*carrier{}
	for _, k := range c.patches {
		byBlob[k.blob] = k
	}
	carriers := make([]*carrier, len(steps))
	for i, e := range events {
		old := c.patches[stem(e.Patch)]
		if old == nil {
			old = byBlob[e.Blob]
		}
		k := &carrier{blob: e.Blob, patch: steps[i].Patch, since: c.last}
		if old != nil {
			*k = carrier{blob: e.Blob, patch: steps[i].Patch, since: old.since, moves: old.moves + 1, anew: old.anew}
			if old.since.IsZero() {
				k.since = c.last
			}
			if old.blob != e.Blob && !sameChange(old.patch, steps[i].Patch) {
				k.anew, k.lastAnew = k.anew+1, true
				fate[1]++
			} else {
				fate[0]++
			}
			old.met = true
		}
		carriers[i] = k
		now[stem(e.Patch)] = k
	}
	for _, k := range c.patches {
		fate[2] += int(flag(!k.met))
	}
	if !c.last.IsZero() {
		c.past.Recipe++
		c.past.LastMove, c.past.LastRecipe = c.last, fate
		for k := range fate {
			c.past.OfRecipe[k] += fate[k]
		}
	}
	for i, k := range carriers {
		p := c.past
		p.Moves, p.Refreshed, p.LastAnew, p.Since = k.moves, k.anew, k.lastAnew, k.since
		steps[i].Past = p
	}
	c.patches, c.last = now, steps[0].At
}
