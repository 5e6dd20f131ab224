package web_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/upstreamd/upstreamd/internal/store/storetest"
	"github.com/upstreamd/upstreamd/web"
)

// TestServe answers on a listener, refuses headers that are too large, lets a
// request under way finish when it is told to stop, and then returns.
func TestServe(t *testing.T) {
	db := storetest.SQLite(t)
	entered, leave := make(chan bool), make(chan bool)
	server, err := web.New(web.Config{Store: db, Sessions: db.Sessions(), Ready: func(context.Context) error {
		entered <- true
		<-leave
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, ln) }()

	base := "http://" + ln.Addr().String()
	req, err := http.NewRequestWithContext(t.Context(), "GET", base+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Large", strings.Repeat("x", 200<<10))
	if res, err := http.DefaultClient.Do(req); err == nil {
		res.Body.Close()
		if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("a header of 200 KiB = %d", res.StatusCode)
		}
	}

	answer := make(chan string, 1)
	go func() {
		res, err := http.Get(base + "/readyz")
		if err != nil {
			answer <- err.Error()
			return
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		answer <- string(b)
	}()
	<-entered
	stop()
	close(leave)
	if got := <-answer; got != "ok\n" {
		t.Errorf("the request under way got %q", got)
	}
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("Serve = %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("Serve does not return")
	}
}

// TestSlowClients opens many connections that say nothing: others are served.
func TestSlowClients(t *testing.T) {
	db := storetest.SQLite(t)
	server, err := web.New(web.Config{Store: db, Sessions: db.Sessions()})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, ln) }()
	var slow []net.Conn
	for i := range 300 {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "GET /%d HTTP/1.1\r\nHost: x\r\nX-", i)
		slow = append(slow, c)
	}
	res, err := http.Get("http://" + ln.Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("beside %d slow clients: %d", len(slow), res.StatusCode)
	}
	slow[0].SetReadDeadline(time.Now().Add(15 * time.Second))
	if line, err := bufio.NewReader(slow[0]).ReadString('\n'); err != nil && err != io.EOF {
		t.Errorf("a slow client is not sent away: %q, %v", line, err)
	}
	for _, c := range slow {
		c.Close()
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("Serve = %v", err)
	}
}
