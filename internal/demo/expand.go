package demo

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// placeholder matches what scripts write where a value is not known before:
//
//	{{commit extfs-tools/hash-names}}      hash of a commit
//	{{short extfs-tools/hash-names}}       its first 12 digits
//	{{message extfs-devel/labels-v2/1}}    message-id of a mail, here of patch 1
//	{{date 30d}}                           the day 30 days ago
var placeholder = regexp.MustCompile(`\{\{(commit|short|message|date) ([^{}]+)\}\}`)

type wanted struct{ kind, arg string }

func placeholders(text string) []wanted {
	var all []wanted
	for _, g := range placeholder.FindAllStringSubmatch(text, -1) {
		all = append(all, wanted{g[1], g[2]})
	}
	return all
}

// expand replaces the placeholders in a text.
func (b *builder) expand(text string) (string, error) {
	var failed error
	text = placeholder.ReplaceAllStringFunc(text, func(s string) string {
		g := placeholder.FindStringSubmatch(s)
		v, err := b.value(g[1], g[2])
		if err != nil {
			failed = err
		}
		return v
	})
	return text, failed
}

func (b *builder) value(kind, arg string) (string, error) {
	switch kind {
	case "date":
		age, err := parseAge(arg)
		return b.Now.Add(-age).Format("2006-01-02"), err
	case "message":
		list, name, _ := strings.Cut(arg, "/")
		return b.messageID(list, name)
	}
	hash := b.Commits[arg]
	if hash == "" {
		return "", fmt.Errorf("no commit %s in the story", arg)
	}
	if kind == "short" {
		hash = hash[:12]
	}
	return hash, nil
}

// cutRepo parts "repository/commit".
func cutRepo(s string) (repo, name string, ok bool) { return strings.Cut(s, "/") }

// stamp reads "kenji 380d4h": who, and how long ago. The minutes come from the
// seed: people do not work at full hours.
func (b *builder) stamp(s, seed string) (stamp, error) {
	who, age, _ := strings.Cut(s, " ")
	h, err := humanOf(who)
	if err != nil {
		return stamp{}, err
	}
	d, err := parseAge(strings.TrimSpace(age))
	if err != nil {
		return stamp{}, err
	}
	return stamp{h, b.Now.Add(-d + time.Duration(seedOf(seed)%3000)*time.Second)}, nil
}

// parseAge reads "3d", "3d4h" or "4h".
func parseAge(s string) (time.Duration, error) {
	days, hours, ok := strings.Cut(s, "d")
	if !ok {
		days, hours = "0", s
	}
	n, err := strconv.Atoi(days)
	if err != nil {
		return 0, fmt.Errorf("%q is no age such as 3d4h", s)
	}
	d := time.Duration(n) * 24 * time.Hour
	if hours != "" {
		more, err := time.ParseDuration(hours)
		if err != nil {
			return 0, fmt.Errorf("%q is no age such as 3d4h", s)
		}
		d += more
	}
	if d < time.Hour {
		return 0, fmt.Errorf("%q is too near to now", s)
	}
	return d, nil
}

// seedOf is a number that looks random and depends on the words alone.
func seedOf(words ...string) uint32 {
	h := fnv.New32a()
	for _, w := range words {
		h.Write([]byte(w))
	}
	return h.Sum32()
}
