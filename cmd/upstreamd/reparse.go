package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/pipeline"
)

func reparseCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reparse",
		Short: "Read all stored mails again",
		Long: `Reparse makes anew all that was made of mails: what each says, postings, series,
trailers, and the index for searches. The mails themselves, and what people
decided, stay as they are. The result is what a fresh import would give; it is
needed when something is wrong, as a new version reads mails anew by itself.

It can be interrupted: the next sync reads the rest.`,
		Example: "  upstreamd reparse && upstreamd sync",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := commandConfig(cmd)
			if err != nil {
				return err
			}
			db, err := openStore(cmd.Context(), c, true)
			if err != nil {
				return err
			}
			defer db.Close()
			n, err := pipeline.NewAssembler(db, c.settings(nil)).Reread(cmd.Context())
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d mails to read again\n", n)
			b := newBar(cmd.ErrOrStderr())
			defer b.clear()
			return readStored(cmd.Context(), db, c, b, cmd.OutOrStdout())
		},
	}
	addConfigFlag(cmd)
	return cmd
}
