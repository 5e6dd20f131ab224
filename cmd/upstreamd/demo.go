package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/auth"
	"github.com/upstreamd/upstreamd/internal/demo"
	"github.com/upstreamd/upstreamd/internal/store"
)

// A demoRun is one run of the demo.
type demoRun struct {
	dir     string // "" is a temporary one
	address string
	now     string // RFC 3339, "" is now
	once    bool
	stdout  io.Writer
	stderr  io.Writer
}

func demoCommand() *cobra.Command {
	var d demoRun
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the dashboard with a small world that is made up",
		Long: `Demo makes a small world: git repositories of two upstream projects and of some
layers, three mailing lists, and an IMAP server for them. Then it runs every
stage as "upstreamd sync" does, and serves the dashboard until it is interrupted.
Every name in that world is invented. Nothing outside of its directory is read
or written.`,
		Example: "  upstreamd demo\n  upstreamd demo --once --dir /tmp/world && upstreamd status --config /tmp/world/upstreamd.toml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d.stdout, d.stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
			return d.run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&d.dir, "dir", "", "empty directory for the world (default: a temporary one, removed at the end)")
	cmd.Flags().StringVar(&d.address, "address", "localhost:8480", "where the dashboard listens")
	cmd.Flags().BoolVar(&d.once, "once", false, "run the stages and stop, without a dashboard")
	cmd.Flags().StringVar(&d.now, "now", "", "the moment that the world is about, as 2026-05-20T09:30:00Z (default: now)")
	return cmd
}

// run makes the world, reads it, and shows it.
func (d *demoRun) run(ctx context.Context) error {
	clock, err := d.clock()
	if err != nil {
		return err
	}
	if err := d.checkAddress(); err != nil {
		return err
	}
	if d.dir == "" {
		if d.dir, err = os.MkdirTemp("", "upstreamd-demo-"); err != nil {
			return err
		}
		defer os.RemoveAll(d.dir)
	}
	w, err := demo.Build(ctx, d.dir, clock())
	if err != nil {
		return err
	}
	fmt.Fprintf(d.stdout, "A small world was made in %s:\n%s\n\n", d.dir, describeWorld(w))
	addr, ca, stop, err := w.ServeIMAP(ctx)
	if err != nil {
		return err
	}
	defer stop()
	path, err := writeDemoConfig(w, d, addr, ca)
	if err != nil {
		return err
	}
	c, err := loadConfig(path)
	if err != nil {
		return err
	}
	c.now = clock
	return d.show(ctx, c)
}

// show runs every stage and serves the dashboard.
func (d *demoRun) show(ctx context.Context, c *config) error {
	db, err := openStore(ctx, c, true)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := syncOnce(ctx, db, c, d.stdout, d.stderr); err != nil {
		return err
	}
	password, err := demoAccount(ctx, db)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.stdout, "\nlog in as:    %s\npassword:     %s\n", administrator, password)
	if d.once {
		fmt.Fprintf(d.stdout, "what to do:   upstreamd status --config %s\n", c.path)
		return nil
	}
	fmt.Fprintf(d.stdout, "dashboard:    %s\n\nStop it with Ctrl-C.\n", c.Server.BaseURL)
	return serve(ctx, db, c, slog.New(slog.NewTextHandler(d.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
}

// clock is what the stages take for now. It goes on from the moment asked for.
func (d *demoRun) clock() (func() time.Time, error) {
	if d.now == "" {
		return time.Now, nil
	}
	begin, err := time.Parse(time.RFC3339, d.now)
	if err != nil {
		return nil, usagef("--now: %q is no moment such as 2026-05-20T09:30:00Z", d.now)
	}
	started := time.Now()
	return func() time.Time { return begin.Add(time.Since(started)) }, nil
}

// checkAddress says at once, not after all stages, that something else
// listens there.
func (d *demoRun) checkAddress() error {
	if d.once {
		return nil
	}
	l, err := net.Listen("tcp", d.address)
	if err != nil {
		return fmt.Errorf("%w\nanother address: upstreamd demo --address localhost:8481", err)
	}
	return l.Close()
}

// reachable is a listening address as this machine's browser can use it.
func reachable(address string) string {
	if host, port, err := net.SplitHostPort(address); err == nil && (host == "" || host == "0.0.0.0" || host == "::") {
		return net.JoinHostPort("localhost", port)
	}
	return address
}

func describeWorld(w *demo.World) string {
	var projects, layers, lists []string
	mails := 0
	for _, p := range w.Projects {
		projects = append(projects, p.Name)
	}
	for _, l := range w.Layers {
		name := l.Name
		if l.Local {
			name += " (ours)"
		}
		layers = append(layers, name)
	}
	for _, l := range w.Lists {
		lists = append(lists, l.Name)
		mails += len(w.Mailboxes[l.Mailbox()])
	}
	return fmt.Sprintf("  projects  %s\n  layers    %s\n  lists     %s; %d mails",
		strings.Join(projects, ", "), strings.Join(layers, ", "), strings.Join(lists, ", "), mails)
}

// demoAccount makes the administrator with a password.
func demoAccount(ctx context.Context, db *store.DB) (password string, err error) {
	a, err := db.AddAccount(ctx, administrator, time.Now())
	if err != nil {
		return "", err
	}
	password = strings.ToLower(rand.Text()[:16])
	hash, err := auth.Hash(ctx, password)
	if err != nil {
		return "", err
	}
	return password, db.SetPassword(ctx, a.ID, hash)
}

// writeDemoConfig writes the upstreamd.toml that reads the world, and the
// password of its IMAP account.
func writeDemoConfig(w *demo.World, d *demoRun, imapAddress, ca string) (path string, err error) {
	host, port, err := net.SplitHostPort(imapAddress)
	if err != nil {
		return "", err
	}
	account := accountConfig{Name: "lists", Host: host, TLS: "tls", CAFile: ca, Auth: "plain", User: demo.IMAPUser, SecretFile: "imap-password"}
	if account.Port, err = strconv.Atoi(port); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(d.dir, account.SecretFile), []byte(demo.IMAPPassword+"\n"), 0o600); err != nil {
		return "", err
	}
	c := config{
		Server:   serverConfig{Address: d.address, BaseURL: "http://" + reachable(d.address)},
		Database: databaseConfig{Path: "state/upstreamd.db"},
		Cache:    cacheConfig{Dir: "state/cache"},
		Team:     teamConfig{PatienceDays: 21, PendingDays: 365, PlanTo: w.PlanTo},
	}
	for _, p := range w.Team {
		c.Team.People = append(c.Team.People, personConfig(p))
	}
	for _, l := range w.Layers {
		role := "upstream"
		if l.Local {
			role = "local"
		}
		c.Layers = append(c.Layers, layerConfig{Name: l.Name, Location: w.Repos[l.Repo], Branch: l.Branch, Role: role})
	}
	for _, p := range w.Projects {
		c.Projects = append(c.Projects, projectConfig{
			Name: p.Name, Location: w.Repos[p.Repo], Branches: p.Branches, Staging: p.Staging, Recipes: p.Recipes,
		})
	}
	for _, l := range w.Lists {
		c.Lists = append(c.Lists, listConfig{Name: l.Name, Address: l.Address, ID: l.ID, Projects: l.Projects, Fallback: l.Fallback})
		account.Mailboxes = append(account.Mailboxes, l.Mailbox())
	}
	c.Accounts = []accountConfig{account}
	b, err := toml.Marshal(c)
	if err != nil {
		return "", err
	}
	path = filepath.Join(d.dir, "upstreamd.toml")
	return path, os.WriteFile(path, b, 0o644)
}
