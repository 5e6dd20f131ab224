package plan

import (
	"os"
	"testing"

	"golang.org/x/tools/txtar"
)

// writeCase writes a case back.
func writeCase(t *testing.T, name string, a *txtar.Archive) {
	t.Helper()
	if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}
