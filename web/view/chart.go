package view

import (
	"fmt"
	"math"
)

// ageWidth is the length of an age bar: a week is 30 % of it, two years and
// more are all.
func ageWidth(w When) string {
	share := math.Log1p(float64(w.days())) / math.Log1p(730)
	return fmt.Sprintf("%.1f", 48*min(1, max(0.06, share)))
}

// ageTone is the colour of an age where somebody is asked to act: fine for
// three weeks, late after a quarter.
func ageTone(w When, asks bool) tone {
	switch d := w.days(); {
	case d < 21 || !asks:
		return toneCalm
	case d < 90:
		return toneWarn
	}
	return toneBad
}

// A Slice is one part of a stacked bar.
type Slice struct {
	Tone  tone
	Word  string
	Count int
	Href  string
}

type placedSlice struct {
	Slice
	x, width float64
}

// barWidth is the width of a stacked bar in its own units.
const barWidth = 1000

// layOut lays slices side by side. Every slice that is not empty can be seen:
// it gets at least 1 % of the bar.
func layOut(slices []Slice) []placedSlice {
	total := 0
	for _, s := range slices {
		total += s.Count
	}
	if total == 0 {
		return nil
	}
	width, sum := make([]float64, len(slices)), 0.0
	for i, s := range slices {
		if s.Count > 0 {
			width[i] = max(0.01, float64(s.Count)/float64(total))
			sum += width[i]
		}
	}
	var out []placedSlice
	x := 0.0
	for i, s := range slices {
		if s.Count > 0 {
			w := width[i] / sum * barWidth
			out = append(out, placedSlice{s, x, w})
			x += w
		}
	}
	return out
}

func units(v float64) string { return fmt.Sprintf("%.1f", v) }

func dotsBox(n int) string { return fmt.Sprintf("0 0 %d 10", n*9) }
