package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
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
its size and how long it took. With --rev it also checks that the index covers
that revision.`,
		Example: "  upstreamd index --repo zlib.git\n  upstreamd index --repo zlib.bundle --index /var/cache/indexes --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.repo == "" {
				return usagef("index: want --repo")
			}
			cache, err := os.UserCacheDir()
			if err != nil {
				return err
			}
			show := newBar(cmd.ErrOrStderr())
			defer show.clear()
			repos := &matchRepos{cache: filepath.Join(cache, "upstreamd"), index: o.index, progress: show.report}
			start := time.Now()
			x, err := repos.openIndex(cmd.Context(), o.repo)
			if err != nil {
				return notFound(err)
			}
			if o.rev != "" {
				if _, err := x.Within(cmd.Context(), o.rev); err != nil {
					return notFound(err)
				}
			}
			show.clear()
			took := time.Since(start).Seconds()
			s := x.Stats()
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
