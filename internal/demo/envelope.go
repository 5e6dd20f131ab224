package demo

import (
	"encoding/base64"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"strings"
)

// render is the mail as a list delivers it, as number n. Lines end in CRLF.
func (m *letter) render(l List, n int) []byte {
	if m.raw != "" {
		return []byte(crlf(m.raw + "\n\n"))
	}
	text := strings.TrimRight(m.text, "\n") + "\n"
	subject := m.subject
	if l.wraps() {
		text += l.footer(4000 + n)
		subject = l.tagged(subject)
	}
	var h strings.Builder
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&h, "%s: %s\n", name, value)
		}
	}
	from := m.from.address()
	if m.munged {
		local, domain, _ := strings.Cut(m.from.email, "@")
		_, host, _ := strings.Cut(l.Address, "@")
		field("Sender", l.Address)
		field("Reply-To", l.Address+", "+m.from.email)
		from = fmt.Sprintf("%q <%s=%s@%s>", m.from.name+" via "+host, local, domain, host)
	}
	field("From", from)
	field("To", l.Address)
	field("Cc", strings.Join(m.cc, ", "))
	field("Subject", mime.QEncoding.Encode("utf-8", subject))
	field("Date", m.from.moment(m.at).Format("Mon, 2 Jan 2006 15:04:05 -0700"))
	field("Message-ID", "<"+m.id+">")
	if m.answers != nil {
		field("In-Reply-To", "<"+m.answers.id+">")
		field("References", m.references())
	}
	field("List-Id", "<"+l.ID+">")
	field("List-Post", "<mailto:"+l.Address+">")
	field("MIME-Version", "1.0")
	field("Content-Type", "text/plain; charset=UTF-8")
	encoding, body := encode(text, m.encoding)
	field("Content-Transfer-Encoding", encoding)
	return []byte(crlf(h.String() + "\n" + body))
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// address is the human in a header field.
func (h human) address() string {
	return mime.QEncoding.Encode("utf-8", h.name) + " <" + h.email + ">"
}

// references are the message-ids of the thread above m, oldest first.
func (m *letter) references() string {
	if m.answers == nil {
		return ""
	}
	return strings.TrimSpace(m.answers.references() + " <" + m.answers.id + ">")
}

// encode is a text as it travels.
func encode(text, encoding string) (name, body string) {
	var b strings.Builder
	switch encoding {
	case "quoted-printable":
		w := quotedprintable.NewWriter(&b)
		fmt.Fprint(w, text) // a strings.Builder takes everything
		w.Close()
		return encoding, strings.ReplaceAll(b.String(), "\r\n", "\n")
	case "base64":
		s := base64.StdEncoding.EncodeToString([]byte(text))
		for len(s) > 76 {
			b.WriteString(s[:76] + "\n")
			s = s[76:]
		}
		return encoding, b.String() + s + "\n"
	}
	return "8bit", text
}

// wraps says whether the list adds its tag and a footer.
func (l List) wraps() bool { return strings.HasSuffix(l.Address, "@lists.example.net") }

// tagged is a subject with the list's tag.
func (l List) tagged(subject string) string {
	tag := "[" + strings.TrimSuffix(l.Name, "-devel") + "] "
	if rest, ok := strings.CutPrefix(subject, "Re: "); ok {
		return "Re: " + tag + rest
	}
	return tag + subject
}

// footer is what hosts of mailing lists like to add.
func (l List) footer(number int) string {
	const rule = "-=-=-=-=-=-=-=-=-=-=-=-\n"
	at := "https://lists.example.net/g/" + l.Name
	return "\n" + rule +
		"Links: You receive all messages sent to this group.\n" +
		fmt.Sprintf("View/Reply Online (#%d): %s/message/%d\n", number, at, number) +
		fmt.Sprintf("Mute This Topic: https://lists.example.net/mt/%d/1\n", 90000+number) +
		"Group Owner: " + l.Name + "+owner@lists.example.net\n" +
		"Unsubscribe: " + at + "/unsub [lists@harbor.example.com]\n" + rule
}
