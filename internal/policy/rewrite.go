package policy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/layer"
)

// A Rewriter makes commits of proposals for one source.
type Rewriter struct {
	Sources []layer.Source // of Scan, all of them
	Target  string         // name of the source that is changed
	Scan    *layer.Scan    // of the sources as they are
	Options layer.Options  // of Scan
	Draft   *git.Draft     // on top of the commit that was scanned
	Signer  git.Signer
	Before  func(done, total int) // is told of progress; may be nil

	batch *git.Batch           // reads the draft
	modes map[string]git.Entry // files of the target as they are now
}

// Run makes one commit for each recipe and kind of edit, and returns the
// proposals with what became of each. An edit after which the layer does not
// read as it should is withdrawn.
func (w *Rewriter) Run(ctx context.Context, proposals []Proposal) ([]Proposal, error) {
	defer w.close()
	if err := w.reload(ctx, w.Draft.Head()); err != nil {
		return nil, err
	}
	for from := 0; from < len(proposals); {
		to := from + 1
		for to < len(proposals) && proposals[to].Recipe == proposals[from].Recipe && rankOf(proposals[to]) == rankOf(proposals[from]) {
			to++
		}
		if err := w.commit(ctx, proposals[from:to]); err != nil {
			return nil, err
		}
		if from = to; w.Before != nil {
			w.Before(from, len(proposals))
		}
	}
	return proposals, nil
}

func (w *Rewriter) close() {
	if w.batch != nil {
		w.batch.Close()
	}
}

// reload reads the files of the draft at a tree or commit.
func (w *Rewriter) reload(ctx context.Context, rev string) error {
	w.close()
	repo := w.Draft.Repo()
	entries, err := repo.Tree(ctx, rev)
	if err != nil {
		return err
	}
	w.modes = map[string]git.Entry{}
	for _, e := range entries {
		w.modes[e.Path] = e
	}
	w.batch, err = repo.Batch(ctx)
	return err
}

// commit makes the edits of one commit, and none where all are withdrawn.
func (w *Rewriter) commit(ctx context.Context, group []Proposal) error {
	made := 0
	for i := range group {
		p := &group[i]
		if p.Withdrawn != "" || p.Source != w.Target {
			continue
		}
		edit := w.retag
		if p.Drop() {
			edit = w.drop
		}
		before, err := w.Draft.Tree(ctx)
		if err != nil {
			return err
		}
		if err := edit(ctx, p); err != nil {
			return err
		}
		if p.Withdrawn != "" {
			if err := w.Draft.Reset(ctx, before); err != nil {
				return err
			}
			continue
		}
		made++
		if err := w.next(ctx); err != nil {
			return err
		}
	}
	if made == 0 {
		return nil
	}
	hash, err := w.Draft.Commit(ctx, message(group, w.Signer.Committer), w.Signer)
	for i := range group {
		if group[i].Withdrawn == "" {
			group[i].Commit = hash
		}
	}
	return err
}

// next takes the edited tree as the one that the next edit begins with.
func (w *Rewriter) next(ctx context.Context) error {
	tree, err := w.Draft.Tree(ctx)
	if err != nil {
		return err
	}
	return w.reload(ctx, tree)
}

// put changes one plain file.
func (w *Rewriter) put(ctx context.Context, file string, data []byte) error {
	return w.Draft.Write(ctx, file, w.modes[file].Mode, data)
}

// plain says whether a path is a file that can be edited.
func (w *Rewriter) plain(file string) bool {
	return w.modes[file].Mode == "100644" || w.modes[file].Mode == "100755"
}

// retag sets the Upstream-Status of a patch file.
func (w *Rewriter) retag(ctx context.Context, p *Proposal) error {
	if !w.plain(p.Path) {
		p.Withdrawn = "not a plain file"
		return nil
	}
	b, err := w.batch.Blob(w.modes[p.Path].Hash)
	if err != nil {
		return err
	}
	after, err := SetStatus(b, p.Status)
	if err != nil {
		p.Withdrawn = err.Error()
		return nil
	}
	if bytes.Equal(after, b) {
		p.Withdrawn = "the file says so already"
		return nil
	}
	return w.put(ctx, p.Path, after)
}

// drop removes the entries of a patch from the files that name it, and the file
// itself once no recipe applies it. After each edit the layer is scanned.
func (w *Rewriter) drop(ctx context.Context, p *Proposal) error {
	if !w.plain(p.Path) {
		p.Withdrawn = "not a plain file"
		return nil
	}
	want := expected(w.Scan, p.Source+":"+p.Path, p.For)
	foreign := ""
	for _, c := range w.candidates(p, &foreign) {
		b, err := w.batch.Blob(w.modes[c.file].Hash)
		if err != nil {
			return err
		}
		for _, e := range layer.Entries(b) {
			if e.Text != c.text || e.Line != c.line {
				continue
			}
			if err := w.put(ctx, c.file, layer.RemoveEntry(b, e)); err != nil {
				return err
			}
			done, problem, err := w.try(ctx, want, p)
			if err != nil || done {
				return err
			}
			p.Withdrawn = problem
			if err := w.put(ctx, c.file, b); err != nil {
				return err
			}
		}
	}
	switch {
	case p.Withdrawn != "":
	case foreign != "":
		p.Withdrawn = foreign + " names it, which is not in this layer"
	default:
		p.Withdrawn = "no line was found that names it"
	}
	return nil
}

// A candidate is an entry that may be the one to go.
type candidate struct {
	file, text string
	line       int
}

// candidates are the entries that can name the patch, in the files of the
// recipes that it is to be dropped for: those without variables first. Foreign
// becomes a file of another source that names it.
func (w *Rewriter) candidates(p *Proposal, foreign *string) []candidate {
	var literal, others []candidate
	seen := map[candidate]bool{}
	for i := range w.Scan.Recipes {
		r := &w.Scan.Recipes[i]
		name := nameIn(r, p)
		if name == "" {
			continue
		}
		for _, place := range files(r) {
			source, file := split(place)
			if source != w.Target {
				*foreign = place
				continue
			}
			if !w.plain(file) {
				continue
			}
			b, err := w.batch.Blob(w.modes[file].Hash)
			if err != nil {
				continue
			}
			for _, e := range layer.Entries(b) {
				c := candidate{file, e.Text, e.Line}
				if !e.Names(name) || seen[c] {
					continue
				}
				seen[c] = true
				if e.Literal() {
					literal = append(literal, c)
				} else {
					others = append(others, c)
				}
			}
		}
	}
	const most = 8 // each costs a scan
	all := append(literal, others...)
	return all[:min(len(all), most)]
}

// nameIn is how one of the recipes of a deletion names the file; "" for others.
func nameIn(r *layer.Recipe, p *Proposal) string {
	for _, place := range p.For {
		if place != r.Source+":"+r.File {
			continue
		}
		for _, f := range r.PatchFiles {
			if f.Path == p.Source+":"+p.Path {
				return f.Name
			}
		}
	}
	return ""
}

// try scans the edited layer. Where every recipe reads as it should, the patch
// file goes, too, unless somebody still wants it; problem says what differs.
func (w *Rewriter) try(ctx context.Context, want map[string]string, p *Proposal) (done bool, problem string, err error) {
	now, err := w.scan(ctx)
	if err != nil {
		return false, "", err
	}
	if problem := differs(want, expected(now, "", nil)); problem != "" {
		return false, problem, nil
	}
	if p.Kept = w.wanted(ctx, now, p); p.Kept == "" {
		if err := w.Draft.Remove(ctx, p.Path); err != nil {
			return false, "", err
		}
		if now, err = w.scan(ctx); err != nil {
			return false, "", err
		}
		if problem := differs(want, expected(now, "", nil)); problem != "" {
			return false, problem, nil
		}
	}
	w.Scan, p.Withdrawn = now, ""
	return true, "", nil
}

// scan reads the layers with the draft as it is.
func (w *Rewriter) scan(ctx context.Context) (*layer.Scan, error) {
	tree, err := w.Draft.Tree(ctx)
	if err != nil {
		return nil, err
	}
	sources := append([]layer.Source{}, w.Sources...)
	for i := range sources {
		if sources[i].Name == w.Target {
			sources[i].Repo, sources[i].Rev = w.Draft.Repo(), tree
		}
	}
	return layer.Run(ctx, sources, w.Options)
}

// expected is what each recipe applies, without a patch for some of them.
func expected(s *layer.Scan, patch string, without []string) map[string]string {
	drop := map[string]bool{}
	for _, r := range without {
		drop[r] = true
	}
	out := map[string]string{}
	for i := range s.Recipes {
		r := &s.Recipes[i]
		place := r.Source + ":" + r.File
		var b strings.Builder
		fmt.Fprintf(&b, "%s %s %q %q %s\n", r.PN, r.PV, r.Remote, r.Appends, r.Inactive)
		for _, f := range r.PatchFiles {
			if !drop[place] || f.Path != patch {
				fmt.Fprintf(&b, "%s %s %d %s\n", f.Name, f.Path, f.Strip, f.Dir)
			}
		}
		for _, c := range r.Conditional {
			fmt.Fprintf(&b, "%s %s %s\n", c.Name, c.Override, c.Path)
		}
		out[place] = b.String()
	}
	return out
}

// differs names a recipe that does not read as it should.
func differs(want, got map[string]string) string {
	for place, text := range want {
		if got[place] != text {
			return "without this line " + place + " would not read as it should: it is left to you"
		}
	}
	return ""
}

// wanted says who still needs a patch file: a recipe under some override, or a
// file beside it that names it for something else.
func (w *Rewriter) wanted(ctx context.Context, s *layer.Scan, p *Proposal) string {
	place := p.Source + ":" + p.Path
	for i := range s.Recipes {
		r := &s.Recipes[i]
		for _, f := range r.PatchFiles {
			if f.Path == place || f.Replaces == place {
				return r.PN + " of " + r.Source + ":" + r.File + " applies it, too"
			}
		}
		for _, c := range r.Conditional {
			if c.Path == place {
				return r.PN + " applies it under " + c.Override
			}
		}
	}
	return w.mentioned(ctx, p)
}

// mentioned looks for other files below the directory of the recipe that hold
// the name: recipes that are masked or that use the file without applying it.
func (w *Rewriter) mentioned(ctx context.Context, p *Proposal) string {
	name := []byte(p.Path[strings.LastIndexByte(p.Path, '/')+1:])
	for _, recipe := range p.For {
		_, file := split(recipe)
		dir := file[:strings.LastIndexByte(file, '/')+1]
		for _, path := range slices.Sorted(maps.Keys(w.modes)) {
			kind := path[strings.LastIndexByte(path, '.')+1:]
			if !strings.HasPrefix(path, dir) || kind != "bb" && kind != "inc" && kind != "bbappend" {
				continue
			}
			b, err := w.Draft.Blob(ctx, path)
			if err == nil && bytes.Contains(b, name) {
				return path + " still names it"
			}
		}
	}
	return ""
}

// errNoHeader means that a tag cannot be put into a file.
var errNoHeader = errors.New("a tag cannot be put into this file so that it is read")
