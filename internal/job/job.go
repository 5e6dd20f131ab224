// Package job runs the stages of the daemon: on a schedule, each at most once
// at a time in all processes that share a database, with River as the queue.
//
// Stages are passes over what is new, so a job is only a nudge: a lost one is
// made up by the next of the schedule, and a job that is run twice does no
// harm. River keeps its own tables in the same database; this package brings
// them up to date when it starts.
package job

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

const (
	againAfter = time.Second // how soon a task that runs is nudged again

	workers = 2
	timeout = time.Hour        // of one job: the first fetch of a large repository takes long
	rescue  = 90 * time.Minute // when the job of a process that died may run again: more than the timeout
)

// A Task is one piece of scheduled work.
type Task struct {
	Stage string        // fetch, collect, scan ...
	Input string        // source that it is about, "" for all
	Every time.Duration // how often it is due
	// Run does the work and says whether anything came of it: then the tasks
	// of later stages are nudged at once.
	Run func(context.Context) (news bool, err error)
}

// Config says what is run and where the queue is kept. Exactly one of SQLite
// and Postgres is set.
type Config struct {
	SQLite   *sql.DB // the pool that writes
	Postgres *pgxpool.Pool
	Tasks    []Task // in the order of their stages
	Log      *slog.Logger
}

// A Runner works off the queue until it is stopped.
type Runner struct {
	// insert puts a job into the queue; where there is one of the same name
	// already it says whether that one is still to begin.
	insert   func(context.Context, river.JobArgs) (waits bool, err error)
	stop     func(context.Context) error
	tasks    []Task
	watching sync.WaitGroup
	unwatch  context.CancelFunc // nil without PostgreSQL
}

// Start brings the queue's tables up to date and begins to work. Every task
// is due at once.
func Start(ctx context.Context, c Config) (*Runner, error) {
	switch {
	case (c.SQLite == nil) == (c.Postgres == nil):
		return nil, errors.New("job: want one database, SQLite or PostgreSQL")
	case c.SQLite != nil:
		return start[*sql.Tx](ctx, c, riversqlite.New(c.SQLite))
	}
	return start[pgx.Tx](ctx, c, riverpgxv5.New(c.Postgres))
}

func start[Tx any](ctx context.Context, c Config, driver riverdriver.Driver[Tx]) (*Runner, error) {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet(c.Log)})
	if err != nil {
		return nil, err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("job: tables of the queue: %w", err)
	}
	if c.SQLite != nil {
		if err := forgetRunning(ctx, c.SQLite); err != nil {
			return nil, err
		}
	}
	r := &Runner{tasks: c.Tasks}
	registry := river.NewWorkers()
	river.AddWorker(registry, &worker{runner: r, log: c.Log})
	river.AddWorker(registry, &again{runner: r})
	client, err := river.NewClient(driver, &river.Config{
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		Workers:              registry,
		PeriodicJobs:         periodic(c.Tasks),
		JobTimeout:           timeout,
		RescueStuckJobsAfter: rescue,
		MaxAttempts:          1, // the schedule is the retry
		Logger:               quiet(c.Log),
	})
	if err != nil {
		return nil, err
	}
	r.insert = insertBy(client)
	r.stop = client.Stop
	if c.Postgres != nil {
		w := watch{pool: c.Postgres, id: client.ID(), log: c.Log, found: r.nudgeAll}
		ctx, cancel := context.WithCancel(ctx)
		r.watching.Go(func() { w.run(ctx) })
		r.unwatch = cancel
	}
	return r, client.Start(ctx)
}

// insertBy puts jobs into the queue by way of a client.
func insertBy[Tx any](client *river.Client[Tx]) func(context.Context, river.JobArgs) (waits bool, err error) {
	return func(ctx context.Context, args river.JobArgs) (waits bool, err error) {
		got, err := client.Insert(ctx, args, nil)
		return err != nil || got.Job.State != rivertype.JobStateRunning, err
	}
}

// Nudge is [Runner.Nudge] for a process that does not work off the queue
// itself.
func Nudge(ctx context.Context, c Config, stages ...string) error {
	r := &Runner{tasks: c.Tasks}
	if c.SQLite != nil {
		client, err := river.NewClient(riversqlite.New(c.SQLite), &river.Config{})
		if err != nil {
			return err
		}
		r.insert = insertBy(client)
	} else {
		client, err := river.NewClient(riverpgxv5.New(c.Postgres), &river.Config{})
		if err != nil {
			return err
		}
		r.insert = insertBy(client)
	}
	for _, stage := range stages {
		if err := r.Nudge(ctx, stage); err != nil {
			return fmt.Errorf("nudge: %w\nis there a daemon on this database? upstreamd serve", err)
		}
	}
	return nil
}

// Stop lets running jobs end, or cancels them when ctx is done.
func (r *Runner) Stop(ctx context.Context) error {
	err := r.stop(ctx)
	if r.unwatch != nil {
		r.unwatch()
		r.watching.Wait()
	}
	return err
}

// nudge makes a task due now. One that runs is due again when it has ended: it
// may have looked already where there is something new since.
func (r *Runner) nudge(ctx context.Context, stage, input string) error {
	waits, err := r.insert(ctx, taskArgs{stage, input})
	if err == nil && !waits {
		_, err = r.insert(ctx, againArgs{stage, input})
	}
	return err
}

// nudgeAll makes every task due.
func (r *Runner) nudgeAll(ctx context.Context) {
	for _, t := range r.tasks {
		_ = r.nudge(ctx, t.Stage, t.Input) // the schedule makes up for it
	}
}

// Nudge makes every task of a stage due now, unless it waits already. One that
// runs will run once more.
func (r *Runner) Nudge(ctx context.Context, stage string) error {
	var errs []error
	for _, t := range r.tasks {
		if t.Stage == stage {
			errs = append(errs, r.nudge(ctx, t.Stage, t.Input))
		}
	}
	return errors.Join(errs...)
}

// NudgeInput makes the task of a stage for one input due now, like Nudge.
func (r *Runner) NudgeInput(ctx context.Context, stage, input string) error {
	return r.nudge(ctx, stage, input)
}

// nudgeAfter makes the tasks of all later stages due.
func (r *Runner) nudgeAfter(ctx context.Context, stage string) error {
	var errs []error
	later := false
	for i, t := range r.tasks {
		if later && t.Stage != stage {
			errs = append(errs, r.nudge(ctx, t.Stage, t.Input))
		}
		later = later || t.Stage == stage && (i+1 == len(r.tasks) || r.tasks[i+1].Stage != stage)
	}
	return errors.Join(errs...)
}

// taskArgs name a task in the queue; no two with the same name wait or run.
type taskArgs struct {
	Stage string `json:"stage"`
	Input string `json:"input"`
}

func (taskArgs) Kind() string { return "stage" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (taskArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
		rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}}}
}

// againArgs name a task that is to be nudged once more, soon.
type againArgs taskArgs

// Kind implements river.JobArgs.
func (againArgs) Kind() string { return "again" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (againArgs) InsertOpts() river.InsertOpts {
	o := taskArgs{}.InsertOpts()
	o.ScheduledAt = time.Now().Add(againAfter)
	return o
}

// again nudges a task that ran when it was nudged before, and as long as it
// does.
type again struct {
	river.WorkerDefaults[againArgs]
	runner *Runner
}

// Work implements river.Worker.
func (w *again) Work(ctx context.Context, j *river.Job[againArgs]) error {
	waits, err := w.runner.insert(ctx, taskArgs(j.Args))
	if err == nil && !waits {
		return river.JobSnooze(againAfter)
	}
	return err
}

func periodic(tasks []Task) []*river.PeriodicJob {
	var jobs []*river.PeriodicJob
	for _, t := range tasks {
		jobs = append(jobs, river.NewPeriodicJob(
			river.PeriodicInterval(t.Every),
			func() (river.JobArgs, *river.InsertOpts) { return taskArgs{t.Stage, t.Input}, nil },
			&river.PeriodicJobOpts{RunOnStart: true},
		))
	}
	return jobs
}

// A worker runs the task that a job names.
type worker struct {
	river.WorkerDefaults[taskArgs]
	runner *Runner
	log    *slog.Logger
}

// Work implements river.Worker. A task that another version of the program
// had and this one has not is done.
func (w *worker) Work(ctx context.Context, j *river.Job[taskArgs]) error {
	for _, t := range w.runner.tasks {
		if t.Stage != j.Args.Stage || t.Input != j.Args.Input {
			continue
		}
		begun := time.Now()
		news, err := t.Run(ctx)
		if err != nil && ctx.Err() == nil {
			w.log.Error("stage", "stage", t.Stage, "input", t.Input, "error", err)
		}
		if err != nil {
			return err
		}
		w.log.Debug("stage", "stage", t.Stage, "input", t.Input, "news", news, "took", time.Since(begun))
		if news {
			return w.runner.nudgeAfter(ctx, t.Stage)
		}
		return nil
	}
	return nil
}

// quiet keeps River's own chatter out of the log.
func quiet(log *slog.Logger) *slog.Logger {
	return slog.New(&atLeast{log.Handler(), slog.LevelError})
}

// atLeast is a handler that lets only important records through.
type atLeast struct {
	slog.Handler
	level slog.Level
}

// Enabled implements slog.Handler.
func (h *atLeast) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.level && h.Handler.Enabled(ctx, l)
}

// WithAttrs implements slog.Handler.
func (h *atLeast) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &atLeast{h.Handler.WithAttrs(attrs), h.level}
}

// WithGroup implements slog.Handler.
func (h *atLeast) WithGroup(name string) slog.Handler {
	return &atLeast{h.Handler.WithGroup(name), h.level}
}
