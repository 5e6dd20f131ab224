package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// workList matches the patches of a work list. Each repository is opened once,
// as many at a time as there are jobs, so that memory does not grow with the
// list; the answers are printed in its order, as soon as they are there.
func (m *matching) workList(ctx context.Context) error {
	items, err := readWorkList(m.work)
	if err != nil {
		return err
	}
	answers := make([]chan matchLine, len(items))
	for i := range answers {
		answers[i] = make(chan matchLine, 1)
	}
	w := &working{matching: m, items: items, answers: answers, slots: make(chan struct{}, m.jobs)}
	m.repos.progress = func(what string, _, _ int) {
		m.show.report("match, "+what, int(w.done.Load()), len(items))
	}
	g, ctx := errgroup.WithContext(ctx)
	groups := byRepo(items)
	next := make(chan []int, len(groups))
	for _, group := range groups {
		next <- group
	}
	close(next)
	for range min(m.jobs, len(groups)) {
		g.Go(func() error {
			for group := range next {
				if err := w.repository(ctx, group); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for i := range answers {
		select {
		case l := <-answers[i]:
			m.print.line(l)
		case <-ctx.Done():
			return g.Wait()
		}
	}
	return g.Wait()
}

// A working is one run over a work list.
type working struct {
	*matching
	items   []workItem
	answers []chan matchLine
	slots   chan struct{} // held while a patch is matched
	done    atomic.Int64
}

// repository answers the items with the numbers in group, all of one
// repository.
func (w *working) repository(ctx context.Context, group []int) error {
	var wait sync.WaitGroup
	defer wait.Wait()
	repo, err := w.repos.open(ctx, findRepo(w.matching.matchOptions.repos, w.items[group[0]].repo))
	for _, i := range group {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		it := w.items[i]
		if err != nil {
			w.answer(i, failedLine(it.id, err))
			continue
		}
		view, err := repo.view(ctx, it.rev)
		if err != nil {
			w.answer(i, failedLine(it.id, err))
			continue
		}
		select {
		case w.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		job := matchJob{it.id, func() ([]byte, error) { return readPatchFile(filepath.Join(w.patches, it.path)) }, false}
		wait.Go(func() {
			w.answer(i, w.match(ctx, job, repo, view))
			<-w.slots
		})
	}
	return nil
}

// answer hands over an answer.
func (w *working) answer(i int, l matchLine) {
	w.answers[i] <- l
	w.show.report("match", int(w.done.Add(1)), len(w.items))
}

// A workItem is one line of a work list.
type workItem struct{ id, repo, rev, path string }

func readWorkList(file string) (items []workItem, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan(); n++ {
		if strings.TrimSpace(in.Text()) == "" {
			continue
		}
		p := strings.Split(in.Text(), "\t")
		if len(p) != 4 {
			return nil, fmt.Errorf("%s:%d: want id, repository, revision and path, separated by tabs", file, n)
		}
		items = append(items, workItem{p[0], p[1], p[2], p[3]})
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return items, nil
}

// byRepo groups the numbers of items by repository, in the order in which the
// list first names each.
func byRepo(items []workItem) (groups [][]int) {
	at := map[string]int{}
	for i, it := range items {
		k, ok := at[it.repo]
		if !ok {
			k = len(groups)
			at[it.repo] = k
			groups = append(groups, nil)
		}
		groups[k] = append(groups[k], i)
	}
	return groups
}

// findRepo is the path of a repository that a work list names.
func findRepo(dir, name string) string {
	for _, end := range []string{"", ".git", ".bundle"} {
		path := filepath.Join(dir, name+end)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return filepath.Join(dir, name)
}
