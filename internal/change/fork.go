package change

import (
	"fmt"
	"slices"
	"time"
)

// A Relation says how a recipe that a local layer forked is to the upstream
// one that it is compared with.
type Relation string

// The relations of forks, the first that holds. The last four are about the
// versions of recipes that differ.
const (
	Identical  Relation = "identical"   // both are the same, and all files that they are made of
	Beside     Relation = "beside"      // the recipe is the same, files that it uses are not
	LeftBehind Relation = "left behind" // ours is what theirs once was: nothing of it is ours
	Gone       Relation = "gone"        // upstream dropped its recipe
	Same       Relation = "same"        // the same version
	Older      Relation = "local-older" // upstream is ahead
	Newer      Relation = "local-newer" // we are ahead
	Unordered  Relation = "differs"     // versions that have no order
)

// A ForkFact is the upstream recipe that a carried one is a fork of.
type ForkFact struct {
	Layer    string // name of the upstream layer
	File     string // path there
	Version  string // of the upstream recipe, [PE:]PV; ""
	Renamed  bool   // ours has another name
	Relation Relation
}

// covered is the judgement where nothing of what is carried is needed any more,
// or where it is to stay as it is: because a person has said so of a duplicate,
// or because the upstream recipe is the same as ours.
func (f Facts) covered() (Judgement, bool) {
	if d, ok := f.disposed(); ok {
		j := Judgement{Since: d.At, Reason: fmt.Sprintf("%s said %q of it on %s", d.By, d.Object, day(d.At))}
		if d.Note != "" {
			j.Reason += ": " + d.Note
		}
		switch effectOf(d.Object) {
		case canGo:
			j.Status = Droppable
			return j, true
		case staysOurs:
			j.Status = StaysLocal
			return j, true
		}
	}
	if fork := f.fork(); fork != nil && fork.Relation == Identical {
		return Judgement{Status: Droppable, Reason: fmt.Sprintf("%s has the same recipe", fork.Layer), Since: f.Carried.Touched}, true
	}
	return Judgement{}, false
}

// fork is the upstream recipe, where a forked one is carried.
func (f Facts) fork() *ForkFact {
	if f.Carried == nil {
		return nil
	}
	return f.Carried.Fork
}

// disposed is the newest verdict of a person on what is duplicated, if one
// holds: none that was taken back, or is older than when the change was opened
// again.
func (f Facts) disposed() (Decision, bool) {
	if f.Carried == nil {
		return Decision{}, false
	}
	var reopened time.Time
	if i := slices.IndexFunc(f.Decisions, func(d Decision) bool { return d.Kind == Reopen }); i >= 0 {
		reopened = f.Decisions[i].At
	}
	about := map[string]bool{}
	for _, d := range f.Verdicts { // newest first
		if about[d.Subject] {
			continue
		}
		about[d.Subject] = true
		if d.Object != "" && d.At.After(reopened) {
			return d, true
		}
	}
	return Decision{}, false
}

// unsentFork is the reason for the status of a fork of which nothing was sent.
func (f Facts) unsentFork(k *ForkFact) Judgement {
	j := Judgement{Status: Local, Since: f.Carried.Sighting.At}
	theirs := k.Layer + "'s"
	if k.Renamed {
		theirs += " " + k.File
	}
	switch k.Relation {
	case Gone:
		j.Reason = fmt.Sprintf("%s dropped its recipe: only we have it now", k.Layer)
	case LeftBehind:
		j.Reason = fmt.Sprintf("nothing of it is ours: it is what %s was before%s", theirs, k.now())
	case Older, Newer:
		j.Reason = fmt.Sprintf("a fork of %s, which has %s; ours is %s", theirs, orUnknown(k.Version), orUnknown(f.Carried.Version))
	case Beside:
		j.Reason = fmt.Sprintf("%s has the same recipe, but other files for it", k.Layer)
	default:
		j.Reason = fmt.Sprintf("a fork of %s; what differs was not seen on a list or upstream", theirs)
	}
	return j
}

func (k *ForkFact) now() string {
	if k.Version == "" {
		return ""
	}
	return ", which has " + k.Version + " now"
}

// forked is the action for a fork of which nothing was sent.
func (f Facts) forked(k *ForkFact) (Action, string) {
	if d, ok := f.disposed(); ok && effectOf(d.Object) == isMissing {
		return PostIt, fmt.Sprintf("%s says that %s has nothing like it: offer it there", d.By, k.Layer)
	}
	switch {
	case k.Relation == Gone:
		return NoAction, ""
	case k.Relation == LeftBehind:
		return UpdateFork, fmt.Sprintf("drop the fork and take %s's recipe, or say why ours stays", k.Layer)
	case k.Relation == Beside:
		return UpdateFork, fmt.Sprintf("drop the recipe, and carry the files that differ by a bbappend to %s's", k.Layer)
	case k.Renamed:
		return NoAction, ""
	case k.Relation == Older:
		return UpdateFork, fmt.Sprintf("%s has %s: rebase the fork onto it, or drop the fork", k.Layer, k.Version)
	case k.Relation == Unordered:
		return UpdateFork, fmt.Sprintf("which version is newer cannot be told: rebase the fork onto %s's recipe, or drop it", k.Layer)
	case k.Relation == Newer:
		return PostIt, fmt.Sprintf("%s has %s only: send it the upgrade", k.Layer, orUnknown(k.Version))
	}
	return PostIt, fmt.Sprintf("send what differs to %s, or make a bbappend of it", k.Layer)
}
