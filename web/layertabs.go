package web

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web/view"
)

// partsOf is what the list of a tab is made from; the head needs the history.
func partsOf(show string, fragment bool) store.LayerParts {
	want := store.LayerParts{History: !fragment}
	switch show {
	case "duplicates":
		want.Duplicates = true
	case "recipes":
		want.Recipes = true
	case "news":
	default:
		want.Patches = true
	}
	return want
}

// fillTab fills the list of the tab that is shown, and says how long it is.
func (s *Server) fillTab(ctx context.Context, v *view.Layer, l store.Layer) (total int, err error) {
	f := &v.Filter
	files := slices.DeleteFunc(slices.Clone(l.Patches), func(p store.CarriedPatch) bool { return p.Kind == pipeline.CarriedDelta })
	switch f.Show {
	case "first":
		return s.fillBurdens(v, l.Patches), nil
	case "duplicates":
		rows := matching(l.DuplicateList, f.Text, func(d store.Duplicate) string { return d.PN + " " + d.LocalFile + " " + d.UpstreamFile })
		open := slices.DeleteFunc(slices.Clone(rows), func(d store.Duplicate) bool { return d.Verdict.Object != "" })
		if v.Open = len(open); f.Open {
			rows = open
		}
		v.Kinds = countKinds(rows, duplicateKinds(), duplicateKind)
		rows = ofKind(rows, f.Kind, duplicateKinds(), duplicateKind)
		v.Duplicates = s.duplicateRows(pageSlice(rows, f.Page))
		return len(rows), nil
	case "claims":
		return s.fillChecks(ctx, v, files)
	case "news":
		return s.fillNews(ctx, v)
	case "recipes":
		rows := matching(l.RecipeList, f.Text, func(r store.Recipe) string { return r.PN + " " + r.File })
		v.Recipes = recipeRows(pageSlice(rows, f.Page))
		return len(rows), nil
	}
	f.Show = "patches"
	rows := matching(files, f.Text, func(p store.CarriedPatch) string {
		return strings.Join(append([]string{p.Recipe, p.Path, p.Subject, p.Keeper}, p.CVE...), " ")
	})
	v.Queues = s.queues(pageSlice(rows, f.Page))
	return len(rows), nil
}

// patchFacts are what is known of carrying a patch.
func (s *Server) patchFacts(p store.CarriedPatch) view.PatchFacts {
	f := view.PatchFacts{
		Keeper: s.keeper(p), Refreshes: p.Refreshes, Lines: p.Lines, Truth: p.Check.Truth, Why: view.Safe(p.Check.Reason),
	}
	for _, c := range p.CVE {
		f.CVE = append(f.CVE, view.Safe(c))
	}
	return f
}

// claimWord is the word that a patch is counted under.
func claimWord(p store.CarriedPatch) string {
	if st := p.Carried.Status; st.WellFormed {
		return st.Kind
	}
	return ""
}

// tells says whether a subject is one: a ruler, or a heading of a form that
// somebody filled in ("SHORT DESCRIPTION:"), is none.
func tells(subject string) bool {
	if !strings.ContainsFunc(subject, unicode.IsLetter) {
		return false
	}
	return !strings.HasSuffix(subject, ":") || strings.ContainsFunc(subject, unicode.IsLower)
}

// titleOfPatch is the subject of a patch, or what stands for it.
func titleOfPatch(p store.CarriedPatch) string {
	if p.Kind == pipeline.CarriedDelta {
		return view.Safe(cmp.Or(p.Subject, p.Recipe+": what is ours"))
	}
	if !tells(p.Subject) {
		return view.Safe(path.Base(p.Path))
	}
	return view.Safe(p.Subject)
}

// burdenOwner is who a patch of the ranking belongs to: who has to act, else
// who keeps it.
func (s *Server) burdenOwner(p store.CarriedPatch) string {
	return cmp.Or(view.Safe(p.Owner), s.keeper(p))
}

// keeper is the name of who answers for a carried patch, of strangers the
// address.
func (s *Server) keeper(p store.CarriedPatch) string {
	return view.Safe(cmp.Or(s.config.Addresses[p.Keeper], p.Keeper))
}

// fillBurdens ranks what is carried by what it costs.
func (s *Server) fillBurdens(v *view.Layer, patches []store.CarriedPatch) (total int) {
	var rows []view.BurdenRow
	left, owners := map[string]int{}, map[string]int{}
	patches = matching(patches, v.Filter.Text, func(p store.CarriedPatch) string { return p.Recipe + " " + p.Path + " " + p.Subject })
	for _, p := range patches {
		if !p.Dropped.IsZero() {
			continue
		}
		if why := change.ToUpstream(p.Judgement.Status, claimWord(p)); why != "" {
			left[why]++
			continue
		}
		owner := s.burdenOwner(p)
		owners[owner]++
		if v.Filter.Owner != "" && v.Filter.Owner != owner {
			continue
		}
		b := change.Burden{Lines: p.Lines, Refreshes: p.Refreshes, Conflicts: safeAll(p.Conflicts), CVE: safeAll(p.CVE)}
		if !p.Added.IsZero() {
			b.Age = max(0, s.now().Sub(p.Added))
		}
		rows = append(rows, view.BurdenRow{
			Title: titleOfPatch(p), Path: view.Safe(p.Path), Recipe: p.Recipe, Fork: p.Kind == pipeline.CarriedDelta, ChangeID: p.ChangeID,
			Status: p.Judgement.Status, Action: p.Judgement.Action, Owner: owner, Added: s.when(p.Added), Cost: change.CostOf(b),
		})
	}
	slices.SortStableFunc(rows, func(a, b view.BurdenRow) int {
		return cmp.Or(b.Cost.Score-a.Cost.Score, strings.Compare(a.Path, b.Path))
	})
	for name, n := range owners {
		if name != "" {
			v.Owners = append(v.Owners, view.KindCount{Word: name, Count: n})
		}
	}
	slices.SortFunc(v.Owners, func(a, b view.KindCount) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Word, b.Word)) })
	v.Owners = firstN(v.Owners, ownersShown)
	v.LeftOut = leftOut(left)
	v.Burdens = pageSlice(rows, v.Filter.Page)
	return len(rows)
}

// ownersShown bounds the owners that the ranking can be narrowed to.
const ownersShown = 16

// leftOut says what is not in the ranking, the most common reason first.
func leftOut(reasons map[string]int) string {
	var list []view.KindCount
	for why, n := range reasons {
		list = append(list, view.KindCount{Word: why, Count: n})
	}
	slices.SortFunc(list, func(a, b view.KindCount) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Word, b.Word)) })
	var words []string
	for _, k := range list {
		words = append(words, fmt.Sprintf("%s because %s", view.Count(k.Count), k.Word))
	}
	if len(words) == 0 {
		return ""
	}
	return "Not ranked: " + strings.Join(words, "; ") + "."
}

func safeAll(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = view.Safe(s)
	}
	return out
}

// fillChecks fills the claims beside the evidence, those that ask for work
// first.
func (s *Server) fillChecks(ctx context.Context, v *view.Layer, patches []store.CarriedPatch) (total int, err error) {
	places, err := s.locations(ctx)
	if err != nil {
		return 0, err
	}
	patches = slices.DeleteFunc(patches, func(p store.CarriedPatch) bool { return p.Check.Truth == "" || !p.Dropped.IsZero() })
	kind := func(p store.CarriedPatch) string { return string(p.Check.Truth) }
	var kinds []string
	for _, t := range change.Truths() {
		kinds = append(kinds, string(t))
		n := 0
		for _, p := range patches {
			if p.Check.Truth == t {
				n++
			}
		}
		v.Truths = append(v.Truths, view.TruthCount{Truth: t, Count: n})
	}
	if len(patches) == 0 {
		v.Truths = nil
	}
	rows := matching(patches, v.Filter.Text, func(p store.CarriedPatch) string {
		return strings.Join([]string{p.Recipe, p.Path, p.Subject, p.Check.Reason, claimWords(p)}, " ")
	})
	v.Kinds = countKinds(rows, kinds, kind)
	rows = ofKind(rows, v.Filter.Kind, kinds, kind)
	for _, p := range pageSlice(rows, v.Filter.Page) {
		v.Checks = append(v.Checks, checkRow(p, places))
	}
	return len(rows), nil
}

// checkRow is one claim beside the evidence.
func checkRow(p store.CarriedPatch, places map[string]string) view.CheckRow {
	return view.CheckRow{
		Title: titleOfPatch(p), Path: view.Safe(p.Path), ChangeID: p.ChangeID, Claim: claimWords(p), Truth: p.Check.Truth,
		Reason: view.Safe(p.Check.Reason), Proof: proof(p.Check.Proof, places), Fix: view.Safe(p.Check.Fix), Shipped: safeAll(p.Check.Shipped),
	}
}

// locations are where the sources are, by name.
func (s *Server) locations(ctx context.Context) (map[string]string, error) {
	all, err := s.store.Sources(ctx)
	found := map[string]string{}
	for _, src := range all {
		if src.Kind == pipeline.ProjectSource || src.Kind == pipeline.LayerSource {
			found[src.Name] = src.Location
		}
	}
	return found, err
}

// proof is a link to what shows whether a claim is so: a commit, a mail, or an
// address.
func proof(key string, places map[string]string) view.Link {
	if project, hash, ok := cutCommitKey(key); ok {
		return view.Link{
			Text: "commit " + shortHash(view.Safe(hash)) + " of " + view.Safe(project), Href: view.ForgeURL(places[project], "commit", hash),
		}
	}
	if id, ok := strings.CutPrefix(key, change.PostedKey("")); ok {
		return view.Link{Text: "the mail", Href: view.MessageURL(id)}
	}
	l := view.Link{Text: view.Safe(key)}
	if strings.HasPrefix(key, "https://") || strings.HasPrefix(key, "http://") {
		l.Href = key
	}
	return l
}

// fillNews fills what upstream did, the newest first.
func (s *Server) fillNews(ctx context.Context, v *view.Layer) (total int, err error) {
	all, err := s.store.LayerNews(ctx, v.Name, time.Time{})
	if err != nil {
		return 0, err
	}
	places, err := s.locations(ctx)
	if err != nil {
		return 0, err
	}
	rows := matching(all, v.Filter.Text, func(n store.DuplicateNews) string { return n.PN + " " + n.LocalFile + " " + n.UpstreamSource })
	kind := func(n store.DuplicateNews) string { return n.News.Kind }
	kinds := []string{"added", "overtaken", "dropped"}
	v.Kinds = countKinds(rows, kinds, kind)
	rows = slices.DeleteFunc(rows, func(n store.DuplicateNews) bool { return v.Filter.Kind != "" && n.News.Kind != v.Filter.Kind })
	v.News = s.newsRows(pageSlice(rows, v.Filter.Page), places)
	return len(rows), nil
}

func (s *Server) newsRows(list []store.DuplicateNews, places map[string]string) []view.NewsRow {
	out := make([]view.NewsRow, len(list))
	for i, n := range list {
		out[i] = view.NewsRow{
			Kind: n.News.Kind, What: view.Safe(cmp.Or(n.PN, path.Base(n.LocalFile))), Ours: versionOf(n.LocalVersion), Version: versionOf(n.News.Version),
			Layer: n.LocalSource, Other: n.UpstreamSource, At: s.when(n.News.Time), Page: duplicateURL(n.Duplicate),
			Commit: view.Link{Text: shortHash(n.News.Commit), Href: view.ForgeURL(places[n.UpstreamSource], "commit", n.News.Commit)},
		}
	}
	return out
}

// duplicateKinds are the kinds of duplicates, those with most to gain first.
func duplicateKinds() []string {
	return []string{"fork", "renamed", "patch", "derived", "class", "inc", "append-dangling", "append"}
}

func duplicateKind(d store.Duplicate) string { return d.Kind }

func countKinds[T any](list []T, kinds []string, of func(T) string) []view.KindCount {
	var out []view.KindCount
	for _, k := range kinds {
		n := 0
		for _, one := range list {
			if of(one) == k {
				n++
			}
		}
		if n > 0 {
			out = append(out, view.KindCount{Word: k, Count: n})
		}
	}
	return out
}

// ofKind are the rows of one kind, "" is all, in the order of kinds.
func ofKind[T any](list []T, kind string, kinds []string, of func(T) string) []T {
	var out []T
	for _, one := range list {
		if kind == "" || of(one) == kind {
			out = append(out, one)
		}
	}
	slices.SortStableFunc(out, func(a, b T) int { return slices.Index(kinds, of(a)) - slices.Index(kinds, of(b)) })
	return out
}

func (s *Server) duplicateRows(list []store.Duplicate) []view.DuplicateRow {
	out := make([]view.DuplicateRow, len(list))
	for i, d := range list {
		out[i] = s.duplicateRow(d)
	}
	return out
}

func (s *Server) duplicateRow(d store.Duplicate) view.DuplicateRow {
	row := view.DuplicateRow{
		Kind: d.Kind, PN: view.Safe(d.PN), LocalFile: view.Safe(d.LocalFile), LocalVersion: versionOf(d.LocalVersion), Other: d.UpstreamSource,
		OtherFile: view.Safe(d.UpstreamFile), OtherVersion: versionOf(d.UpstreamVersion), Relation: d.Relation, Match: d.Match,
		Similarity: d.Similarity, First: d.First, LocalSince: s.when(d.LocalSince.Time), OtherSince: s.when(d.UpstreamSince.Time),
		Went: d.Went != "", Verdict: view.Safe(d.Verdict.Object), VerdictNote: view.Safe(d.Verdict.Note), VerdictBy: view.Safe(d.Verdict.By),
		VerdictAt: s.when(d.Verdict.At), Page: duplicateURL(d),
	}
	if d.PN != "" {
		row.Recipe = view.RecipeURL(d.PN)
	}
	return row
}

// duplicateURL is the page of a duplicate.
func duplicateURL(d store.Duplicate) string {
	return view.DuplicateURL(change.DuplicateName{Kind: d.Kind, Layer: d.LocalSource, Other: d.UpstreamSource, Name: d.Name()})
}
