package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/upstreamd/upstreamd/internal/term"
)

// A bar shows on a terminal how far work is, on one line that is written over.
// On anything else it shows nothing.
type bar struct {
	w     io.Writer // nil: not a terminal
	mu    sync.Mutex
	last  time.Time
	shown bool
	rate  rate
}

// A rate is how fast one work goes.
type rate struct {
	what  string
	begun time.Time
	from  int // what was done when it was first heard of
}

// of says how many a second are done, "" where that is not known yet.
func (r *rate) of(what string, done int, now time.Time) string {
	if r.what != what || done < r.from {
		*r = rate{what, now, done}
	}
	took := now.Sub(r.begun)
	if took < time.Second {
		return ""
	}
	return fmt.Sprintf(" %d/s", int(float64(done-r.from)/took.Seconds()))
}

// barEvery is how often the line is written at most.
const barEvery = 100 * time.Millisecond

// newBar shows progress on w if that is a terminal.
func newBar(w io.Writer) *bar {
	if !isTerminal(w) {
		w = nil
	}
	return &bar{w: w}
}

// isTerminal says whether a person looks at w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

// report is a [progress.Func].
func (b *bar) report(what string, done, total int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.w == nil || time.Since(b.last) < barEvery {
		return
	}
	b.last, b.shown = time.Now(), true
	rate := b.rate.of(what, done, b.last)
	line := fmt.Sprintf("%-34.34s %d%s", term.Safe(what), done, rate)
	if total > 0 {
		const width = 14
		filled := min(width, done*width/total)
		line = fmt.Sprintf("%-28.28s [%s%s] %d of %d%s", term.Safe(what), strings.Repeat("#", filled), strings.Repeat(".", width-filled), done, total, rate)
	}
	fmt.Fprintf(b.w, "\r\x1b[K%.78s", line)
}

// clear takes the line away.
func (b *bar) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.w != nil && b.shown {
		fmt.Fprint(b.w, "\r\x1b[K")
		b.shown = false
	}
}
