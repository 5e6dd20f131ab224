package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/term"
)

func syncCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Run every stage once: fetch, read, match, judge",
		Long: `Sync runs every stage once, in the foreground, and says what each found. What
was found before is not done again: a second run is quick. A source that cannot
be read is named, and the others go on; the exit code is then 1.`,
		Example: "  upstreamd sync\n  upstreamd sync --config /etc/upstreamd/upstreamd.toml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := commandConfig(cmd)
			if err != nil {
				return err
			}
			if err := c.prepareCache(); err != nil {
				return err
			}
			db, err := openStore(cmd.Context(), c, true)
			if err != nil {
				return err
			}
			defer db.Close()
			problems, err := syncOnce(cmd.Context(), db, c, cmd.OutOrStdout(), cmd.ErrOrStderr())
			if err == nil && problems > 0 {
				err = withCode(exitFailure, nil)
			}
			return err
		},
	}
	addConfigFlag(cmd)
	return cmd
}

// syncOnce makes one pass of every stage and returns how many problems there
// were with sources.
func syncOnce(ctx context.Context, db *store.DB, c *config, stdout, stderr io.Writer) (problems int, err error) {
	sources, err := c.sources()
	if err != nil {
		return 0, err
	}
	if err := db.SyncSources(ctx, sources); err != nil {
		return 0, err
	}
	c.warn(stderr)
	bar := newBar(stderr)
	defer bar.clear()
	begun := time.Now()
	for _, st := range stages(db, c, c.settings(bar.report)) {
		stageBegun := time.Now()
		rep, err := st.Run(ctx, "")
		bar.clear()
		if err != nil {
			return problems, fmt.Errorf("%s: %w", st.Name, err)
		}
		printReport(stdout, stderr, st, rep, time.Since(stageBegun))
		problems += len(rep.Problems)
	}
	fmt.Fprintf(stdout, "done in %s\n", round(time.Since(begun)))
	return problems, nil
}

func printReport(stdout, stderr io.Writer, st pipeline.Stage, rep pipeline.Report, took time.Duration) {
	done := rep.Done
	if done == "" {
		done = "nothing new"
	}
	fmt.Fprintf(stdout, "%-9s %-60s %8s\n", st.Name, done, round(took))
	for _, p := range rep.Problems {
		fmt.Fprintf(stderr, "  %s: %s\n", st.Name, term.Safe(p))
	}
}

func round(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}
