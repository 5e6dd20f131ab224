package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/job"
)

// outside are the stages that ask the world; the others follow on news.
var outside = []string{"fetch", "collect"}

func nudgeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "nudge [stage...]",
		Short: "Have the daemon look for news now",
		Long: `Nudge makes stages of the running "upstreamd serve" due now, instead of when the
schedule says so: without arguments fetch and collect, which ask all repositories
and mailboxes. The other stages follow when these find something new. A hook of
a git server can call it after a push.`,
		Example: "  upstreamd nudge\n  upstreamd nudge fetch",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := commandConfig(cmd)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				args = outside
			}
			db, err := openStore(cmd.Context(), c, false)
			if err != nil {
				return err
			}
			defer db.Close()
			queue := job.Config{SQLite: sqliteOf(db), Postgres: db.Pool()}
			all := stages(db, c, c.settings(nil))
			var names []string
			for _, st := range all {
				names = append(names, st.Name)
			}
			for _, name := range args {
				if !slices.Contains(names, name) {
					return usagef("no stage %q, want one of: %s", name, strings.Join(names, ", "))
				}
			}
			queue.Tasks = tasks(all, nil)
			if err := job.Nudge(cmd.Context(), queue, args...); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "asked the daemon for: %s\n", strings.Join(args, ", "))
			return nil
		},
	}
	addConfigFlag(cmd)
	return cmd
}
