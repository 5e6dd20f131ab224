package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/term"
)

func statusCommand() *cobra.Command {
	var owner string
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what needs doing",
		Long: `Status says what needs doing, most urgent first, and how things stand, as of the
last sync. The exit code is 4 when something needs doing, and 0 when nothing does.`,
		Example: "  upstreamd status\n  upstreamd status --owner Ann --limit 0\n  upstreamd status --json | jq .title",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := commandConfig(cmd)
			if err != nil {
				return err
			}
			db, err := openStore(cmd.Context(), c, false)
			if err != nil {
				return err
			}
			defer db.Close()
			if limit < 0 {
				return usagef("status: --limit wants a number from 0 on; 0 is all")
			}
			rows, total, err := db.Todo(cmd.Context(), owner, limit)
			if err != nil {
				return err
			}
			if asJSON {
				err = printTodoJSON(cmd.OutOrStdout(), rows)
			} else {
				var o store.Overview
				if o, err = db.Overview(cmd.Context()); err == nil {
					err = printStatus(cmd.OutOrStdout(), o, rows, total)
				}
			}
			if err == nil && total > 0 {
				err = withCode(exitAttention, nil)
			}
			return err
		},
	}
	addConfigFlag(cmd)
	cmd.Flags().StringVar(&owner, "owner", "", "only what this person has to do")
	cmd.Flags().IntVar(&limit, "limit", 20, "at most so many; 0 is all")
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line for each thing to do")
	return cmd
}

// printStatus prints what is to be done, then how things stand.
func printStatus(w io.Writer, o store.Overview, rows []store.ChangeRow, total int) error {
	if o.Mails == 0 && o.Recipes == 0 {
		fmt.Fprintln(w, "Nothing is known yet. Run: upstreamd sync")
		return printTrouble(w, o)
	}
	if total == 0 {
		fmt.Fprintln(w, "Nothing needs doing.")
	}
	for i, r := range rows {
		if i == 0 || rows[i-1].Action != r.Action {
			fmt.Fprintf(w, "%s\n", strings.ToUpper(string(r.Action)))
		}
		printTodo(w, r)
	}
	if total > len(rows) {
		fmt.Fprintf(w, "and %d more: upstreamd status --limit 0\n", total-len(rows))
	}
	var ours []string
	for _, s := range change.Statuses() {
		if n := o.Statuses[s]; n > 0 {
			ours = append(ours, fmt.Sprintf("%d %s", n, s))
		}
	}
	fmt.Fprint(w, "\n", wrapped([]string{fmt.Sprintf("Ours, %d: %s", o.Ours, strings.Join(ours, ", "))}, ""))
	known := fmt.Sprintf("Known: %d mails, %d series, %d recipes, %d carried patches, %d duplicates; %d of %d posted patches are merged",
		o.Mails, o.Series, o.Recipes, o.Carried, o.Duplicates, o.MergedPatches, o.Patches)
	fmt.Fprint(w, wrapped([]string{known}, ""))
	return printTrouble(w, o)
}

// printTodo prints one thing to do in lines that fit a terminal: what, where
// and whose, why.
func printTodo(w io.Writer, r store.ChangeRow) {
	what := r.Title
	if r.Recipe != "" && !strings.HasPrefix(r.Title, r.Recipe+":") {
		what = r.Recipe + ": " + r.Title
	}
	owner := r.Owner
	if owner == "" {
		owner = "nobody's"
	}
	where := []string{r.Place, owner}
	if !r.Since.IsZero() {
		where = append(where, "since "+date(r.Since))
	}
	fmt.Fprintf(w, "  %s\n", cut(what, 78))
	fmt.Fprint(w, wrapped(where, "    "), wrapped([]string{cut(r.Why, 300)}, "    "))
}

// printTrouble prints the sources whose last try went wrong.
func printTrouble(w io.Writer, o store.Overview) error {
	for _, s := range o.Failing {
		if _, err := fmt.Fprintf(w, "Trouble: %s %s: %s\n", s.Kind, term.Safe(s.Name), term.Safe(s.LastError)); err != nil {
			return err
		}
	}
	return nil
}

// printTodoJSON prints the rows with stable field names.
func printTodoJSON(w io.Writer, rows []store.ChangeRow) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, r := range rows {
		err := enc.Encode(struct {
			Change int64  `json:"change"`
			Title  string `json:"title"`
			Place  string `json:"place"`
			Recipe string `json:"recipe"`
			Status string `json:"status"`
			Reason string `json:"reason"`
			Action string `json:"action"`
			Why    string `json:"why"`
			Owner  string `json:"owner"`
			Since  string `json:"since"`
		}{r.ID, r.Title, r.Place, r.Recipe, string(r.Status), r.Reason, string(r.Action), r.Why, r.Owner, date(r.Since)})
		if err != nil {
			return err
		}
	}
	return nil
}

// cut makes text safe for a terminal and at most n characters long.
func cut(s string, n int) string {
	r := []rune(term.Safe(s))
	if len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return string(r)
}

// date is a day, or "" where it is not known.
func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}
