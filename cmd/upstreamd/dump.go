package main

import (
	"bufio"

	"github.com/spf13/cobra"
)

func dumpCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dump --logical",
		Short: "Print all that is known, in an order of its own",
		Long: `Dump prints the logical state of the database as JSON lines: all that is known,
without numbers of rows, times of checking, and who may log in. Two databases
that know the same print the same, in whatever order it reached them.`,
		Example: "  upstreamd dump --logical | sha256sum",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if logical, _ := cmd.Flags().GetBool("logical"); !logical {
				return usagef("dump: want --logical, the only form there is")
			}
			c, err := commandConfig(cmd)
			if err != nil {
				return err
			}
			db, err := openStore(cmd.Context(), c, false)
			if err != nil {
				return err
			}
			defer db.Close()
			w := bufio.NewWriter(cmd.OutOrStdout())
			if err := db.Dump(cmd.Context(), w); err != nil {
				return err
			}
			return w.Flush()
		},
	}
	addConfigFlag(cmd)
	cmd.Flags().Bool("logical", false, "the state, not the rows")
	return cmd
}
