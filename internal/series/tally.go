package series

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/upstreamd/upstreamd/internal/mailing"
)

// A tally is what the signs of a series come to. Signs of the newest revision
// count, and what was said later of older ones, but for review trailers: those
// are for the patches they were given to.
type tally struct {
	Revision // the newest
	side     []identity
	voices   []string // others who answered, first first
	agreers  []string // who gave review trailers
	takers   []string // who say that it was taken
	agreed   map[int]bool
	taken    map[int]bool
	wishes   []Sign // objections and wishes that stand
	refusals []Sign // that stand
	asked    []Sign
	checks   map[string]Sign // what robots found wrong, newest by robot and patch
	promises []Sign          // of the author's side
	heard    time.Time       // of the newest sign by others
	replied  time.Time       // of the first answer by the author's side after it
	last     time.Time       // newest posting or sign that is not a robot's
	answered map[string]bool // mails that the author's side answered
	agreedIn map[string]bool // mails that give a review trailer
}

// tally counts; the order of the signs does not matter.
func (f Facts) tally() *tally {
	t := &tally{
		Revision: f.Revisions[len(f.Revisions)-1], agreed: map[int]bool{}, taken: map[int]bool{},
		checks: map[string]Sign{}, answered: map[string]bool{}, agreedIn: map[string]bool{},
	}
	for _, r := range f.Revisions {
		t.side = append(t.side, identityOf(r.Poster))
	}
	for _, p := range f.Side {
		t.side = append(t.side, identityOf(p))
	}
	t.last = t.At
	signs := f.signs()
	t.markAnswered(signs)
	for _, s := range signs {
		t.count(s)
	}
	return t
}

// signs are those that count, oldest first.
func (f Facts) signs() []Sign {
	newest := len(f.Revisions) - 1
	signs := slices.Clone(f.Revisions[newest].Review.Signs)
	for _, r := range f.Revisions[:newest] {
		for _, s := range r.Review.Signs {
			if s.At.After(f.Revisions[newest].At) && s.Kind != Agreed && s.Kind != Checked {
				s.Parts = nil // patches have other numbers there
				signs = append(signs, s)
			}
		}
	}
	slices.SortFunc(signs, compareSigns)
	return signs
}

// markAnswered finds the mails below which the author's side wrote. A mail of
// theirs that answers nothing known is for everything before it.
func (t *tally) markAnswered(signs []Sign) {
	to := map[string]string{}
	for _, s := range signs {
		to[s.MessageID] = s.To
	}
	for i, s := range signs {
		if s.Kind == Pinged || s.Kind == Checked || !t.ours(s) {
			continue
		}
		if s.To == "" {
			for _, before := range signs[:i] {
				t.answered[before.MessageID] = true
			}
		}
		for id := s.To; id != "" && !t.answered[id]; id = to[id] {
			t.answered[id] = true
		}
	}
}

func (t *tally) ours(s Sign) bool {
	who := s.who()
	return slices.ContainsFunc(t.side, who.is)
}

func (s Sign) who() identity { return identityOf(mailing.Person{Name: s.Name, Email: s.Address}) }

// says is the name that is shown for who gave a sign.
func (s Sign) says() string { return cmp.Or(s.Name, s.Address) }

func (t *tally) count(s Sign) {
	if s.Kind == Checked {
		if s.Text == "" && !s.Bad {
			return // it says nothing that can be told
		}
		what := s.Address + fmt.Sprint(s.Parts)
		delete(t.checks, what)
		if s.Bad {
			t.checks[what] = s
		}
		return
	}
	if s.At.After(t.last) {
		t.last = s.At
	}
	if !t.ours(s) {
		t.voices = addOnce(t.voices, s.says())
		t.heard, t.replied = s.At, time.Time{}
		t.countOther(s)
		return
	}
	if s.Kind != Pinged && t.replied.IsZero() && !t.heard.IsZero() {
		t.replied = s.At
	}
	if s.Kind == Promised {
		t.promises = append(t.promises, s)
	}
	if !s.who().is(identityOf(t.Poster)) {
		t.countGift(s) // the author's colleague may review it, and take it
	}
}

func (t *tally) countOther(s Sign) {
	switch s.Kind {
	case Asked:
		t.asked = append(t.asked, s)
	case Objects:
		t.wishes = append(t.wishes, s)
	case Wanted:
		if !t.agreedIn[s.MessageID] { // who agrees all the same does not insist
			t.wishes = append(t.wishes, s)
		}
	case Refused:
		t.refusals = append(t.refusals, s)
		t.taken, t.takers = map[int]bool{}, nil
	default:
		t.countGift(s)
	}
}

// countGift counts agreement and claims that it was taken.
func (t *tally) countGift(s Sign) {
	switch {
	case s.Kind == Agreed && (s.Text == "reviewed-by" || s.Text == "acked-by"):
		t.agreedIn[s.MessageID] = true
		t.mark(t.agreed, s)
		t.agreers = addOnce(t.agreers, s.says())
		t.takeBack(s.who())
	case s.Kind == Took:
		t.mark(t.taken, s)
		t.takers = addOnce(t.takers, s.says())
		t.takeBack(s.who())
		if len(t.taken) >= t.Patches {
			t.wishes, t.refusals, t.asked, t.promises = nil, nil, nil, nil
			clear(t.checks)
		}
	}
}

// mark notes the patches that a sign is about.
func (t *tally) mark(patches map[int]bool, s Sign) {
	for _, n := range s.Parts {
		patches[n] = true
	}
	for n := 1; n <= t.Patches && len(s.Parts) == 0; n++ {
		patches[n] = true
	}
}

// takeBack forgets what somebody wanted who is content now.
func (t *tally) takeBack(who identity) {
	theirs := func(s Sign) bool { return s.who().is(who) }
	t.wishes = slices.DeleteFunc(t.wishes, theirs)
	t.refusals = slices.DeleteFunc(t.refusals, theirs)
	t.asked = slices.DeleteFunc(t.asked, theirs)
}

// unanswered are those of the signs that the author's side has not answered.
func (t *tally) unanswered(signs []Sign) []Sign {
	return slices.DeleteFunc(slices.Clone(signs), func(s Sign) bool { return t.answered[s.MessageID] })
}

// whoSaid names the people who gave signs.
func whoSaid(signs []Sign) string {
	var l []string
	for _, s := range signs {
		l = addOnce(l, s.says())
	}
	return names(l)
}
