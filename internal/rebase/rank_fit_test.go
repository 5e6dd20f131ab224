package rebase

import (
	"math"
	"slices"
	"sort"
)

// binsMost is how many parts the values of a feature are put into.
const binsMost = 32

// A fitting is how the model is fitted.
type fitting struct {
	rounds int
	rate   float64 // of learning
	ridge  float64 // against great values of leaves
	leaf   int     // examples that a leaf has at least
}

// chosen was chosen by the figures of recipes left out.
var chosen = fitting{rounds: 60, rate: .08, ridge: 20, leaf: 80}

// An example is a labelled step.
type example struct {
	x            []float64
	fate         int
	repo, recipe string
	at           int64
}

// A grid has, for each feature, limits that part its values into bins, and the
// bin of each example.
type grid struct {
	limits [][]float64
	bins   [][]uint8 // by feature, then example
}

func newGrid(list []example) *grid {
	g := &grid{}
	for j := range list[0].x {
		values := make([]float64, len(list))
		for i := range list {
			values[i] = list[i].x[j]
		}
		sorted := slices.Clone(values)
		slices.Sort(sorted)
		var limits []float64
		distinct := slices.Compact(slices.Clone(sorted))
		if len(distinct) <= binsMost {
			for k := 0; k+1 < len(distinct); k++ {
				limits = append(limits, (distinct[k]+distinct[k+1])/2)
			}
		} else {
			for k := 1; k < binsMost; k++ {
				limits = append(limits, sorted[k*len(sorted)/binsMost]+.0005)
			}
			limits = slices.Compact(limits)
		}
		for k := range limits {
			limits[k] = math.Round(limits[k]*1e4) / 1e4
		}
		bins := make([]uint8, len(list))
		for i, v := range values {
			bins[i] = uint8(sort.SearchFloat64s(limits, v))
		}
		g.limits, g.bins = append(g.limits, limits), append(g.bins, bins)
	}
	return g
}

// fitBoosted fits the model to examples.
func fitBoosted(list []example, f fitting) *boosted {
	g := newGrid(list)
	m := &boosted{}
	var n [3]float64
	for i := range list {
		n[list[i].fate]++
	}
	for k := range n {
		m.base[k] = math.Log((n[k] + 1) / float64(len(list)+3))
	}
	sums := make([][3]float64, len(list))
	for i := range sums {
		sums[i] = m.base
	}
	grad, hess := make([]float64, len(list)), make([]float64, len(list))
	ps := make([][3]float64, len(list))
	for range f.rounds {
		for i := range list {
			ps[i] = softmax(sums[i])
		}
		var three [3]tree
		for k := range three {
			for i := range list {
				p := ps[i][k]
				grad[i], hess[i] = flag(list[i].fate == k)-p, p*(1-p)
			}
			node := g.grow(&three[k], grad, hess, f)
			for i := range list {
				sums[i][k] += three[k].value[node[i]]
			}
		}
		m.trees = append(m.trees, three)
	}
	return m
}

// A cell sums up examples: gradients, curvatures, number.
type cell struct {
	g, h float64
	n    int
}

func (c *cell) add(d cell) { c.g, c.h, c.n = c.g+d.g, c.h+d.h, c.n+d.n }

// grow grows a tree level by level and returns the leaf of each example.
func (g *grid) grow(t *tree, grad, hess []float64, f fitting) []uint8 {
	node := make([]uint8, len(grad))
	inner := len(t.feature)
	value := func(c cell) float64 { return math.Round(1e4*f.rate*c.g/(c.h+f.ridge)) / 1e4 }
	gain := func(c cell) float64 { return c.g * c.g / (c.h + f.ridge) }
	for i := range t.feature {
		t.feature[i] = -1
	}
	first := 0
	for width := 1; first < inner; width *= 2 {
		all := make([]cell, width)
		for i := range node {
			all[int(node[i])-first].add(cell{grad[i], hess[i], 1})
		}
		best := make([]float64, width)
		bin := make([]int, width)
		for j := range g.limits {
			hist := make([]cell, width*(binsMost+1))
			b := g.bins[j]
			for i := range node {
				c := &hist[(int(node[i])-first)*(binsMost+1)+int(b[i])]
				c.g += grad[i]
				c.h += hess[i]
				c.n++
			}
			for w := range width {
				var left cell
				for k := range g.limits[j] {
					left.add(hist[w*(binsMost+1)+k])
					right := cell{all[w].g - left.g, all[w].h - left.h, all[w].n - left.n}
					if left.n < f.leaf || right.n < f.leaf {
						continue
					}
					if won := gain(left) + gain(right) - gain(all[w]); won > best[w]+1e-9 {
						best[w], bin[w] = won, k
						t.feature[first+w], t.limit[first+w] = int8(j), g.limits[j][k]
					}
				}
			}
		}
		if first == 0 {
			t.value[0] = value(all[0])
		}
		sums := make([]cell, 2*width)
		for i := range node {
			at := int(node[i])
			next := 2*at + 1
			if t.feature[at] >= 0 && int(g.bins[t.feature[at]][i]) > bin[at-first] {
				next++
			}
			node[i] = uint8(next)
			sums[next-(2*first+1)].add(cell{grad[i], hess[i], 1})
		}
		for k, c := range sums {
			t.value[2*first+1+k] = value(c)
		}
		first = 2*first + 1
	}
	return node
}
