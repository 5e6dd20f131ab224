package git

import (
	"context"
	"errors"
	"net/netip"
	"testing"
)

// A name server that knows two hosts.
func testLookup(_ context.Context, host string) ([]netip.Addr, error) {
	switch host {
	case "git.example.org", "git.example.org.":
		return []netip.Addr{netip.MustParseAddr("93.184.216.34"), netip.MustParseAddr("2606:2800:220:1::1")}, nil
	case "rebind.example.org":
		return []netip.Addr{netip.MustParseAddr("93.184.216.34"), netip.MustParseAddr("127.0.0.1")}, nil
	}
	return nil, errors.New("no such host")
}

func TestRemote(t *testing.T) {
	for _, name := range []string{"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"} {
		t.Setenv(name, "")
	}
	const pin = "http.curloptResolve=git.example.org:443:93.184.216.34,[2606:2800:220:1::1]"
	for _, tt := range []struct {
		url, want, pin, ssh string
		err                 error
	}{
		{"https://git.example.org/zlib.git", "https://git.example.org/zlib.git", pin, "", nil},
		{"https://user:pw@git.example.org:443/zlib", "https://user:pw@git.example.org:443/zlib", pin, "", nil},
		{"git://git.example.org/zlib", "git://93.184.216.34/zlib", "", "", nil},
		{"git://git.example.org:9419/zlib", "git://93.184.216.34:9419/zlib", "", "", nil},
		{"ssh://git@git.example.org:2222/zlib", "ssh://git@git.example.org:2222/zlib", "",
			" -o HostName=93.184.216.34 -o HostKeyAlias='[git.example.org]:2222'", nil},
		{"https://93.184.216.34/zlib", "https://93.184.216.34/zlib", "http.curloptResolve=93.184.216.34:443:93.184.216.34", "", nil},
		{"https://none.example.org/zlib", "", "", "", ErrUnreachable},

		{"", "", "", "", ErrUnsafe},
		{"-oProxyCommand=id", "", "", "", ErrUnsafe},
		{"--upload-pack=id", "", "", "", ErrUnsafe},
		{"ext::sh -c id", "", "", "", ErrUnsafe},
		{"file:///etc", "", "", "", ErrUnsafe},
		{"/etc", "", "", "", ErrUnsafe},
		{"../x.bundle", "", "", "", ErrUnsafe},
		{"host:path", "", "", "", ErrUnsafe},
		{"http://git.example.org/zlib", "", "", "", ErrUnsafe},
		{"ftp://git.example.org/zlib", "", "", "", ErrUnsafe},
		{"HTTPS\n://git.example.org/", "", "", "", ErrUnsafe},
		{"https://git.example.org/\x00", "", "", "", ErrUnsafe},
		{"https://", "", "", "", ErrUnsafe},
		{"https:///path", "", "", "", ErrUnsafe},
		{"ssh://-oProxyCommand=id/x", "", "", "", ErrUnsafe},
		{"ssh://-oProxyCommand=id@git.example.org/x", "", "", "", ErrUnsafe},
		{"ssh://git.example.org/-upload-pack", "", "", "", ErrUnsafe},
		{"ssh://git.example.org/~-x", "", "", "", ErrUnsafe},
		{"ssh://git.example.org:22'id'/x", "", "", "", ErrUnsafe},
		{"ssh://git.example.org';id;'/x", "", "", "", ErrUnsafe},
		{"https://a%2fb/x", "", "", "", ErrUnsafe},
		{"https://[fe80::1%25eth0]/x", "", "", "", ErrUnsafe},
		{"https://127.0.0.1/x", "", "", "", ErrUnsafe},
		{"https://0177.0.0.1/x", "", "", "", ErrUnsafe},
		{"https://0x7f.1/x", "", "", "", ErrUnsafe},
		{"https://127.0x1/x", "", "", "", ErrUnsafe},
		{"https://2130706433/x", "", "", "", ErrUnsafe},
		{"https://127.1/x", "", "", "", ErrUnsafe},
		{"https://127.0.0.1./x", "", "", "", ErrUnsafe},
		{"https://[::1]/x", "", "", "", ErrUnsafe},
		{"https://[::ffff:10.0.0.1]/x", "", "", "", ErrUnsafe},
		{"https://[64:ff9b::7f00:1]/x", "", "", "", ErrUnsafe},
		{"https://[2002:7f00:1::]/x", "", "", "", ErrUnsafe},
		{"https://169.254.169.254/x", "", "", "", ErrUnsafe},
		{"https://100.64.0.1/x", "", "", "", ErrUnsafe},
		{"https://0.0.0.0/x", "", "", "", ErrUnsafe},
		{"git://192.168.1.1/x", "", "", "", ErrUnsafe},
		{"ssh://rebind.example.org/x", "", "", "", ErrUnsafe},
		{"https://rebind.example.org/x", "", "", "", ErrUnsafe},
	} {
		r, err := Source{URL: tt.url}.remote(t.Context(), testLookup)
		if !errors.Is(err, tt.err) || r.url != tt.want {
			t.Errorf("remote(%q) = %q, %v, want %q, %v", tt.url, r.url, err, tt.want, tt.err)
		}
		if tt.pin != "" && (len(r.set) != 1 || r.set[0] != tt.pin) || err == nil && tt.ssh != "" && r.ssh != sshCommand+tt.ssh {
			t.Errorf("remote(%q): settings %q, %q", tt.url, r.set, r.ssh)
		}
	}
	// The administrator may name hosts of the own network, and paths.
	for _, url := range []string{"https://10.0.0.1/x", "ssh://localhost/x", "/srv/git/x", "file:///srv/git/x", "x.bundle"} {
		if _, err := (Source{URL: url, Local: true}).remote(t.Context(), testLookup); err != nil {
			t.Errorf("remote(%q) of the config file: %v", url, err)
		}
	}
	for _, url := range []string{"ext::sh -c id", "-x", "ssh://-oProxyCommand=id/x", "x\ny"} {
		r, err := Source{URL: url, Local: true}.remote(t.Context(), testLookup)
		if err == nil && r.protocol != "file" {
			t.Errorf("remote(%q) of the config file: %+v", url, r)
		}
	}
}
