// Package progress lets long work say how far it is, without knowing who
// listens: a terminal's progress bar, a page, or nobody.
package progress

// A Func is told that done of total parts of what are finished; total is 0
// where it is not known. It may be called from several goroutines at once. A
// nil Func is valid and says nothing: call it through [Func.Report].
type Func func(what string, done, total int)

// Report tells f, if there is one.
func (f Func) Report(what string, done, total int) {
	if f != nil {
		f(what, done, total)
	}
}
