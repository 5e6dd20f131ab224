package demo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A letter is one mail before it is put into its envelope.
type letter struct {
	name     string // in the story: "labels-v2/1", "labels-v2-noor-1"
	id       string // message-id, without <>
	from     human
	at       time.Time
	subject  string
	cc       []string
	answers  *letter
	text     string
	encoding string // of the transfer; "" is as it is
	munged   bool   // the list rewrites the sender
	raw      string // an odd mail, as it is
}

// mails are the mails of one list, in the order of their dates.
func (b *builder) mails(ctx context.Context, l List) ([][]byte, error) {
	script, err := readScript(l.Name + ".story")
	if err != nil {
		return nil, err
	}
	letters := map[string]*letter{}
	var all []*letter
	for _, e := range script {
		some, err := b.letters(ctx, l, e, letters)
		if err != nil {
			return nil, fmt.Errorf("%s.story:%d: %w", l.Name, e.line, err)
		}
		for _, m := range some {
			letters[m.name] = m
			all = append(all, m)
		}
	}
	slices.SortStableFunc(all, func(x, y *letter) int { return x.at.Compare(y.at) })
	raw := make([][]byte, len(all))
	for i, m := range all {
		raw[i] = m.render(l, i)
	}
	return raw, nil
}

// letters are the mails of one entry of a list's script. Known are those that
// it may answer.
func (b *builder) letters(ctx context.Context, l List, e entry, known map[string]*letter) ([]*letter, error) {
	by, err := b.stamp(e.fields["by"], l.Name+e.args[0])
	if err != nil {
		return nil, err
	}
	m := &letter{
		name: e.args[0], from: by.human, at: by.at, subject: e.fields["subject"],
		encoding: e.fields["encoding"], munged: e.fields["munged"] == "yes",
	}
	if m.text, err = b.expand(e.text); err != nil {
		return nil, err
	}
	for _, key := range strings.Fields(e.fields["cc"]) {
		m.cc = append(m.cc, humans()[key].String())
	}
	if m.id, err = b.messageID(l.Name, m.name); err != nil {
		return nil, err
	}
	switch e.kind {
	case "mail":
		return []*letter{m}, nil
	case "odd":
		m.raw = m.text
		return []*letter{m}, nil
	case "reply":
		if m.answers = known[e.args[2]]; m.answers == nil {
			return nil, fmt.Errorf("no mail %s to answer", e.args[2])
		}
		if !m.answers.at.Before(m.at) {
			m.at = m.answers.at.Add(40 * time.Minute)
		}
		m.subject = "Re: " + strings.TrimPrefix(m.answers.subject, "Re: ")
		m.text = m.answers.quoted(m.text) + m.text
		return []*letter{m}, nil
	case "series":
		return b.series(ctx, l, e, *m)
	}
	return nil, fmt.Errorf("nothing is called %q", e.kind)
}

// series are the mails of a posting, as git send-email makes them: a second
// apart, and all answers to the first.
func (b *builder) series(ctx context.Context, l List, e entry, like letter) ([]*letter, error) {
	parts := strings.Fields(e.fields["parts"])
	prefix := cmp.Or(e.fields["prefix"], "PATCH")
	number := func(i int) string {
		if len(parts) == 1 && e.fields["cover"] == "" {
			return "[" + prefix + "] "
		}
		return fmt.Sprintf("[%s %d/%d] ", prefix, i, len(parts))
	}
	var all []*letter
	add := func(i int, subject, text string) error {
		m := like
		m.name = fmt.Sprintf("%s/%d", e.args[0], i)
		m.at = like.at.Add(time.Duration(i) * time.Second)
		m.subject, m.text = number(i)+subject, text
		if len(all) > 0 {
			m.answers = all[0]
		}
		var err error
		m.id, err = b.messageID(l.Name, m.name)
		all = append(all, &m)
		return err
	}
	var log, stat []string
	for i, part := range parts {
		p, err := b.patch(ctx, part)
		if err != nil {
			return nil, err
		}
		subject, text := mailOf(string(p), like.from)
		log, stat = append(log, "  "+subject), append(stat, statOf(text)...)
		if i == 0 && e.fields["cover"] != "" {
			if err := add(0, e.fields["cover"], ""); err != nil {
				return nil, err
			}
		}
		if err := add(i+1, subject, text); err != nil {
			return nil, err
		}
	}
	if e.fields["cover"] != "" {
		all[0].text = fmt.Sprintf("%s\n\n%s (%d):\n%s\n\n%s\n\n-- \n2.45.1\n", like.text, like.from.name, len(parts),
			strings.Join(log, "\n"), strings.Join(stat, "\n"))
	}
	return all, nil
}

// mailOf is the subject and the text that git send-email makes of a patch.
func mailOf(p string, sender human) (subject, text string) {
	head, text, _ := strings.Cut(p, "\n\n")
	head = strings.ReplaceAll(head, "\n ", " ") // folded lines
	author := ""
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "Subject":
			subject = strings.TrimPrefix(value, "[PATCH] ")
		case "From":
			author = value
		}
	}
	text = asSent(text, sender)
	if !strings.Contains(author, "<"+sender.email+">") {
		text = "From: " + author + "\n\n" + text
	}
	return subject, text + "-- \n2.45.1\n"
}

// asSent is a patch's text without the trailers that it got later: what others
// signed, and their reviews.
func asSent(text string, sender human) string {
	message, diff, _ := strings.Cut(text, "\n---\n")
	var kept []string
	for line := range strings.SplitSeq(message, "\n") {
		signed := strings.HasPrefix(line, "Signed-off-by: ") && !strings.Contains(line, sender.email)
		if !signed && !strings.HasPrefix(line, "Reviewed-by: ") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n") + "\n---\n" + diff
}

// statOf are the lines of a patch's diffstat that name files.
func statOf(text string) []string {
	_, rest, _ := strings.Cut(text, "\n---\n")
	var lines []string
	for line := range strings.Lines(rest) {
		if !strings.Contains(line, " | ") {
			break
		}
		lines = append(lines, strings.TrimRight(line, "\n"))
	}
	return lines
}

// quoted is the beginning of m as somebody quotes it who answers with text;
// "" where the text quotes by itself.
func (m *letter) quoted(text string) string {
	intro := fmt.Sprintf("On %s, %s wrote:\n", m.from.moment(m.at).Format("Mon, 2 Jan 2006 at 15:04"), m.from.name)
	if strings.HasPrefix(text, ">") {
		return intro
	}
	lines := strings.SplitN(m.text, "\n", 6)
	quote := ""
	for _, line := range lines[:min(5, len(lines))] {
		if line == "---" {
			break
		}
		quote += strings.TrimRight("> "+line, " ") + "\n"
	}
	return intro + quote + "\n"
}

// messageID is the message-id of a mail of a list by its name in the story:
// that of git send-email for a posting ("labels-v2/1"), else one that looks
// like a mail program's.
func (b *builder) messageID(list, name string) (string, error) {
	entryName, part, posted := strings.Cut(name, "/")
	script, err := readScript(list + ".story")
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(script, func(e entry) bool { return len(e.args) > 0 && e.args[0] == entryName })
	if i < 0 {
		return "", fmt.Errorf("no mail %s on %s", name, list)
	}
	by, err := b.stamp(script[i].fields["by"], list+entryName)
	if err != nil {
		return "", err
	}
	seed := seedOf(list, entryName)
	_, domain, _ := strings.Cut(by.email, "@")
	if !posted {
		return fmt.Sprintf("%08x.%x@%s", seed, by.at.Unix(), domain), nil
	}
	n := int(part[0] - '0')
	if script[i].fields["cover"] != "" {
		n++
	}
	return fmt.Sprintf("%s.%d-%d-%s", by.at.UTC().Format("20060102150405"), 1000+seed%60000, n, by.email), nil
}
