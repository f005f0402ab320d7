// Verifies chains as Go does: verify_chain LEAF.pem INTERMEDIATE.pem ROOT.pem [LEAF INTERMEDIATE ROOT ...].
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

func read(path string) *x509.Certificate {
	text, err := os.ReadFile(path)
	if err != nil {
		fail(path, err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		fail(path, fmt.Errorf("no PEM block"))
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		fail(path, err)
	}
	return certificate
}

func fail(path string, err error) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
	os.Exit(1)
}

func main() {
	paths := os.Args[1:]
	for i := 0; i+2 < len(paths); i += 3 {
		intermediates, roots := x509.NewCertPool(), x509.NewCertPool()
		intermediates.AddCert(read(paths[i+1]))
		roots.AddCert(read(paths[i+2]))
		_, err := read(paths[i]).Verify(x509.VerifyOptions{
			Intermediates: intermediates,
			Roots:         roots,
			KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
		})
		if err != nil {
			fail(paths[i], err)
		}
	}
	fmt.Println(len(paths)/3, "chains verified")
}
