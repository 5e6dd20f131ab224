package layer

// SameSource says whether two recipes fetch the same source, by the first entry
// of SRC_URI: the same project on the same host or a mirror of it, at any
// version. Recipes of which that cannot be known are not the same.
func SameSource(a, b *Recipe) bool {
	if headersOnly(a.PN) != headersOnly(b.PN) || (plainPN(a.PN) == a.PN) != (plainPN(b.PN) == b.PN) {
		return false
	}
	x, ok := originOf(a)
	if !ok || x.stem == "" {
		return false
	}
	y, ok := originOf(b)
	return ok && x.stem == y.stem && sameOrigin(sourced{a, x}, sourced{b, y})
}

// OldSyntax says whether a layer that is for these releases writes overrides
// with underscores (FOO_append), as bitbake did before honister.
func OldSyntax(series []string) bool {
	for _, r := range series {
		for _, old := range oldReleases {
			if r == old {
				return true
			}
		}
	}
	return false
}
