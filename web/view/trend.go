package view

import (
	"fmt"
	"strings"
)

// A Trend is what a layer held over its history, as a picture and as a table.
type Trend struct {
	Words  []string     // of Upstream-Status, as they are stacked from below
	Points []TrendPoint // oldest first
}

// A TrendPoint is what the layer held at one commit.
type TrendPoint struct {
	At                               When
	Commit                           Link
	Recipes, Appends, Patches, Forks int
	Claims                           []int // patches, by the words of the trend
}

// Size of the picture in its own units: it is stretched to the page.
const (
	trendWidth  = 1000
	trendHeight = 200
)

// top is the value at the upper edge: a round number that all fit below.
func (t Trend) top() int {
	most := 4
	for _, p := range t.Points {
		sum := 0
		for _, n := range p.Claims {
			sum += n
		}
		most = max(most, sum, p.Patches, p.Forks)
	}
	for step := 1; ; step *= 10 {
		for _, f := range []int{4, 8, 10, 12, 16, 20, 40} {
			if f*step >= most && f*step%4 == 0 { // quarters of it are values, too
				return f * step
			}
		}
	}
}

// share is where a point lies from left to right, 0 to 1.
func (t Trend) share(i int) float64 {
	first, last := t.Points[0].At.At, t.Points[len(t.Points)-1].At.At
	if !last.After(first) {
		return float64(i) / float64(max(len(t.Points)-1, 1))
	}
	return min(1, max(0, float64(t.Points[i].At.At.Sub(first))/float64(last.Sub(first))))
}

func (t Trend) xy(i, value int) string {
	return fmt.Sprintf("%.1f %.1f", trendWidth*t.share(i), trendHeight*(1-float64(value)/float64(t.top())))
}

// below is how much lies below the layer of a word at a point.
func (t Trend) below(i, word int) int {
	sum := 0
	for _, n := range t.Points[i].Claims[:word] {
		sum += n
	}
	return sum
}

// area is the outline of the layer of a word.
func (t Trend) area(word int) string {
	var up, down []string
	for i := range t.Points {
		up = append(up, t.xy(i, t.below(i, word+1)))
		down = append(down, t.xy(len(t.Points)-1-i, t.below(len(t.Points)-1-i, word)))
	}
	return "M" + strings.Join(append(up, down...), " L") + " Z"
}

// line is the course of a value.
func (t Trend) line(of func(TrendPoint) int) string {
	var list []string
	for i, p := range t.Points {
		list = append(list, t.xy(i, of(p)))
	}
	return "M" + strings.Join(list, " L")
}

func (t Trend) forks() string   { return t.line(func(p TrendPoint) int { return p.Forks }) }
func (t Trend) patches() string { return t.line(func(p TrendPoint) int { return p.Patches }) }

// A tick is a line across the picture with its value.
type tick struct{ at, word string }

func (t Trend) ticks() []tick {
	var out []tick
	for n := 1; n <= 3; n++ {
		out = append(out, tick{fmt.Sprintf("%d%%", 100-25*n), Count(t.top() * n / 4)})
	}
	return out
}

// zone is where the pointer is at a point: half way to those beside it.
func (t Trend) zone(i int) (x, width string) {
	from, to := 0.0, 1.0
	if i > 0 {
		from = (t.share(i-1) + t.share(i)) / 2
	}
	if i < len(t.Points)-1 {
		to = (t.share(i) + t.share(i+1)) / 2
	}
	return fmt.Sprintf("%.3f%%", 100*from), fmt.Sprintf("%.3f%%", 100*max(0, to-from))
}

// words are a point for the pointer.
func (t Trend) words(p TrendPoint) string {
	list := []string{p.At.Day() + ": " + plural(p.Patches, "patch"), plural(p.Forks, "fork"), plural(p.Recipes, "recipe")}
	for i, w := range t.Words {
		if p.Claims[i] > 0 {
			list = append(list, w+" "+Count(p.Claims[i]))
		}
	}
	return strings.Join(list, ", ") + " at " + p.Commit.Text
}

// sum is the picture in a line.
func (t Trend) sum() string {
	first, last := t.Points[0], t.Points[len(t.Points)-1]
	return fmt.Sprintf("%s to %s: from %s to %s, from %s to %s", first.At.Day(), last.At.Day(),
		Count(first.Patches), plural(last.Patches, "patch"), Count(first.Forks), plural(last.Forks, "fork"))
}

// slices are the words at the end, as the legend.
func (t Trend) slices() []Slice {
	var out []Slice
	for i, w := range t.Words {
		out = append(out, Slice{Tone: claimTone(w), Word: w, Count: t.Points[len(t.Points)-1].Claims[i]})
	}
	return out
}

// newestFirst are the points as the table has them.
func (t Trend) newestFirst() []TrendPoint {
	out := make([]TrendPoint, len(t.Points))
	for i, p := range t.Points {
		out[len(out)-1-i] = p
	}
	return out
}

// spark are the points of a small course without axes, 96 wide and 24 high.
func spark(list []int) string {
	most := 1
	for _, n := range list {
		most = max(most, n)
	}
	var out []string
	for i, n := range list {
		out = append(out, fmt.Sprintf("%.1f,%.1f", 2+92*float64(i)/float64(max(len(list)-1, 1)), 22-20*float64(n)/float64(most)))
	}
	return strings.Join(out, " ")
}

// sparkWords say what a small course shows.
func sparkWords(list []int) string {
	return fmt.Sprintf("from %s to %s over its history", Count(list[0]), plural(list[len(list)-1], "patch"))
}
