package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/upstreamd/upstreamd/internal/plan"
	"github.com/upstreamd/upstreamd/internal/term"
)

// printPlan prints a plan for people: what needs work, item by item, then the
// sums.
func printPlan(w io.Writer, p *plan.Plan) error {
	for _, m := range p.Moves {
		to := "stays at " + short(m.From)
		if m.Ref != "" {
			to = fmt.Sprintf("%s -> %s (%s)", short(m.From), m.Ref, short(m.To))
		}
		fmt.Fprintf(w, "%-24s %s\n", cell(m.Layer), cell(to))
	}
	for _, v := range plan.Verdicts() {
		if v != plan.Keep {
			printVerdict(w, p, v)
		}
	}
	fmt.Fprintln(w)
	t := &table{limits: []int{20, 8}}
	t.row("VERDICT", "ITEMS", "WORK, ROUGHLY")
	for _, s := range p.ByVerdict() {
		t.row(s.Name, fmt.Sprint(s.Items), s.Time())
	}
	if err := t.flush(w); err != nil {
		return err
	}
	fmt.Fprintln(w)
	t.limits = []int{30, 8}
	t.row("OWNER", "TO DO", "WORK, ROUGHLY")
	for _, s := range p.ByOwner() {
		if s.Work > 0 {
			t.row(plan.Owner(s.Name), fmt.Sprint(s.Work), s.Time())
		}
	}
	if err := t.flush(w); err != nil {
		return err
	}
	for _, text := range p.Problems {
		fmt.Fprintf(w, "\nNot known: %s\n", term.SafeLine(text))
	}
	total := p.Total()
	_, err := fmt.Fprintf(w, "\n%d things of ours, %d need something: roughly %s\n", total.Items, total.Work, total.Time())
	return err
}

// printVerdict prints the items of one verdict.
func printVerdict(w io.Writer, p *plan.Plan, v plan.Verdict) {
	first := true
	for _, i := range p.Items {
		if i.Verdict != v {
			continue
		}
		if first {
			fmt.Fprintf(w, "\n%s\n", v)
			first = false
		}
		fmt.Fprintf(w, "  %s\n", cell(i.Layer+":"+i.Path))
		fmt.Fprint(w, wrapped([]string{i.Why, plan.Owner(i.Owner), i.Effort.String()}, "    "))
	}
}

// printPlanJSON prints the moves, items, upgrades and problems as JSON lines of
// these types.
func printPlanJSON(w io.Writer, p *plan.Plan) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	line := func(kind string, v any) error {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		fields := map[string]any{}
		if err := json.Unmarshal(b, &fields); err != nil {
			return err
		}
		fields["type"] = kind
		return enc.Encode(fields)
	}
	if err := line("plan", map[string]any{"target": p.Target, "series": p.Series}); err != nil {
		return err
	}
	for _, m := range p.Moves {
		if err := line("move", m); err != nil {
			return err
		}
	}
	for _, i := range p.Items {
		if err := line("item", i); err != nil {
			return err
		}
	}
	for _, u := range p.Upgrades {
		if err := line("upgrade", u); err != nil {
			return err
		}
	}
	for _, text := range p.Problems {
		if err := line("problem", map[string]string{"text": text}); err != nil {
			return err
		}
	}
	return nil
}
