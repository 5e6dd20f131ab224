package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/mailing"
	"github.com/upstreamd/upstreamd/internal/mailing/publicinbox"
	"github.com/upstreamd/upstreamd/internal/series"
	"github.com/upstreamd/upstreamd/internal/term"
)

func assembleCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "assemble [--json] MBOX[.gz]|MAILDIR|PUBLIC-INBOX-GIT|FILE...",
		Short: "Put list mail together to series",
		Long: `Assemble reads list mail and says which mails are one posted series, which
postings are versions of one another, what replies are about and which review
trailers they give.

It reads mbox files (plain or gzip), maildirs, single mails, all of these below
other directories, and the git repositories of public-inbox. It prints the
newest posting of every series and how its review goes by the mails alone. With
--json it prints a line for every mail read, and a line for every series: its
versions, its state with the reason, series of others that seem to go on with
it, and those that bring the same change to other branches.`,
		Example: `  upstreamd assemble list.mbox.gz
  upstreamd assemble ~/Mail/lists/zlib-devel
  upstreamd assemble --json list.mbox | jq -r 'select(.versions) | .title'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("assemble: want mail to read: an mbox, a maildir, a public-inbox repository or a file")
			}
			return runAssemble(cmd.Context(), args, asJSON, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON lines")
	return cmd
}

// mailLine is one mail in the output.
type mailLine struct {
	MessageID string        `json:"message_id,omitempty"`
	Kind      series.Kind   `json:"kind,omitempty"`
	SeriesKey string        `json:"series_key,omitempty"`
	Version   int           `json:"version,omitempty"`
	Index     *int          `json:"index,omitempty"`
	Total     int           `json:"total,omitempty"`
	Target    string        `json:"target,omitempty"`
	Trailers  []trailerLine `json:"trailers"`
	Action    string        `json:"action,omitempty"`
	Problems  []string      `json:"problems,omitempty"`
	Where     string        `json:"where,omitempty"`
	Error     string        `json:"error,omitempty"`
}

type trailerLine struct {
	Kind   string `json:"kind"`
	Email  string `json:"email"`
	Name   string `json:"name"`
	Target string `json:"target"`
}

// groupLine is one series in the output.
type groupLine struct {
	SeriesKey   string   `json:"series_key"`
	Versions    []string `json:"versions"`
	Title       string   `json:"title"`
	Branch      string   `json:"branch"`
	List        string   `json:"list"`
	TakenOverBy []string `json:"taken_over_by,omitempty"`
	Siblings    []string `json:"siblings,omitempty"`
	State       string   `json:"state"`  // how the review goes, by the mails alone
	Reason      string   `json:"reason"` // why, in words
}

// An assembled is what all mails come to, and how each series goes.
type assembled struct {
	series.Result
	states map[string]series.Judgement // by series key
}

// readMail is what assemble keeps of a mail beside what series needs.
type readMail struct {
	where    string
	id       string
	problems []string
	cut      bool // too big to read
}

func runAssemble(ctx context.Context, paths []string, asJSON bool, stdout, stderr io.Writer) error {
	var mails []series.Mail
	var read []readMail
	var failed []mailLine
	bar := newBar(stderr)
	for _, path := range paths {
		err := readPath(ctx, path, func(raw []byte, where string) error {
			m := mailing.Parse(raw)
			mails = append(mails, series.NewMail(m))
			read = append(read, readMail{where, m.MessageID, m.Problems, len(raw) > mailing.MaxRaw})
			bar.report("read "+path, len(read), 0)
			return ctx.Err()
		})
		bar.clear()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, err := range each(err) {
			failed = append(failed, mailLine{Trailers: []trailerLine{}, Where: path, Error: err.Error()})
			fmt.Fprintln(stderr, "upstreamd:", term.Safe(err.Error()))
		}
	}
	result := assembled{Result: series.Assemble(mails)}
	result.states = series.States(result.Result, mails)
	var err error
	if asJSON {
		err = printAssembly(stdout, result, read, failed)
	} else if len(read) > 0 || len(failed) == 0 {
		err = printSeries(stdout, result)
	}
	if err == nil && len(failed) > 0 {
		err = withCode(exitFailure, nil)
	}
	return err
}

// readPath hands out the mails at a path, also those of a public-inbox
// repository but for what it took back.
func readPath(ctx context.Context, path string, f func(raw []byte, where string) error) error {
	if !mailing.IsGit(path) {
		return mailing.Read(path, f)
	}
	in, err := publicinbox.Open(ctx, path)
	if err != nil {
		return err
	}
	removed := map[[sha256.Size]byte]bool{}
	err = in.Read(ctx, nil, func(m publicinbox.Mail) error {
		removed[sha256.Sum256(m.Raw)] = m.Removed // the last word counts
		return nil
	})
	if err != nil {
		return err
	}
	return in.Read(ctx, nil, func(m publicinbox.Mail) error {
		if m.Removed || removed[sha256.Sum256(m.Raw)] {
			return nil
		}
		return f(m.Raw, path+" "+m.Epoch)
	})
}

// printAssembly prints a line for each mail read, in the order of reading,
// then a line for each series.
func printAssembly(w io.Writer, r assembled, read []readMail, failed []mailLine) error {
	placed := map[string]*series.Placed{}
	for i := range r.Mails {
		placed[r.Mails[i].MessageID] = &r.Mails[i]
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for _, m := range read {
		line := placedLine(placed[m.id])
		line.Where, line.Problems = m.where, m.problems
		if m.cut {
			line.Error = "too big: only the header was read"
		}
		if err := out.Encode(line); err != nil {
			return err
		}
	}
	for _, line := range failed {
		if err := out.Encode(line); err != nil {
			return err
		}
	}
	for _, s := range r.Series {
		if err := out.Encode(groupLine{s.Key, s.Postings, s.Title, s.Branch, s.List, s.TakenOverBy, s.Siblings, string(r.states[s.Key].State), r.states[s.Key].Reason}); err != nil {
			return err
		}
	}
	return nil
}

func placedLine(p *series.Placed) mailLine {
	line := mailLine{
		Trailers: []trailerLine{}, MessageID: p.MessageID, Kind: p.Kind, SeriesKey: p.Posting,
		Version: p.Version, Total: p.Total, Target: p.Target, Action: string(p.Action),
	}
	if p.Posting != "" {
		line.Index = &p.Index
	} else if p.Kind == series.Reply && line.Action == "" {
		line.Action = "other"
	}
	for _, t := range p.Trailers {
		line.Trailers = append(line.Trailers, trailerLine{t.Kind, t.Person.Email, t.Person.Name, t.Target})
	}
	return line
}

// printSeries prints the series as a table, oldest first.
func printSeries(w io.Writer, r assembled) error {
	postings := map[string]*series.Posting{}
	for i := range r.Postings {
		postings[r.Postings[i].Key] = &r.Postings[i]
	}
	t := table{limits: []int{10, 7, 7, 17, 20}}
	t.row("POSTED", "VERSION", "PATCHES", "STATE", "AUTHOR", "TITLE")
	for _, s := range r.Series {
		last := postings[s.Postings[len(s.Postings)-1]]
		title := s.Title
		if s.Branch != "" {
			title = "[" + s.Branch + "] " + title
		}
		if last.Flaw != "" {
			title += " (" + last.Flaw + ")"
		}
		date := "unknown"
		if !last.Date.IsZero() {
			date = last.Date.UTC().Format("2006-01-02")
		}
		author := last.Author.Name
		if author == "" {
			author = last.Author.Email
		}
		t.row(date, fmt.Sprintf("v%d", last.Version), fmt.Sprintf("%d/%d", len(last.Parts), last.Total), string(r.states[s.Key].State), author, title)
	}
	if err := t.flush(w); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d mails, %d postings, %d series\n", len(r.Mails), len(r.Postings), len(r.Series))
	return err
}
