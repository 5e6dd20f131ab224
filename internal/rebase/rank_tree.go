package rebase

import "math"

// The model is gradient boosting (Friedman 2001, multinomial deviance): the
// log-odds of each fate are a sum over small trees, each of which asks three
// questions at most. The values of inner nodes are kept, so that the sum can be
// taken apart again into what each question brought.

// treeDepth is how many questions a tree asks.
const treeDepth = 3

// A tree is a complete binary one: the children of node i are 2i+1 where the
// feature is no more than the limit, and 2i+2.
type tree struct {
	feature [1<<treeDepth - 1]int8 // -1: ask nothing, go on to the left
	limit   [1<<treeDepth - 1]float64
	value   [2<<treeDepth - 1]float64 // of every node
}

// A boosted model: for each fate where it begins, and trees.
type boosted struct {
	base  [3]float64
	trees [][3]tree
}

// add adds the tree's value for x to sum and says in moved which feature
// brought how much.
func (t *tree) add(x []float64, sum *float64, moved func(feature int, by float64)) {
	i := 0
	for i < len(t.feature) {
		next := 2*i + 1
		f := t.feature[i]
		if f >= 0 && x[f] > t.limit[i] {
			next++
		}
		if f >= 0 && moved != nil {
			moved(int(f), t.value[next]-t.value[i])
		}
		i = next
	}
	*sum += t.value[i]
}

// predict returns the likelihood of each fate, and for each feature how much it
// changed the log-odds of each.
func (m *boosted) predict(x []float64) (p [3]float64, moved [][3]float64) {
	moved = make([][3]float64, len(x))
	sum := m.base
	for i := range m.trees {
		for k := range m.trees[i] {
			m.trees[i][k].add(x, &sum[k], func(f int, by float64) { moved[f][k] += by })
		}
	}
	return softmax(sum), moved
}

// softmax makes probabilities of log-odds.
func softmax(sum [3]float64) (p [3]float64) {
	most := max(sum[0], sum[1], sum[2])
	total := 0.0
	for k := range sum {
		p[k] = math.Exp(sum[k] - most)
		total += p[k]
	}
	for k := range p {
		p[k] /= total
	}
	return p
}
