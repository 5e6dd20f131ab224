package imapdtest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
)

// A Fault is what goes wrong on one connection.
type Fault struct {
	After   int64  // bytes of the server that come through before it; 0 is all of them
	Sent    int64  // or bytes of the client
	Reset   bool   // the connection is reset, not closed
	Stall   bool   // or nothing is forwarded any more, and nothing closed
	Trickle int    // at most so many bytes are forwarded at once; 0 is as they come
	Poison  []byte // what closes the connection when the server sends it; nil: nothing does
}

// A Proxy stands between a client and a server and makes connections fail.
type Proxy struct {
	Port int

	mu    sync.Mutex
	plan  func(n int) Fault
	count int
	bytes [2]int64
	open  map[net.Conn]bool
}

// StartProxy starts a proxy before a port of this machine. The connections fail
// as plan says, counted from 0. It ends with the test.
func StartProxy(t testing.TB, port int, plan func(n int) Fault) *Proxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	p := &Proxy{Port: ln.Addr().(*net.TCPAddr).Port, plan: plan, open: map[net.Conn]bool{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			all.Go(func() { p.serve(client, port) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		p.Cut()
		all.Wait()
	})
	return p
}

// Plan changes what goes wrong from now on, counted from 0 again.
func (p *Proxy) Plan(plan func(n int) Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan, p.count, p.bytes = plan, 0, [2]int64{}
}

// Connections is how many there have been since the plan was made.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// Bytes is how many bytes came through since the plan was made, of the server
// and of the client.
func (p *Proxy) Bytes() (server, client int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bytes[0], p.bytes[1]
}

// Cut closes all connections.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		c.Close()
	}
}

func (p *Proxy) serve(client net.Conn, port int) {
	server, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		client.Close()
		return
	}
	p.mu.Lock()
	fault := p.plan(p.count)
	p.count++
	p.open[client], p.open[server] = true, true
	p.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { p.forward(client, server, fault, fault.After, 0) })
	both.Go(func() { p.forward(server, client, fault, fault.Sent, 1) })
	both.Wait()
	p.mu.Lock()
	delete(p.open, client)
	delete(p.open, server)
	p.mu.Unlock()
}

// forward copies from one to the other until the fault or the end.
func (p *Proxy) forward(to, from net.Conn, fault Fault, most int64, way int) {
	size := 32 << 10
	if fault.Trickle > 0 {
		size = fault.Trickle
	}
	limit := most
	var tail []byte
	for buf := make([]byte, size); most == 0 || limit > 0; {
		b := buf
		if most > 0 {
			b = buf[:min(int64(len(buf)), limit)]
		}
		n, err := from.Read(b)
		if n > 0 {
			limit -= int64(n)
			p.mu.Lock()
			p.bytes[way] += int64(n)
			p.mu.Unlock()
			if tail = append(tail, b[:n]...); way == 0 && fault.Poison != nil && bytes.Contains(tail, fault.Poison) {
				break
			}
			tail = tail[max(0, len(tail)-len(fault.Poison)):]
			if _, err := to.Write(b[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	if most > 0 && limit <= 0 {
		if fault.Stall {
			_, _ = io.Copy(io.Discard, from) // until somebody has had enough
		}
		if tcp, ok := to.(*net.TCPConn); ok && fault.Reset {
			_ = tcp.SetLinger(0)
		}
	}
	to.Close()
	from.Close()
}
