package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/term"
)

// initText is the configuration that init writes. "#layers" stands where those
// of a build go. Lines that begin with "#" and no space are examples.
//
//go:embed init.toml
var initText string

// An initRun is one run of init.
type initRun struct {
	build  string // path of a bblayers.conf, or ""
	from   string // path of any description of a build, or ""
	output string
	force  bool
}

func initCommand() *cobra.Command {
	var r initRun
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a configuration to begin with",
		Long: `Init writes an upstreamd.toml in which every section is explained by an example.
With the bblayers.conf of a build, a kas file, a repo manifest or a
setup-layers.json (--from) it also fills in the layers: where each is fetched
from, its branch, and the revision that is checked out or named. Which of them
are yours is guessed by their addresses: look at each role.`,
		Example: "  upstreamd init\n  upstreamd init --bblayers build/conf/bblayers.conf\n  upstreamd init --from kas.yml\n  upstreamd init --from default.xml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return r.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&r.build, "bblayers", "", "the conf/bblayers.conf of a build")
	cmd.Flags().StringVar(&r.from, "from", "", "a bblayers.conf, kas file, repo manifest or setup-layers.json")
	cmd.Flags().StringVarP(&r.output, "output", "o", "upstreamd.toml", "file to write")
	cmd.Flags().BoolVar(&r.force, "force", false, "overwrite the file")
	return cmd
}

// run writes the file. Layers that cannot be found are named and left out; the
// exit code is then 1.
func (r initRun) run(ctx context.Context, stdout, stderr io.Writer) error {
	if _, err := os.Lstat(r.output); err == nil && !r.force {
		return isThere(r.output)
	}
	var found []*foundLayer
	var problems []string
	var err error
	switch {
	case r.build != "" && r.from != "":
		return usagef("init: --from and --bblayers exclude each other")
	case r.build != "":
		found, problems, err = fromBBLayers(ctx, r.build)
	case r.from != "":
		found, problems, err = readFrom(ctx, r.from)
	}
	if err != nil {
		return err
	}
	text, err := layerText(found, problems)
	if err != nil {
		return err
	}
	if err := writeNew(r.output, []byte(strings.Replace(initText, "#layers\n", text, 1)), r.force); err != nil {
		return err
	}
	for _, p := range problems {
		fmt.Fprintf(stderr, "upstreamd: left out %s\n", term.SafeLine(p))
	}
	fmt.Fprintf(stdout, "wrote %s\n", r.output)
	if len(found) > 0 {
		fmt.Fprintln(stdout, countRoles(found))
	}
	fmt.Fprintln(stdout, "edit it, then: upstreamd config check && upstreamd sync")
	if len(problems) > 0 {
		return withCode(exitFailure, nil)
	}
	return nil
}

func isThere(path string) error {
	return withCode(exitFailure, fmt.Errorf("%s is there already\noverwrite it with: upstreamd init --force", path))
}

func countRoles(found []*foundLayer) string {
	local := 0
	for _, l := range found {
		if l.Role == "local" {
			local++
		}
	}
	return fmt.Sprintf("%d layer repositories, %d taken for yours (role local), %d for upstream ones", len(found), local, len(found)-local)
}

// layerText is the [[layers]] entries with what a person should know of them.
func layerText(found []*foundLayer, problems []string) (string, error) {
	var b strings.Builder
	for _, l := range found {
		b.WriteString("[[layers]]\n")
		revision := l.Revision
		l.Revision = ""
		fields, err := toml.Marshal(l.layerConfig)
		if err != nil {
			return "", err
		}
		for line := range strings.Lines(string(fields)) {
			if !strings.HasPrefix(line, "#") { // the general comments stand above
				b.WriteString(line)
			}
		}
		switch {
		case revision == "":
		case l.pin:
			fmt.Fprintf(&b, "revision = '%s' # checked out now; without this line the branch is followed\n", revision)
		default:
			fmt.Fprintf(&b, "# revision = '%s' # checked out now; without it the branch is followed\n", revision)
		}
		for _, r := range l.remarks {
			fmt.Fprintf(&b, "# check: %s\n", term.SafeLine(r))
		}
		b.WriteString("# check: the role is a guess by the address\n\n")
	}
	for _, p := range problems {
		fmt.Fprintf(&b, "# left out: %s\n", term.SafeLine(p))
	}
	if len(problems) > 0 {
		b.WriteString("\n")
	}
	return b.String(), nil
}

// writeNew writes a file that is not there yet or, with force, in place of the
// one that is.
func writeNew(path string, b []byte, force bool) error {
	if !force {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			return isThere(path)
		} else if err != nil {
			return err
		}
		_, err = f.Write(b)
		return errors.Join(err, f.Close())
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".upstreamd-*.toml")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already when all went well
	_, err = tmp.Write(b)
	if err = errors.Join(err, tmp.Chmod(0o644), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
