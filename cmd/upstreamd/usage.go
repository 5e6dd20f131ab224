package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
)

// strict makes every command of a tree answer a wrong call with a usage error:
// cobra shows the help of a group for a subcommand that does not exist, and
// succeeds.
func strict(cmd *cobra.Command) {
	if cmd.HasSubCommands() {
		if cmd.Args == nil || cmd.Args(cmd, []string{"x"}) != nil { // match takes files besides
			cmd.Args = onlySubcommands
		}
		if cmd.RunE == nil && cmd.Run == nil {
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	} else if cmd.Name() == "help" {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return onlySubcommands(about, rest)
			}
			return nil
		}
	} else if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error { return wrongArgs(cmd, args, check(cmd, args)) }
	}
	for _, sub := range cmd.Commands() {
		strict(sub)
	}
}

// onlySubcommands refuses what is no subcommand, and says which was meant.
func onlySubcommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "see: " + cmd.CommandPath() + " --help"
	if cmd.SuggestionsMinimumDistance == 0 {
		cmd.SuggestionsMinimumDistance = 2
	}
	if like := cmd.SuggestionsFor(args[0]); len(like) > 0 {
		hint = "is it " + strings.Join(like, " or ") + "? " + hint
	}
	where := ""
	if cmd.HasParent() {
		where = cmd.Name() + ": "
	}
	return usagef("%sthere is no command %q\n%s", where, args[0], hint)
}

// wrongArgs words what cobra says of the arguments of a command.
func wrongArgs(cmd *cobra.Command, args []string, err error) error {
	var coded *exitError
	switch {
	case err == nil || errors.As(err, &coded):
		return err
	case strings.HasPrefix(err.Error(), "unknown command"):
		return usagef("%s: takes no arguments, got %q\nsee: %s --help", cmd.Name(), args[0], cmd.CommandPath())
	}
	return usagef("%s: %w\nsee: %s --help", cmd.Name(), err, cmd.CommandPath())
}
