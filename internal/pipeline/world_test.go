package pipeline_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/demo"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
)

var moment = time.Date(2026, 5, 20, 9, 30, 0, 0, time.UTC)

// built is the generated world, made once; tests work on copies of it.
var built = sync.OnceValues(func() (*demo.World, error) {
	dir, err := os.MkdirTemp("", "upstreamd-pipeline-test-")
	if err != nil {
		return nil, err
	}
	builtDir = dir
	return demo.Build(context.Background(), dir, moment)
})

var builtDir string

func TestMain(m *testing.M) {
	code := m.Run()
	if builtDir != "" {
		os.RemoveAll(builtDir)
	}
	os.Exit(code)
}

// A town is a copy of the generated world with a configuration that reads it.
type town struct {
	t       *testing.T
	set     pipeline.Settings
	repos   string
	boxes   map[string][][]byte // of the IMAP account, by mailbox
	commits map[string]string   // as demo.World has them
	now     time.Time
}

func newTown(t *testing.T) *town {
	t.Helper()
	w, err := built()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	tn := &town{t: t, repos: filepath.Join(dir, "repos"), boxes: map[string][][]byte{}, commits: w.Commits, now: moment}
	if err := os.CopyFS(tn.repos, os.DirFS(filepath.Join(builtDir, "repos"))); err != nil {
		t.Fatal(err)
	}
	tn.set = pipeline.Settings{Cache: filepath.Join(dir, "cache"), Now: func() time.Time { return tn.now }}
	tn.set.Rules.Patience, tn.set.Rules.Lists = 21*24*time.Hour, map[string]change.ListRules{}
	for _, p := range w.Team {
		tn.set.Rules.Team = append(tn.set.Rules.Team, change.Person(p))
	}
	for _, l := range w.Layers {
		tn.set.Layers = append(tn.set.Layers, pipeline.Layer{Name: l.Name, Location: tn.repo(l.Repo), Local: l.Local, Branch: l.Branch})
	}
	for _, p := range w.Projects {
		tn.set.Projects = append(tn.set.Projects, pipeline.Project{
			Name: p.Name, Location: tn.repo(p.Repo), Branches: p.Branches, Staging: p.Staging, Recipes: p.Recipes,
		})
	}
	account := pipeline.Account{Name: "lists", Location: "imap.example.org:993"}
	for _, l := range w.Lists {
		tn.set.Lists = append(tn.set.Lists, pipeline.List{Name: l.Name, Address: l.Address, ID: l.ID, Projects: l.Projects})
		tn.set.Rules.Lists[l.Name] = change.ListRules{Fallback: l.Fallback}
		account.Mailboxes = append(account.Mailboxes, l.Mailbox())
		tn.boxes[l.Mailbox()] = slices.Clone(w.Mailboxes[l.Mailbox()])
	}
	tn.set.Accounts = []pipeline.Account{account}
	return tn
}

// repo is where a published repository is.
func (tn *town) repo(name string) string { return filepath.Join(tn.repos, name+".git") }

// git runs git in a published repository: what upstream does.
func (tn *town) git(repo string, args ...string) string {
	tn.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", tn.repo(repo)}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Edwin", "GIT_AUTHOR_EMAIL=edwin@example.org", "GIT_AUTHOR_DATE=2026-05-20T09:00:00Z",
		"GIT_COMMITTER_NAME=Edwin", "GIT_COMMITTER_EMAIL=edwin@example.org", "GIT_COMMITTER_DATE=2026-05-20T09:00:00Z")
	out, err := cmd.CombinedOutput()
	if err != nil {
		tn.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// commit puts a commit on a branch in which edit has changed the files of a
// work tree.
func (tn *town) commit(repo, branch, message string, edit func(dir string)) string {
	tn.t.Helper()
	dir := filepath.Join(tn.t.TempDir(), "work")
	tn.git(repo, "worktree", "add", "--quiet", "--force", dir, branch)
	edit(dir)
	tn.git(repo, "-C", dir, "add", "--all")
	tn.git(repo, "-C", dir, "commit", "--quiet", "--message="+message)
	hash := tn.git(repo, "rev-parse", branch)
	tn.git(repo, "worktree", "remove", "--force", dir)
	return hash
}

// edit replaces text in a file, which must be there.
func (tn *town) edit(file, old, text string) {
	tn.t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		tn.t.Fatal(err)
	}
	if !bytes.Contains(b, []byte(old)) {
		tn.t.Fatalf("%s has no %q", file, old)
	}
	if err := os.WriteFile(file, bytes.Replace(b, []byte(old), []byte(text), 1), 0o644); err != nil {
		tn.t.Fatal(err)
	}
}

// stages are all stages on a store.
func (tn *town) stages(db *store.DB) []pipeline.Stage {
	return []pipeline.Stage{
		pipeline.NewFetcher(db, db, tn.set).Stage(),
		pipeline.NewCollector(db, db, tn.dial, tn.set).Stage(),
		pipeline.NewScanner(db, db, tn.set).Stage(),
		pipeline.NewMover(pipeline.MoveStores{Recipes: db, Moves: db, Refs: db, Log: db}, tn.set).Stage(),
		pipeline.NewAssembler(db, tn.set).Stage(),
		pipeline.NewIndexer(db, db, db, tn.set).Stage(),
		pipeline.NewMatcher(pipeline.MatchStores{Matches: db, Patches: db, Aims: db, Nested: db, Twins: db, Changes: db, Refs: db, Sources: db, Mails: db}, tn.set).Stage(),
		pipeline.NewNamer(db, db, db, tn.set).Stage(),
		pipeline.NewRebaser(db, db, db, tn.set).Stage(),
		pipeline.NewJudger(pipeline.JudgeStores{News: db, Series: db, Facts: db, Files: db, Said: db, Truth: db, Status: db, Refs: db}, tn.set).Stage(),
	}
}

// pass makes one pass of every stage and returns what each did.
func (tn *town) pass(db *store.DB) (done map[string]string, problems []string) {
	tn.t.Helper()
	if err := db.SyncSources(tn.t.Context(), tn.sources()); err != nil {
		tn.t.Fatal(err)
	}
	done = map[string]string{}
	for _, st := range tn.stages(db) {
		rep, err := st.Run(tn.t.Context(), "")
		if err != nil {
			tn.t.Fatalf("%s: %v", st.Name, err)
		}
		if rep.Done != "" {
			done[st.Name] = rep.Done
		}
		problems = append(problems, rep.Problems...)
	}
	return done, problems
}

// sync makes a pass in which nothing may go wrong.
func (tn *town) sync(db *store.DB) map[string]string {
	tn.t.Helper()
	done, problems := tn.pass(db)
	if len(problems) > 0 {
		tn.t.Fatalf("problems:\n%s", strings.Join(problems, "\n"))
	}
	return done
}

func (tn *town) sources() []pipeline.Source {
	var all []pipeline.Source
	add := func(kind pipeline.SourceKind, name, location string) {
		all = append(all, pipeline.Source{Kind: kind, Name: name, Location: location, FromFile: true})
	}
	for _, l := range tn.set.Layers {
		add(pipeline.LayerSource, l.Name, l.Location)
	}
	for _, p := range tn.set.Projects {
		add(pipeline.ProjectSource, p.Name, p.Location)
	}
	for _, l := range tn.set.Lists {
		add(pipeline.ListSource, l.Name, l.Address)
	}
	for _, a := range tn.set.Accounts {
		add(pipeline.AccountSource, a.Name, a.Location)
	}
	return all
}

// dial is a [pipeline.Dial] that reads the town's mailboxes.
func (tn *town) dial(context.Context, string) (pipeline.MailAccount, error) {
	return &mailAccount{boxes: tn.boxes}, nil
}

type mailAccount struct {
	boxes map[string][][]byte
	open  [][]byte
}

func (a *mailAccount) Open(_ context.Context, mailbox string) (uidValidity, uidNext uint32, err error) {
	open, ok := a.boxes[mailbox]
	if !ok {
		return 0, 0, fmt.Errorf("no mailbox %s", mailbox)
	}
	a.open = open
	return 1, uint32(len(a.open)) + 1, nil
}

func (a *mailAccount) Expand(_ context.Context, names []string) ([]string, error) { return names, nil }

func (a *mailAccount) Fetch(_ context.Context, r pipeline.MailRange, f func(pipeline.MailBatch) error) error {
	const batch = 20
	for from := r.First; from <= r.Last; from += batch {
		b := pipeline.MailBatch{UpTo: min(r.Last, from+batch-1)}
		for uid := from; uid <= b.UpTo; uid++ {
			b.Mails = append(b.Mails, pipeline.RawMail{UID: uid, Bytes: a.open[uid-1]})
		}
		if err := f(b); err != nil {
			return err
		}
	}
	return nil
}

func (a *mailAccount) Close() error { return nil }

// dump is the logical dump; given tables, only their rows.
func dump(t *testing.T, db *store.DB, tables ...string) string {
	t.Helper()
	var all bytes.Buffer
	if err := db.Dump(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	if tables == nil {
		return all.String()
	}
	var kept strings.Builder
	for line := range strings.Lines(all.String()) {
		if slices.ContainsFunc(tables, func(name string) bool { return strings.Contains(line, `"table":"`+name+`"`) }) {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// standings are all judgements of changes, one a line: title, place, status,
// action and owner.
func standings(t *testing.T, db *store.DB, q store.ChangeQuery) []string {
	t.Helper()
	rows, _, err := db.FindChanges(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, r := range rows {
		owner, _, _ := strings.Cut(r.Owner, " ")
		lines = append(lines, strings.TrimRight(fmt.Sprintf("%-54s | %-22s | %-17s | %-11s | %s", r.Title, r.Place, r.Status, r.Action, owner), " |"))
	}
	slices.Sort(lines)
	return lines
}

// change finds the one change of ours with this title.
func findChange(t *testing.T, db *store.DB, title string) store.Change {
	t.Helper()
	rows, _, err := db.FindChanges(t.Context(), store.ChangeQuery{Text: title, All: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Title == title {
			c, err := db.Change(t.Context(), r.ID)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
	}
	t.Fatalf("no change %q", title)
	return store.Change{}
}

// at is how a change stands in a place, as "status, action".
func at(t *testing.T, db *store.DB, title, place string) string {
	t.Helper()
	for _, st := range findChange(t, db, title).Standings {
		if st.Place == place {
			return strings.TrimSuffix(string(st.Status)+", "+string(st.Action), ", ")
		}
	}
	return "nothing"
}

func reverse(mails [][]byte) { slices.Reverse(mails) }

// shuffle puts mails into another order, the same each time.
func shuffle(mails [][]byte) {
	r := rand.New(rand.NewPCG(1, 2))
	r.Shuffle(len(mails), func(i, j int) { mails[i], mails[j] = mails[j], mails[i] })
}

// writeMbox writes mails as an mbox with the line ends of Unix.
func writeMbox(t *testing.T, path string, mails [][]byte) {
	t.Helper()
	var b bytes.Buffer
	for _, m := range mails {
		b.WriteString("From someone@example.org Thu Jan  1 00:00:00 2026\n")
		text := strings.ReplaceAll(string(m), "\r\n", "\n")
		b.WriteString(strings.ReplaceAll(text, "\nFrom ", "\n>From "))
		b.WriteString("\n")
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
