package job_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/job"
	"github.com/upstreamd/upstreamd/internal/store"
	"github.com/upstreamd/upstreamd/internal/store/storetest"
)

// config is a queue in the store's database.
func config(db *store.DB, tasks ...job.Task) job.Config {
	c := job.Config{Tasks: tasks, Log: slog.New(slog.DiscardHandler)}
	if db.Pool() != nil {
		c.Postgres = db.Pool()
	} else {
		c.SQLite = db.SQL()
	}
	return c
}

// receive waits for one value, long enough for a slow machine.
func receive[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(30 * time.Second):
		t.Fatalf("%s: nothing happened", what)
		panic("not reached")
	}
}

// TestRun: every task runs at the start; news of a stage make all later ones
// due at once; an error stops nothing.
func TestRun(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ran := make(chan string, 100)
		news := make(chan bool, 1)
		task := func(stage, input string, run func() (bool, error)) job.Task {
			return job.Task{Stage: stage, Input: input, Every: time.Hour, Run: func(context.Context) (bool, error) {
				ran <- stage + " " + input
				return run()
			}}
		}
		nothing := func() (bool, error) { return false, nil }
		r, err := job.Start(t.Context(), config(db,
			task("fetch", "a", nothing),
			task("fetch", "b", func() (bool, error) { return false, errors.New("unreachable") }),
			task("scan", "", func() (bool, error) {
				select {
				case n := <-news:
					return n, nil
				default:
					return false, nil
				}
			}),
			task("judge", "", nothing),
		))
		if err != nil {
			t.Fatal(err)
		}
		first := map[string]bool{}
		for range 4 {
			first[receive(t, "start", ran)] = true
		}
		for _, want := range []string{"fetch a", "fetch b", "scan ", "judge "} {
			if !first[want] {
				t.Errorf("%q did not run at the start: %v", want, first)
			}
		}
		news <- true
		untilRun(t, r, "scan", ran, "judge ")
		if err := r.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// untilRun nudges a stage until the task wanted has run: a nudge is lost while
// the last run of the same task is being written down.
func untilRun(t *testing.T, r *job.Runner, stage string, ran <-chan string, wanted string) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		if err := r.Nudge(t.Context(), stage); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-ran:
			if got == wanted {
				return
			}
		case <-deadline:
			t.Fatalf("%q did not run", wanted)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// TestOneAtATime: a task that runs does not run twice, also not in two
// processes on one PostgreSQL.
func TestOneAtATime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		started, release := make(chan int, 100), make(chan struct{})
		task := func(n int) job.Task {
			return job.Task{Stage: "fetch", Every: time.Hour, Run: func(ctx context.Context) (bool, error) {
				started <- n
				select {
				case <-release:
				case <-ctx.Done():
				}
				return false, nil
			}}
		}
		var runners []*job.Runner
		processes := 1
		if db.Pool() != nil {
			processes = 3
		}
		for n := range processes {
			r, err := job.Start(t.Context(), config(db, task(n)))
			if err != nil {
				t.Fatal(err)
			}
			runners = append(runners, r)
		}
		receive(t, "start", started)
		for _, r := range runners {
			for range 5 {
				if err := r.Nudge(t.Context(), "fetch"); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n := len(started); n != 0 {
			t.Errorf("%d more ran beside the first", n)
		}
		close(release)
		for _, r := range runners {
			if err := r.Stop(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestNudgedWhileItRuns: what a task may have missed because it ran already is
// not left to the schedule.
func TestNudgedWhileItRuns(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		started, release := make(chan struct{}), make(chan struct{})
		r, err := job.Start(t.Context(), config(db, job.Task{Stage: "match", Every: time.Hour, Run: func(context.Context) (bool, error) {
			started <- struct{}{}
			<-release
			return false, nil
		}}))
		if err != nil {
			t.Fatal(err)
		}
		receive(t, "start", started)
		for range 3 {
			if err := r.Nudge(t.Context(), "match"); err != nil {
				t.Fatal(err)
			}
		}
		release <- struct{}{}
		receive(t, "nudged while it ran", started)
		release <- struct{}{}
		if err := r.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestAfterCrash: a job that a process was at when it was killed is no
// hindrance to the next.
func TestAfterCrash(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ran := make(chan struct{}, 100)
		task := job.Task{Stage: "fetch", Every: time.Hour, Run: func(context.Context) (bool, error) {
			ran <- struct{}{}
			return false, nil
		}}
		r, err := job.Start(t.Context(), config(db, task))
		if err != nil {
			t.Fatal(err)
		}
		receive(t, "start", ran)
		if err := r.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		killed := "UPDATE river_job SET state = 'running', finalized_at = NULL, attempted_at = '2026-01-02 03:04:05'"
		if db.Pool() != nil {
			killed += ", attempted_by = '{somebody}'"
		}
		if _, err := db.SQL().ExecContext(t.Context(), killed); err != nil {
			t.Fatal(err)
		}
		if r, err = job.Start(t.Context(), config(db, task)); err != nil {
			t.Fatal(err)
		}
		receive(t, "start after a crash", ran)
		if err := r.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestConfig(t *testing.T) {
	if _, err := job.Start(t.Context(), job.Config{}); err == nil {
		t.Error("started without a database")
	}
}
