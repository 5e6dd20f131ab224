package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/upstreamd/upstreamd/internal/git"
	"github.com/upstreamd/upstreamd/internal/patch"
	"github.com/upstreamd/upstreamd/internal/rebase"
)

// eventOptions are the flags of rebase that rank moves without source.
type eventOptions struct {
	events  string // file of JSON lines
	repos   string // directory of repositories or bundles, by name
	patches string // directory of <blob>.patch
}

func addEventFlags(cmd *cobra.Command, o *eventOptions) {
	f := cmd.Flags()
	f.StringVar(&o.events, "events", "", "rank patches of recipes that moved, without source: a file of JSON lines, .gz too")
	f.StringVar(&o.repos, "repos", "", "with --events: directory of the layers' repositories or bundles, by name")
	f.StringVar(&o.patches, "patches", "", "with --events: directory with the patches as BLOB.patch")
}

// eventLine is one patch in the output. Its fields are stable. The likelihoods
// come from weights that were fitted to moves of public layers: of those very
// moves they say too much.
type eventLine struct {
	Commit     string             `json:"commit"`
	Recipe     string             `json:"recipe"`
	PathBefore string             `json:"path_before,omitempty"`
	Patch      string             `json:"patch,omitempty"`
	Pred       string             `json:"pred"`
	Likelihood map[string]float64 `json:"likelihood"`
	Reasons    []string           `json:"reasons"`
	Model      string             `json:"model"` // "fitted"
}

// runEvents ranks the patches of the events, in their order.
func runEvents(ctx context.Context, o eventOptions, asJSON bool, stdout io.Writer) error {
	events, err := o.readEvents()
	if err != nil {
		return err
	}
	blobs := &eventBlobs{eventOptions: o, open: map[string]*git.Batch{}}
	defer blobs.close()
	steps := rebase.Steps(events, func(e rebase.Event) []byte { return blobs.read(ctx, e) })
	if blobs.err != nil {
		return blobs.err
	}
	out := bufio.NewWriter(stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for i, s := range steps {
		e, likely := events[i], rebase.Rank(s)
		if !asJSON {
			fmt.Fprintf(out, "%s %s: likely %s (%.0f %%); %s\n", e.Recipe, e.Patch, likely.Fate, 100*likely.Likely(likely.Fate), strings.Join(likely.Reasons, "; "))
			continue
		}
		line := eventLine{
			Commit: e.Commit, Recipe: e.Recipe, PathBefore: e.Path, Patch: e.Patch, Pred: likely.Fate, Reasons: likely.Reasons, Model: "fitted",
			Likelihood: map[string]float64{rebase.FateKept: likely.Kept, rebase.FateRefreshed: likely.Refreshed, rebase.FateDropped: likely.Dropped},
		}
		if err := encoder.Encode(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (o eventOptions) readEvents() ([]rebase.Event, error) {
	f, err := os.Open(o.events)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, withCode(exitNotFound, err)
		}
		return nil, err
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(o.events, ".gz") {
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.events, err)
		}
		defer z.Close()
		in = z
	}
	events, err := rebase.ReadEvents(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.events, err)
	}
	return events, nil
}

// eventBlobs reads patches for events.
type eventBlobs struct {
	eventOptions
	open map[string]*git.Batch // by repository; nil: there is none
	err  error                 // the first that is not about one patch
}

// Names from a file of events become paths, so they are checked.
var (
	eventBlob = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)
	eventRepo = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`)
)

// read is the patch file of an event; nil where it is not to be had: then it is
// ranked by what else is known.
func (b *eventBlobs) read(ctx context.Context, e rebase.Event) []byte {
	if !eventBlob.MatchString(e.Blob) {
		return nil
	}
	if b.patches != "" {
		data, err := readPatchFile(filepath.Join(b.patches, e.Blob+".patch"))
		if err == nil && len(data) <= patch.MaxBytes {
			return data
		}
	}
	batch := b.batch(ctx, e.Repo)
	if batch == nil {
		return nil
	}
	data, err := batch.Blob(e.Blob)
	if err != nil && !errors.Is(err, git.ErrNotFound) && !errors.Is(err, git.ErrTooBig) && b.err == nil {
		b.err = fmt.Errorf("%s: %w", e.Path, err)
	}
	return data
}

// batch is a git process that reads a repository; nil where there is none.
func (b *eventBlobs) batch(ctx context.Context, name string) *git.Batch {
	if b.repos == "" || !eventRepo.MatchString(name) {
		return nil
	}
	if batch, ok := b.open[name]; ok {
		return batch
	}
	b.open[name] = nil
	for _, suffix := range []string{"", ".git", ".bundle"} {
		at := filepath.Join(b.repos, name+suffix)
		if _, err := os.Stat(at); err != nil {
			continue
		}
		batch, err := openBatch(ctx, at)
		if err != nil {
			b.err = errors.Join(b.err, fmt.Errorf("%s: %w", at, err))
		}
		b.open[name] = batch
		break
	}
	return b.open[name]
}

func openBatch(ctx context.Context, at string) (*git.Batch, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	repo, err := git.OpenAny(ctx, at, filepath.Join(cache, "upstreamd", "bundles"))
	if err != nil {
		return nil, err
	}
	return repo.Batch(ctx)
}

func (b *eventBlobs) close() {
	for _, batch := range b.open {
		if batch != nil {
			batch.Close()
		}
	}
}
