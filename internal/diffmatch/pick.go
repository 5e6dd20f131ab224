package diffmatch

import "slices"

// Picks are the other commits of the view that make the change of a commit
// once more, as on a stable branch: with the same patch-id, with a message
// that says so, or with the same title, author and author time, which git
// cherry-pick keeps. Hashes are full and hex, in the order of the index.
func (v *View) Picks(hash string) []string {
	raw := rawHash(hash)
	var rows []uint32
	for n := range v.withHash(raw) {
		r := v.row(n)
		if r.patchID != 0 {
			rows = slices.AppendSeq(rows, v.withPatchID(r.patchID))
		}
		rows = slices.AppendSeq(rows, v.pickedFrom(raw))
		for _, origin := range r.picked {
			rows = slices.AppendSeq(rows, v.withHash(origin))
			rows = slices.AppendSeq(rows, v.pickedFrom(origin))
		}
		for m := range v.writtenAt(r.authorTime) {
			if o := v.row(m); r.subject != 0 && o.subject == r.subject && o.author.same(r.author) {
				rows = append(rows, m)
			}
		}
	}
	slices.Sort(rows)
	var picks []string
	for _, n := range slices.Compact(rows) {
		if name := v.name(n); name != hash {
			picks = append(picks, name)
		}
	}
	return picks
}
