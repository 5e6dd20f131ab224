package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/pipeline"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/term"
)

func importCommand() *cobra.Command {
	var list string
	var storeOnly bool
	cmd := &cobra.Command{
		Use:   "import [--list NAME] MBOX[.gz]|MAILDIR|PUBLIC-INBOX-GIT|FILE...",
		Short: "Load archives of mail into the database",
		Long: `Import loads years of list mail, so that what was sent before is known when new
mail comes over IMAP. It reads mbox files (plain or gzip), maildirs, single
mails, all of these below other directories, and the git repositories of
public-inbox, v1 and v2.

Every mail is stored as it is before it is read. What was imported before is
passed over, and an import that was interrupted goes on where it was when it is
run again. A mail that came another way already is the same mail, come twice.
With --list, mails that do not say their list are filed under that one.`,
		Example: `  upstreamd import --list oe-core oe-core-2015.mbox.gz
  git clone --mirror https://lore.kernel.org/linux-ext4/0 linux-ext4/git/0.git
  upstreamd import linux-ext4`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("import: want mail to load: an mbox, a maildir, a public-inbox repository or a file")
			}
			c, err := commandConfig(cmd)
			if err != nil {
				return err
			}
			if list != "" && !slices.ContainsFunc(c.Lists, func(l listConfig) bool { return l.Name == list }) {
				return usagef("import: there is no [[lists]] %q in %s", list, c.path)
			}
			db, err := openStore(cmd.Context(), c, true)
			if err != nil {
				return err
			}
			defer db.Close()
			im := importer{db: db, c: c, stdout: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr(), source: firstOf(list, pipeline.ImportSource)}
			return im.run(cmd.Context(), args, !storeOnly)
		},
	}
	addConfigFlag(cmd)
	cmd.Flags().StringVar(&list, "list", "", "name of the configured list that the mails are of")
	cmd.Flags().BoolVar(&storeOnly, "store-only", false, "only store them: the next sync reads them")
	return cmd
}

// An importer is one run of the command.
type importer struct {
	db             *store.DB
	c              *config
	source         string
	stdout, stderr io.Writer
	bar            *bar
}

// run stores the mails at all paths, then reads them and puts them together.
// A path that cannot be read hinders no other.
func (im *importer) run(ctx context.Context, paths []string, read bool) error {
	im.bar = newBar(im.stderr)
	defer im.bar.clear()
	sources, err := im.c.sources()
	if err == nil {
		err = im.db.SyncSources(ctx, sources)
	}
	if err != nil {
		return err
	}
	problems := 0
	for _, path := range paths {
		n, err := im.load(ctx, path)
		if err != nil {
			return err
		}
		problems += n
	}
	if read {
		if err := readStored(ctx, im.db, im.c, im.bar, im.stdout); err != nil {
			return err
		}
	}
	if problems > 0 {
		return withCode(exitFailure, nil)
	}
	return nil
}

// load stores the mails at one path and returns how many things there could
// not be read.
func (im *importer) load(ctx context.Context, path string) (problems int, err error) {
	abs, err := filepath.Abs(path) // what tells mails of two imports apart
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	loaded, err := pipeline.NewLoader(im.db, im.bar.report).Load(ctx, im.source, abs)
	im.bar.clear()
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	fmt.Fprintf(im.stdout, "%s: %d mails read, %d new, in %s\n", term.Safe(path), loaded.Read, loaded.Added, paced(loaded.Read, time.Since(begun)))
	for _, err := range each(err) {
		problems++
		fmt.Fprintf(im.stderr, "  %s\n", term.Safe(err.Error()))
	}
	return problems, nil
}

// paced is how long a work took, and how many of it that is a second.
func paced(n int, took time.Duration) string {
	if n == 0 || took < time.Second {
		return round(took).String()
	}
	return fmt.Sprintf("%s (%.0f/s)", round(took), float64(n)/took.Seconds())
}

// readStored makes messages, postings and series of the mails that wait to be
// read, and says which of them cannot be.
func readStored(ctx context.Context, db *store.DB, c *config, b *bar, stdout io.Writer) error {
	const shown = 10
	_, before, err := db.QuarantinedMails(ctx, 1)
	if err != nil {
		return err
	}
	waiting, err := db.Unread(ctx)
	if err != nil {
		return err
	}
	begun := time.Now()
	rep, err := pipeline.NewAssembler(db, c.settings(b.report)).Stage().Run(ctx, "")
	b.clear()
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s, in %s\n", firstOf(rep.Done, "nothing new"), paced(waiting, time.Since(begun)))
	mails, after, err := db.QuarantinedMails(ctx, shown)
	if err != nil || after <= before {
		return err
	}
	fmt.Fprintf(stdout, "%d mails cannot be read; they are kept, with the reason:\n", after-before)
	for _, m := range mails[:min(len(mails), after-before)] {
		fmt.Fprintf(stdout, "  %s: %s\n", term.Safe(m.MessageID), term.Safe(m.Reason))
	}
	if more := after - before - shown; more > 0 {
		fmt.Fprintf(stdout, "  and %d more\n", more)
	}
	return nil
}

// each is the errors that were joined to err.
func each(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, each(e)...)
		}
		return all
	}
	if err == nil {
		return nil
	}
	return []error{err}
}
