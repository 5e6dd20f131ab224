package series

// siblings pairs the series that bring one change to different branches, by
// their roots. They are found as versions are, but for the branch; and a patch
// that changes just the same, whoever sent it under whatever title.
func (j *joiner) siblings(before [][]int) map[[2]int]bool {
	pairs := map[[2]int]bool{}
	for n, l := range j.ls {
		for _, o := range before[n] {
			a, b := j.find(o), j.find(n)
			if j.roots[a].branch != j.roots[b].branch && l.Date.Sub(j.ls[o].Date) <= linkWindow && l.sameChange(j.ls[o]) {
				pairs[[2]int{min(a, b), max(a, b)}] = true
			}
		}
	}
	return pairs
}

// sameChange says if two postings of one person, or of one patch, are the same
// change: most of the patches that they list, else the title.
func (l *lineage) sameChange(o *lineage) bool {
	if _, _, ofLarge := l.overlap(o); ofLarge >= 0.5 {
		return true
	}
	if len(l.Parts) == 1 && len(o.Parts) == 1 && l.Parts[0].PatchID != "" && l.Parts[0].PatchID == o.Parts[0].PatchID {
		return true
	}
	return l.title == o.title && !(l.lists() && o.lists())
}
