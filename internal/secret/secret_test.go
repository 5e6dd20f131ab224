package secret

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadFile(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		mode       os.FileMode
		want       string
		err        error
		words      string
	}{
		{name: "private", text: "s3cret\n", mode: 0o600, want: "s3cret"},
		{name: "read-only", text: " s3cret", mode: 0o400, want: "s3cret"},
		{name: "world", text: "s3cret", mode: 0o644, err: ErrExposed},
		{name: "group", text: "s3cret", mode: 0o640, err: ErrExposed},
		{name: "empty", text: "\n", mode: 0o600, words: "empty"},
	} {
		path := filepath.Join(t.TempDir(), tt.name)
		if err := os.WriteFile(path, []byte(tt.text), tt.mode); err != nil {
			t.Fatal(err)
		}
		got, err := ReadFile(path)
		if tt.words != "" {
			if err == nil || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("%s: ReadFile = %q, %v, want an error with %q", tt.name, got, err, tt.words)
			}
			continue
		}
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: ReadFile = %q, %v, want %q, %v", tt.name, got, err, tt.want, tt.err)
		}
	}
	if _, err := ReadFile(t.TempDir()); err == nil {
		t.Error("a directory is no secret")
	}
}
