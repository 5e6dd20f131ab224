package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func accountCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "account", Short: "Who may log in to the dashboard"}
	link := &cobra.Command{
		Use:   "link [NAME]",
		Short: "Print a one-time link to set an account's password",
		Long: `Link prints a link with which the password of an account (default: admin) can be
set once. It is for a password that was lost; all sessions of the account end
when the new one is set.`,
		Example: "  upstreamd account link\n  upstreamd account link ann --config /etc/upstreamd/upstreamd.toml",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := commandConfig(cmd)
			if err != nil {
				return err
			}
			db, err := openStore(cmd.Context(), c, false)
			if err != nil {
				return err
			}
			defer db.Close()
			name := administrator
			if len(args) == 1 {
				name = args[0]
			}
			a, err := db.Account(cmd.Context(), name)
			if err != nil {
				return withCode(exitNotFound, fmt.Errorf("%w\nupstreamd serve makes the account %s on its first start", err, administrator))
			}
			url, err := loginLink(cmd.Context(), db, c, a)
			if err == nil {
				fmt.Fprintln(cmd.OutOrStdout(), url)
			}
			return err
		},
	}
	addConfigFlag(link)
	cmd.AddCommand(link)
	return cmd
}
