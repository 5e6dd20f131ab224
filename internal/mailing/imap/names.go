package imap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// Mailboxes lists the mailboxes that match an IMAP pattern ("*" is all) and can
// be opened, sorted. public-inbox-imapd lists the parents of its mailboxes too,
// as if they were some: they are empty.
func (c *Client) Mailboxes(ctx context.Context, pattern string) ([]string, error) {
	if err := checkName(pattern); err != nil {
		return nil, err
	}
	var names []string
	err := c.do(ctx, listLimit, func() error {
		cmd := c.c.List("", pattern, nil)
		for d := cmd.Next(); d != nil; d = cmd.Next() {
			if canOpen(d.Attrs) && len(names) < maxNames {
				names = append(names, d.Mailbox)
			}
		}
		return cmd.Close()
	})
	sort.Strings(names)
	return slices.Compact(names), err
}

// Expand finds the mailboxes that are meant by the names of a configuration,
// in their order and each once:
//
//   - a name with * or % in it is a pattern: all that match;
//   - the name of a list that public-inbox-imapd serves is its slices, name.0,
//     name.1 and so on, of 50,000 messages each, as many as there are by now;
//   - any other is itself, whether it is there or not.
//
// A pattern that nothing matches is an error that matches [ErrMailbox]; what
// the other names mean is returned with it.
func (c *Client) Expand(ctx context.Context, names []string) ([]string, error) {
	var all []string
	var errs []error
	for _, name := range names {
		found, err := c.expand(ctx, name)
		switch {
		case errors.Is(err, ErrMailbox):
			errs = append(errs, err)
		case err != nil:
			return nil, err
		}
		for _, n := range found {
			if !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
	}
	return all, errors.Join(errs...)
}

func (c *Client) expand(ctx context.Context, name string) ([]string, error) {
	if strings.ContainsAny(name, "*%") {
		found, err := c.Mailboxes(ctx, name)
		if err == nil && len(found) == 0 {
			err = fmt.Errorf("account %s: mailbox %q: %w matches%s", c.name, name, ErrMailbox, c.offer(ctx))
		}
		return found, err
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	below, err := c.Mailboxes(ctx, name+".%")
	if err != nil {
		return nil, err
	}
	var slice []string
	for slices.Contains(below, name+"."+strconv.Itoa(len(slice))) {
		slice = append(slice, name+"."+strconv.Itoa(len(slice)))
	}
	if len(slice) == 0 {
		return []string{name}, nil
	}
	if own, err := c.Mailboxes(ctx, name); err != nil || len(own) == 0 {
		return slice, err
	}
	return append([]string{name}, slice...), nil // a real mailbox may have such children too
}

// canOpen says if a listed name is a mailbox and no mere parent of one.
func canOpen(attrs []imap.MailboxAttr) bool {
	return !slices.ContainsFunc(attrs, func(a imap.MailboxAttr) bool {
		return strings.EqualFold(string(a), string(imap.MailboxAttrNoSelect)) || strings.EqualFold(string(a), string(imap.MailboxAttrNonExistent))
	})
}

// checkName refuses what could not be a mailbox of a configuration: the
// library quotes names, but a control character is never meant.
func checkName(name string) error {
	if name == "" || len(name) > 1000 || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Errorf("mailbox %q: %w", name, ErrMailbox)
	}
	return nil
}

// offer names mailboxes that there are, for the error that says one is not.
func (c *Client) offer(ctx context.Context) string {
	const most = 8
	names, err := c.Mailboxes(ctx, "*")
	if err != nil || len(names) == 0 {
		return ""
	}
	more := ""
	if len(names) > most {
		names, more = names[:most], ", ..."
	}
	return fmt.Sprintf("; there are: %s%s", strings.Join(names, ", "), more)
}
