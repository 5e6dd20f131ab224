package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// indexLine is what index prints of one repository.
type indexLine struct {
	Repo     string  `json:"repo"`
	Commits  int     `json:"commits"` // with a diff
	Lines    int     `json:"changed_lines"`
	Keys     int     `json:"different_lines"`
	Merges   int     `json:"merges"`       // of the commits: merges that change something themselves
	Cut      int     `json:"commits_cut"`  // lines were left out, as there were too many
	Lost     int     `json:"commits_lost"` // lines are missing, as objects are
	Bytes    int64   `json:"bytes"`
	Segments int     `json:"segments"`
	Added    int     `json:"added"` // commits read in this run
	Seconds  float64 `json:"seconds"`
}

// text is the line for people.
func (l indexLine) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d commits, %d changed lines, %d different lines\n", cell(l.Repo), l.Commits, l.Lines, l.Keys)
	fmt.Fprintf(&b, "  size: %d bytes, %.1f for each changed line; segments: %d\n", l.Bytes, float64(l.Bytes)/max(float64(l.Lines), 1), l.Segments)
	if l.Added > 0 {
		fmt.Fprintf(&b, "  read now: %d commits in %.2f s, %.0f a second\n", l.Added, l.Seconds, float64(l.Added)/max(l.Seconds, 1e-3))
	} else {
		fmt.Fprintf(&b, "  nothing new, found in %.2f s\n", l.Seconds)
	}
	if l.Cut > 0 {
		fmt.Fprintf(&b, "  commits of which only the first 60,000 lines or 8 MiB were read: %d\n", l.Cut)
	}
	if l.Lost > 0 {
		fmt.Fprintf(&b, "  commits without lines, because the repository lacks some of their objects: %d\n", l.Lost)
	}
	return b.String()
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
its size and rate. Match does so by itself; index is for a job at
night, or a machine that shares its indexes. With --rev it also checks that the
index covers that revision.

Of a commit of more than 60,000 lines or 8 MiB the rest is left out, and of one
whose objects the repository lacks there are no lines; it says of how many.
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
			line := indexLine{o.repo, s.Commits, s.Lines, s.Keys, s.Merges, s.Cut, s.Lost, s.Bytes, s.Segments, s.Added, took}
			if o.json {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(line)
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), line.text())
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
