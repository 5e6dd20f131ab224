package secret

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCommand(t *testing.T) {
	t.Setenv("UPSTREAMD_DATABASE_URL", "postgres://geheim")
	for _, tt := range []struct {
		name, script, want, words string
	}{
		{name: "a line", script: "echo ' t0ken '", want: "t0ken"},
		{name: "no line feed", script: "printf t0ken", want: "t0ken"},
		{name: "what it says aside is not looked at", script: "echo refreshing >&2; echo t0ken", want: "t0ken"},
		{name: "a child that stays behind", script: "sleep 60 & echo t0ken", want: "t0ken"},
		{name: "our settings are not its business", script: "echo t0ken$UPSTREAMD_DATABASE_URL", want: "t0ken"},
		{name: "no input", script: "read x || echo t0ken", want: "t0ken"},
		{name: "failure", script: "echo geheim; echo geheim >&2; exit 3", words: "exit status 3; run it by hand"},
		{name: "silence", script: "true", words: "printed nothing"},
		{name: "a message", script: "echo geheim; echo geheim", words: "more than one line"},
		{name: "without end", script: "yes geheim | tr -d '\\n' | head -c 1000000", words: "more than a secret"},
		{name: "hangs", script: "sleep 60", words: "no answer within"},
		{name: "hangs and does not want to die", script: "trap '' TERM INT HUP; sleep 60 & wait; sleep 60", words: "no answer within"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			most := 20 * time.Second
			if strings.HasPrefix(tt.name, "hangs") {
				most = 300 * time.Millisecond
			}
			begun := time.Now()
			got, err := command(t.Context(), []string{"sh", "-c", tt.script}, most)
			said := fmt.Sprint(err)
			if got != tt.want || (err != nil) != (tt.words != "") || !strings.Contains(said, tt.words) || strings.Contains(said, "geheim") {
				t.Errorf("command = %q, %v, want %q, error with %q", got, err, tt.want, tt.words)
			}
			if took := time.Since(begun); took > 15*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
	for _, argv := range [][]string{nil, {""}, {"/nowhere/token"}, {t.TempDir()}} {
		if _, err := Command(t.Context(), argv); err == nil {
			t.Errorf("Command(%q): no error", argv)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Command(ctx, []string{"echo", "t0ken"}); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

// TestToken: a token is kept until it is rejected, wherever it comes from.
func TestToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(s string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, token := range map[string]*Token{"command": TokenFrom([]string{"cat", file}, ""), "file": TokenFrom(nil, file)} {
		write("one\n")
		for i, tt := range []struct{ file, rejected, want string }{
			{"one", "", "one"}, {"two", "", "one"}, {"two", "one", "two"}, {"two", "two", "two"}, {"three", "one", "two"},
		} {
			write(tt.file)
			if got, err := token.Value(t.Context(), tt.rejected); got != tt.want || err != nil {
				t.Errorf("%s: step %d: Value(%q) = %q, %v, want %q", name, i, tt.rejected, got, err, tt.want)
			}
		}
		write("")
		if got, err := token.Value(t.Context(), "two"); err == nil {
			t.Errorf("%s: nothing there: %q", name, got)
		}
	}
}
