package git

import "testing"

func TestRedact(t *testing.T) {
	for _, tt := range []struct{ location, want string }{
		{"/srv/git/zlib.git", "/srv/git/zlib.git"},
		{"git@example.org:zlib.git", "git@example.org:zlib.git"},
		{"ssh://git@example.org/zlib.git", "ssh://git@example.org/zlib.git"},
		{"https://example.org/zlib.git?a=@b", "https://example.org/zlib.git?a=@b"},
		{"https://ann:secret@example.org/zlib.git", "https://ann:xxxxx@example.org/zlib.git"},
		{"https://token@example.org/zlib.git", "https://xxxxx@example.org/zlib.git"},
		{"https://ann:50%@example.org/zlib.git", "https://xxxxx@example.org/zlib.git"},
		{"https://ann:se/cret@example.org:99999/zlib.git", "https://xxxxx@example.org:99999/zlib.git"},
		{"postgres://u:secret@db/name?sslmode=require&password=secret", "postgres://u:xxxxx@db/name?sslmode=require&password=xxxxx"},
		{"host=db user=u password=secret dbname=name", "host=db user=u password=xxxxx dbname=name"},
	} {
		if got := Redact(tt.location); got != tt.want {
			t.Errorf("Redact(%q) = %q, want %q", tt.location, got, tt.want)
		}
	}
}
