package git

import (
	"bufio"
	"os"
	"path/filepath"
)

// Shallow lists the commits at which the history of a shallow clone ends: git
// knows nothing of their parents, so the change that such a commit made cannot
// be told. It is empty for a whole repository.
func (r *Repo) Shallow() map[string]bool {
	f, err := os.Open(filepath.Join(filepath.Dir(r.objects), "shallow"))
	if err != nil {
		return nil
	}
	defer f.Close()
	ends := map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		ends[lines.Text()] = true
	}
	return ends
}
