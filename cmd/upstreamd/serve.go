package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/auth"
	"github.com/upstreamd/upstreamd/internal/job"
	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/web"
)

// stopTime is how long running stages may take to end when the daemon stops.
const stopTime = 10 * time.Second

// administrator is the name of the account that the first start makes.
const administrator = "admin"

func serveCommand() *cobra.Command {
	var verbose bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the dashboard and run the stages on a schedule",
		Long: `Serve shows the dashboard and runs every stage on a schedule, until it is
interrupted. On its first start it makes the account "admin" and prints a
one-time link to set its password; a lost password is set anew by the link that
"upstreamd account link" prints.`,
		Example: "  upstreamd serve\n  UPSTREAMD_SERVER_ADDRESS=:8080 upstreamd serve",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := commandConfig(cmd)
			if err != nil {
				return err
			}
			level := slog.LevelInfo
			if verbose {
				level = slog.LevelDebug
			}
			log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: level}))
			if err := c.prepareCache(); err != nil {
				return err
			}
			db, err := openStore(cmd.Context(), c, true)
			if err != nil {
				return err
			}
			defer db.Close()
			if err := greet(cmd.Context(), db, c, cmd.OutOrStdout()); err != nil {
				return err
			}
			return serve(cmd.Context(), db, c, log)
		},
	}
	addConfigFlag(cmd)
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "log every stage that runs")
	return cmd
}

// greet makes the first account, and prints a link for every account that has
// no password yet.
func greet(ctx context.Context, db *store.DB, c *config, stdout io.Writer) error {
	accounts, err := db.Accounts(ctx)
	if err != nil {
		return err
	}
	if len(accounts) == 0 {
		a, err := db.AddAccount(ctx, administrator, time.Now())
		if err != nil {
			return err
		}
		accounts = []store.Account{a}
	}
	fmt.Fprintf(stdout, "dashboard: %s\n", c.Server.BaseURL)
	for _, a := range accounts {
		if a.Password != "" {
			continue
		}
		link, err := loginLink(ctx, db, c, a)
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "set the password of %s, once, within %.0f hours: %s\n", a.Name, auth.LinkLife.Hours(), link)
	}
	return nil
}

// loginLink makes a one-time link to set the password of an account.
func loginLink(ctx context.Context, db *store.DB, c *config, a store.Account) (string, error) {
	token := auth.NewToken()
	err := db.AddLoginLink(ctx, a.ID, auth.HashToken(token), time.Now().Add(auth.LinkLife))
	return strings.TrimSuffix(c.Server.BaseURL, "/") + web.SetPasswordPath(token), err
}

// serve runs stages and dashboard until ctx is done.
func serve(ctx context.Context, db *store.DB, c *config, log *slog.Logger) error {
	sources, err := c.sources()
	if err != nil {
		return err
	}
	if err := db.SyncSources(ctx, sources); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Server.Address)
	if err != nil {
		return fmt.Errorf("%w\nanother address: [server] address in %s, or UPSTREAMD_SERVER_ADDRESS", err, c.path)
	}
	set := c.settings(nil)
	runner, err := job.Start(ctx, job.Config{
		SQLite: sqliteOf(db), Postgres: db.Pool(), Log: log, Tasks: tasks(stages(db, c, set), log),
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	site, err := web.New(webConfig(db, c, set, runner, log))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	log.Info("serve", "address", listener.Addr().String())
	for _, w := range c.warnings() {
		log.Warn("config", "warning", w)
	}
	watching, unwatch := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { c.watchMail(watching, runner, log) })
	err = site.Serve(ctx, listener)
	unwatch()
	watch.Wait()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if stopErr := runner.Stop(stop); stopErr != nil && !errors.Is(stopErr, context.DeadlineExceeded) && err == nil {
		err = stopErr
	}
	return err
}

// tasks are the stages as the queue runs them: one for each of their inputs.
func tasks(all []pipeline.Stage, log *slog.Logger) []job.Task {
	var list []job.Task
	for _, st := range all {
		inputs := st.Inputs
		if inputs == nil {
			inputs = []string{""}
		}
		for _, input := range inputs {
			list = append(list, job.Task{Stage: st.Name, Input: input, Every: st.Every, Run: func(ctx context.Context) (bool, error) {
				rep, err := st.Run(ctx, input)
				for _, p := range rep.Problems {
					log.Warn("stage", "stage", st.Name, "problem", p)
				}
				if rep.Done != "" {
					log.Info("stage", "stage", st.Name, "input", input, "done", rep.Done)
				}
				return rep.Done != "", err
			}})
		}
	}
	return list
}

// webConfig is what the pages are told.
func webConfig(db *store.DB, c *config, set pipeline.Settings, runner *job.Runner, log *slog.Logger) web.Config {
	look := viewer{db, set}
	conf := web.Config{
		Store: db, Sessions: db.Sessions(), Log: log,
		CommitDiff: look.commitDiff, PatchText: look.patchText, LayerFile: look.layerFile, FindCommit: look.findCommit, Pins: look.pins, Project: look.projectOf,
		TLS: strings.HasPrefix(c.Server.BaseURL, "https://"), Now: c.now,
		Nudge: func() {
			if err := errors.Join(runner.Nudge(context.Background(), "match"), runner.Nudge(context.Background(), "judge")); err != nil {
				log.Error("nudge", "error", err)
			}
		},
	}
	conf.Addresses = map[string]string{}
	for _, p := range c.Team.People {
		conf.People = append(conf.People, p.Name)
		for _, a := range p.Addresses {
			conf.Addresses[strings.ToLower(a)] = p.Name
		}
	}
	return conf
}
