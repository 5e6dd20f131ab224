package policy

import (
	"encoding/json"
	"io"
	"net/url"
	"strings"

	"github.com/upstreamd/upstreamd/internal/term"
)

// The parts of SARIF 2.1.0 that are written, as
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/ names them.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		ColumnKind  string            `json:"columnKind"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string       `json:"id"`
		Short   sarifMessage `json:"shortDescription"`
		Full    sarifMessage `json:"fullDescription"`
		Help    sarifMessage `json:"help"`
		Default sarifLevel   `json:"defaultConfiguration"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level     string          `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
	}
	sarifResult struct {
		RuleID    string            `json:"ruleId"`
		RuleIndex int               `json:"ruleIndex"`
		Level     string            `json:"level"`
		Message   sarifMessage      `json:"message"`
		Locations []sarifLocation   `json:"locations"`
		Prints    map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		Line int `json:"startLine"`
	}
)

// WriteSARIF writes a report for programs that show findings beside the code.
// Version is that of this program; failed are inputs that could not be read.
func (r *Report) WriteSARIF(w io.Writer, version string, failed []string) error {
	run := sarifRun{
		Tool: sarifTool{sarifDriver{Name: "upstreamd", Version: version}}, ColumnKind: "unicodeCodePoints",
		Invocations: []sarifInvocation{{Successful: len(failed) == 0}}, Results: []sarifResult{},
	}
	index := map[string]int{}
	for i, rule := range Rules() {
		index[rule.ID] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			rule.ID, sarifMessage{rule.Short + "."}, sarifMessage{rule.Help}, sarifMessage{rule.Help}, sarifLevel{rule.Level},
		})
	}
	for _, f := range r.Findings {
		run.Results = append(run.Results, sarifResult{
			RuleID: f.Rule.ID, RuleIndex: index[f.Rule.ID], Level: f.Rule.Level, Message: sarifMessage{safe(f.Text)},
			Locations: []sarifLocation{r.location(f.Source, f.File, f.Line)},
			Prints:    map[string]string{"upstreamd/v1": f.Fingerprint()},
		})
	}
	notes := &run.Invocations[0].Notifications
	for _, text := range failed {
		*notes = append(*notes, sarifNotification{Level: "error", Message: sarifMessage{safe(text)}})
	}
	for _, n := range r.Notes {
		note := sarifNotification{Level: "note", Message: sarifMessage{safe(n.Text)}}
		if n.File != "" {
			note.Locations = []sarifLocation{r.location(n.Source, n.File, 0)}
		}
		*notes = append(*notes, note)
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(sarifLog{
		"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", "2.1.0", []sarifRun{run},
	})
}

// location is a place as SARIF has it. Bytes that a URI does not have are
// percent-encoded, whatever they are.
func (r *Report) location(source, file string, line int) sarifLocation {
	parts := strings.Split(r.Place(source, file), "/")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(url.PathEscape(p), ":", "%3A") // the first could be taken for a scheme
	}
	at := sarifLocation{sarifPhysical{Artifact: sarifArtifact{strings.Join(parts, "/")}}}
	if line > 0 {
		at.Physical.Region = &sarifRegion{line}
	}
	return at
}

// safe is a text of ours that may hold names by others, on one line.
func safe(s string) string { return term.SafeLine(s) }
