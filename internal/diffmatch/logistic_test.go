//go:build calibrate

package diffmatch

import "math"

// An example is one candidate of a labelled patch.
type example struct {
	x      []float64 // features
	right  bool
	weight float64
}

// A regression is a fitted logistic regression: the log-odds that a candidate is right are
// the intercept and what its features weigh.
type regression struct {
	intercept float64
	weights   []float64
}

func (f *regression) score(x []float64) float64 {
	s := f.intercept
	for j, w := range f.weights {
		s += w * x[j]
	}
	return s
}

// fitLogistic finds the weights by cyclic coordinate descent with Newton
// steps. No weight is below 0, as every feature speaks for a candidate or not
// at all, and great ones cost (ridge), as features tell much the same.
func fitLogistic(list []example, ridge float64) *regression {
	n := len(list[0].x)
	f := &regression{weights: make([]float64, n)}
	total := 0.0
	for i := range list {
		total += list[i].weight
	}
	margin := make([]float64, len(list))
	columns := make([][]int32, n+1) // examples in which a feature is not 0; last: the intercept
	for i := range list {
		for j, v := range list[i].x {
			if v != 0 {
				columns[j] = append(columns[j], int32(i))
			}
		}
		columns[n] = append(columns[n], int32(i))
	}
	const scale = 1000 // of the mean loss against the ridge
	at := func(i int32, j int) float64 {
		if j == n {
			return 1
		}
		return list[i].x[j]
	}
	for range 300 {
		moved := 0.0
		for j := n; j >= 0; j-- {
			old, penalty := f.intercept, 0.0
			if j < n {
				old, penalty = f.weights[j], ridge
			}
			g, h := 2*penalty*old, 2*penalty+1e-9
			for _, i := range columns[j] {
				v, w := at(i, j), list[i].weight*scale/total
				p := 1 / (1 + math.Exp(-margin[i]))
				if list[i].right {
					g -= w * v * (1 - p)
				} else {
					g += w * v * p
				}
				h += w * v * v * p * (1 - p)
			}
			step := max(-1, min(1, -g/h))
			if j < n {
				step = max(step, -old)
				f.weights[j] += step
			} else {
				f.intercept += step
			}
			if step != 0 {
				for _, i := range columns[j] {
					margin[i] += step * at(i, j)
				}
			}
			moved = max(moved, math.Abs(step))
		}
		if moved < 1e-4 {
			break
		}
	}
	return f
}
