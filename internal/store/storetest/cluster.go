package storetest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// startCluster starts a PostgreSQL server of its own, listening on the
// loopback address only, and returns its URL. A small shell stays beside it
// and stops it when the test process has ended, however that ends: it waits
// for the end of a pipe that only the test process holds open.
func startCluster() (string, error) {
	bin, err := findPostgres()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "upstreamd-pg-")
	if err != nil {
		return "", err
	}
	as, err := postgresUser(dir)
	if err != nil {
		return "", err
	}
	data := filepath.Join(dir, "data")
	if err := run(as, filepath.Join(bin, "initdb"), "-D", data, "-U", "upstreamd", "-A", "trust", "--no-locale", "-E", "UTF8", "--no-sync"); err != nil {
		return "", err
	}
	port, err := freePort()
	if err != nil {
		return "", err
	}
	options := fmt.Sprintf("-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories=%s -c fsync=off -c max_connections=200", port, dir)
	pgctl := filepath.Join(bin, "pg_ctl")
	if err := run(as, pgctl, "-D", data, "-w", "-l", filepath.Join(dir, "log"), "-o", options, "start"); err != nil {
		return "", err
	}
	if err := stopWithUs(as, pgctl, data, dir); err != nil {
		return "", errors.Join(err, run(as, pgctl, "-D", data, "-m", "immediate", "stop"))
	}
	return fmt.Sprintf("postgres://upstreamd@127.0.0.1:%d/postgres?sslmode=disable", port), nil
}

// stopWithUs starts the shell that stops the server.
func stopWithUs(as *syscall.Credential, pgctl, data, dir string) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	cmd := exec.Command("/bin/sh", "-c", `cat >/dev/null; "$1" -D "$2" -m immediate stop; rm -rf "$3"`, "sh", pgctl, data, dir)
	cmd.Stdin = r
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as, Setpgid: true} // not to be interrupted with the tests
	if err := cmd.Start(); err != nil {
		return errors.Join(err, w.Close())
	}
	keepOpen = append(keepOpen, w)
	return nil
}

// keepOpen are the ends of the pipes; the garbage collector must not close them.
var keepOpen []*os.File

// findPostgres is the directory of the newest server that is installed.
func findPostgres() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errors.New("no server is installed (Debian: apt install postgresql), and UPSTREAMD_TEST_PG names none")
	}
	number := func(p string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(p))))
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return number(a) - number(b) })), nil
}

// freePort is a port that nobody listens on.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// run runs a program; its output is part of the error.
func run(as *syscall.Credential, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	log, err := os.CreateTemp("", "upstreamd-pg-*.log") // a pipe would stay open in the server
	if err != nil {
		return err
	}
	defer os.Remove(log.Name())
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%s: %w: %s", filepath.Base(name), err, said)
	}
	return nil
}
