package git

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// A remote is a source as git is told of it.
type remote struct {
	url      string
	protocol string   // the one that may be used
	set      []string // settings of this fetch
	ssh      string   // the ssh command
}

// A lookup finds the addresses of a host.
type lookup func(ctx context.Context, host string) ([]netip.Addr, error)

func lookupHost(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

const sshCommand = "ssh -o BatchMode=yes -o ConnectTimeout=30"

// remote checks the source's URL. The host of a URL from anywhere but the
// config file must have public addresses only, and git is bound to those that
// were checked: it would ask the name server again, and may be told another
// address then.
func (s Source) remote(ctx context.Context, find lookup) (remote, error) {
	u, err := s.parse()
	if err != nil {
		return remote{}, err
	}
	r := remote{url: s.URL, protocol: u.Scheme, ssh: sshCommand}
	if u.Scheme == "file" {
		r.url = u.Path
		return r, nil
	}
	if s.Local {
		return r, nil
	}
	if u.Scheme == "https" && proxied(u) {
		return r, nil // the proxy looks the name up, and guards its own network
	}
	addrs, err := publicAddrs(ctx, u.Hostname(), find)
	if err != nil {
		return remote{}, fmt.Errorf("git URL %q: %w", Redact(s.URL), err)
	}
	switch u.Scheme {
	case "https":
		r.set = []string{"http.curloptResolve=" + curlResolve(u, addrs)}
	case "ssh":
		r.ssh += fmt.Sprintf(" -o HostName=%s -o HostKeyAlias='%s'", addrs[0], hostKeyName(u))
	case "git":
		v := *u
		v.Host = addrs[0].String()
		if addrs[0].Is6() {
			v.Host = "[" + v.Host + "]"
		}
		if p := u.Port(); p != "" {
			v.Host += ":" + p
		}
		r.url = v.String()
	}
	return r, nil
}

// proxied reports whether a proxy of the environment is used for u.
func proxied(u *url.URL) bool {
	p, err := http.ProxyFromEnvironment(&http.Request{URL: u})
	return err == nil && p != nil
}

// curlResolve is the form HOST:PORT:ADDRESS,... of curl's CURLOPT_RESOLVE.
func curlResolve(u *url.URL, addrs []netip.Addr) string {
	port := u.Port()
	if port == "" {
		port = "443"
	}
	list := make([]string, len(addrs))
	for i, a := range addrs {
		list[i] = a.String()
		if a.Is6() {
			list[i] = "[" + list[i] + "]"
		}
	}
	return u.Hostname() + ":" + port + ":" + strings.Join(list, ",")
}

// hostKeyName is the name by which ssh's known_hosts has the host of u.
func hostKeyName(u *url.URL) string {
	if p := u.Port(); p != "" && p != "22" {
		return "[" + u.Hostname() + "]:" + p
	}
	return u.Hostname()
}

// publicAddrs returns the addresses of host, all of which must be public.
func publicAddrs(ctx context.Context, host string, find lookup) ([]netip.Addr, error) {
	addrs := []netip.Addr{}
	if a, err := netip.ParseAddr(host); err == nil {
		addrs = append(addrs, a)
	} else if addrs, err = find(ctx, host); err != nil || len(addrs) == 0 {
		return nil, fmt.Errorf("host %s: %w", host, ErrUnreachable)
	}
	for i, a := range addrs {
		addrs[i] = a.Unmap()
		if !public(addrs[i]) {
			return nil, fmt.Errorf("host %s has the private address %s: %w", host, addrs[i], ErrUnsafe)
		}
	}
	return addrs, nil
}

// special are the networks of IANA's special-purpose registries that are not
// globally reachable, or that lead into IPv4, and that netip does not know.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("fec0::/10"),
}

// public reports whether a is an address of the open internet.
func public(a netip.Addr) bool {
	if a.Zone() != "" || !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
