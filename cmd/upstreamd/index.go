package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

// indexLine is what index prints of one repository.
type indexLine struct {
	Repo    string  `json:"repo"`
	Commits int     `json:"commits"` // with a diff
	Lines   int     `json:"changed_lines"`
	Keys    int     `json:"different_lines"`
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
}

func indexCommand() *cobra.Command {
	var o struct {
		repo, rev, index string
		json             bool
	}
	cmd := &cobra.Command{
		Use:   "index --repo DIR [--rev REV] [--index DIR]",
		Short: "Build or update the commit index of a repository",
		Long: `Index builds or updates the index in which match looks for commits, and prints
its size and how long it took. Match does so by itself; index is for a job at
night, or a machine that shares its indexes. With --rev it also checks that the
index covers that revision.

An index is a cache: it may be deleted at any time, and one that is damaged or
of another version is built anew.`,
		Example: `  upstreamd index --repo zlib.git
  upstreamd index --repo zlib.bundle --index /var/cache/indexes --json
  upstreamd index --repo zlib.git --rev v1.3 && upstreamd match --repo zlib.git --rev v1.3 0001-fix.patch`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.repo == "" {
				return usagef("index: want --repo")
			}
			show := newBar(cmd.ErrOrStderr())
			defer show.clear()
			repos, err := newMatchRepos(o.index, false, show.report)
			if err != nil {
				return err
			}
			repos.warn = func(text string) { show.clear(); fmt.Fprintln(cmd.ErrOrStderr(), "upstreamd: "+text) }
			start := time.Now()
			repo, err := repos.open(cmd.Context(), o.repo)
			if err != nil {
				return notFound(err)
			}
			if o.rev != "" {
				if _, err := repo.view(cmd.Context(), o.rev); err != nil {
					return notFound(err)
				}
			}
			show.clear()
			took := time.Since(start).Seconds()
			s := repo.index.Stats()
			if o.json {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(indexLine{o.repo, s.Commits, s.Lines, s.Keys, s.Bytes, took})
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %d commits, %d changed lines, %d different lines; %d bytes (%.1f a changed line); %.2f s (%.0f commits a second)\n",
				cell(o.repo), s.Commits, s.Lines, s.Keys, s.Bytes, float64(s.Bytes)/max(float64(s.Lines), 1), took, float64(s.Commits)/max(took, 1e-3))
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.repo, "repo", "", "repository to index")
	f.StringVar(&o.rev, "rev", "", "revision that must be covered")
	f.StringVar(&o.index, "index", "", "directory of the commit indexes (default in the cache directory)")
	f.BoolVar(&o.json, "json", false, "print a JSON line")
	return cmd
}
