// Command upstreamd tracks the changes that a team wants upstream: what its
// OpenEmbedded layers carry and duplicate, what it sent to lists, what was
// merged, and what breaks when upstream moves.
//
// The rooms of the house, from the ground up, are described in docs/design.md.
// This package is the roof: flags, configuration and wiring, one file for each
// command. It alone knows every other room.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/term"
)

// Exit codes, the same for every command.
const (
	exitOK        = 0
	exitFailure   = 1
	exitUsage     = 2
	exitNotFound  = 3
	exitAttention = 4 // a check found something, or something needs doing
	exitAuth      = 5
	exitTemporary = 75 // EX_TEMPFAIL: try again later
	exitInterrupt = 130
)

// An exitError carries the exit code that its error asks for.
type exitError struct {
	code int
	err  error // nil: the command has said all there is to say
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usagef is an error in how a command was called: exit code 2.
func usagef(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// withCode asks for an exit code; err may be nil when all has been said.
func withCode(code int, err error) error { return &exitError{code, err} }

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole program but for the process around it.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var coded *exitError
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "upstreamd: interrupted")
		return exitInterrupt
	case errors.As(err, &coded):
		if coded.err != nil {
			fmt.Fprintln(stderr, "upstreamd:", term.Safe(coded.Error()))
		}
		return coded.code
	}
	fmt.Fprintln(stderr, "upstreamd:", term.Safe(err.Error()))
	return exitFailure
}

// rootCommand is the tree of all commands.
func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "upstreamd",
		Short:         "Track the changes that you carry, until upstream has them",
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%w\nsee: %s --help", err, cmd.CommandPath())
	})
	root.AddCommand(
		accountCommand(),
		assembleCommand(),
		checkCommand(),
		configCommand(),
		demoCommand(),
		dumpCommand(),
		fixCommand(),
		importCommand(),
		indexCommand(),
		initCommand(),
		matchCommand(),
		nudgeCommand(),
		planCommand(),
		rebaseCommand(),
		reparseCommand(),
		scanCommand(),
		serveCommand(),
		statusCommand(),
		syncCommand(),
		versionCommand(),
	)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	strict(root)
	return root
}
