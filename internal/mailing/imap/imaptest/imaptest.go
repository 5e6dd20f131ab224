// Package imaptest serves mailboxes from memory over IMAP, for tests and for
// the demo. It is a real server by the IMAP library's own code, in process; it
// knows LOGIN and PLAIN. Real servers for tests are in imapdtest.
package imaptest

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"sync"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// A Server is a running server with one user.
type Server struct {
	user *imapmemserver.User
	imap *imapserver.Server
	ln   net.Listener
	done sync.WaitGroup
}

// Options say what to serve.
type Options struct {
	Addr      string // to listen on; "" is a free port of the loopback address
	User      string
	Password  string
	Mailboxes map[string][][]byte // messages by mailbox, oldest first
	TLS       *tls.Config         // nil is no TLS
	StartTLS  bool                // offer TLS by STARTTLS only, instead of from the start
	Log       io.Writer           // what goes over the wire, passwords too; nil is nowhere
}

// Serve starts a server. The caller closes it.
func Serve(o Options) (*Server, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	s := &Server{user: imapmemserver.NewUser(o.User, o.Password)}
	for name, mails := range o.Mailboxes {
		if err := s.Append(name, mails...); err != nil {
			return nil, err
		}
	}
	ln, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, err
	}
	s.ln = ln
	if o.TLS != nil && !o.StartTLS {
		s.ln = tls.NewListener(ln, o.TLS)
	}
	mem := imapmemserver.New()
	mem.AddUser(s.user)
	options := imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}},
		Logger:       log.New(io.Discard, "", 0),
		InsecureAuth: o.TLS == nil || !o.StartTLS,
		DebugWriter:  o.Log,
	}
	if o.StartTLS {
		options.TLSConfig = o.TLS
	}
	s.imap = imapserver.New(&options)
	s.done.Go(func() { _ = s.imap.Serve(s.ln) }) // ends when the server is closed
	return s, nil
}

// Addr is the host and port to connect to.
func (s *Server) Addr() *net.TCPAddr { return s.ln.Addr().(*net.TCPAddr) }

// Append adds messages to a mailbox, which is made if there is none.
func (s *Server) Append(mailbox string, mails ...[]byte) error {
	if _, err := s.user.Status(mailbox, &imap.StatusOptions{}); err != nil {
		if err := s.user.Create(mailbox, nil); err != nil {
			return fmt.Errorf("mailbox %s: %w", mailbox, err)
		}
	}
	for _, m := range mails {
		if _, err := s.user.Append(mailbox, literal{bytes.NewReader(m)}, &imap.AppendOptions{}); err != nil {
			return fmt.Errorf("mailbox %s: %w", mailbox, err)
		}
	}
	return nil
}

// Recreate empties a mailbox as if it had been deleted and made again: it has
// another UIDVALIDITY and its UIDs begin anew.
func (s *Server) Recreate(mailbox string, mails ...[]byte) error {
	if err := s.user.Delete(mailbox); err != nil {
		return err
	}
	return s.Append(mailbox, mails...)
}

// Close stops the server and waits until it has.
func (s *Server) Close() error {
	err := s.imap.Close()
	s.done.Wait()
	return err
}

// A literal is a message on its way into a mailbox.
type literal struct{ *bytes.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }
