package demo

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/upstreamd/upstreamd/internal/mailing/imap/imaptest"
)

// The account of the world's IMAP server.
const (
	IMAPUser     = "harbor"
	IMAPPassword = "only-in-the-demo"
)

// ServeIMAP serves the mailboxes to [IMAPUser] over TLS, on a free port of
// this machine, until ctx is done or stop is called. The address has host and
// port; caFile has the certificate to trust, which is made anew each time.
func (w *World) ServeIMAP(ctx context.Context) (addr, caFile string, stop func(), err error) {
	cert, ca, err := certificate()
	if err != nil {
		return "", "", nil, fmt.Errorf("demo: certificate: %w", err)
	}
	caFile = filepath.Join(w.dir, "imap-ca.pem")
	if err := os.WriteFile(caFile, ca, 0o644); err != nil {
		return "", "", nil, err
	}
	server, err := imaptest.Serve(imaptest.Options{
		User: IMAPUser, Password: IMAPPassword,
		TLS: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12},
	})
	if err != nil {
		return "", "", nil, fmt.Errorf("demo: IMAP server: %w", err)
	}
	closed := context.AfterFunc(ctx, func() { _ = server.Close() })
	stop = func() {
		if closed() {
			_ = server.Close() // nothing is lost with it
		}
	}
	// In order: the server numbers mailboxes as they come.
	for _, name := range slices.Sorted(maps.Keys(w.Mailboxes)) {
		if err := server.Append(name, w.Mailboxes[name]...); err != nil {
			stop()
			return "", "", nil, fmt.Errorf("demo: %w", err)
		}
	}
	return server.Addr().String(), caFile, stop, nil
}

// certificate makes a key and a certificate for this machine that signs
// itself, good for a year.
func certificate() (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "upstreamd demo"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	cert := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}
