// Judges a log as Go's checksum database does: verify_log FILE.json
//
// The file names the log's public key and gives checkpoints, inclusion proofs, consistency proofs and, where there is
// one, the folder of a whole copy in the layout of tlog-tiles. Every one of them is checked with
// golang.org/x/mod/sumdb/note and tlog alone.
package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type inclusion struct {
	Entry    int64
	Leaf     string
	TreeSize int64
	RootHash string
	Hashes   []string
}

type consistency struct {
	FromSize, ToSize int64
	FromRoot, ToRoot string
	Hashes           []string
}

type evidence struct {
	Key         string
	Witness     string
	Checkpoints []string
	Inclusions  []inclusion
	Consistency []consistency
	Copy        string
}

func fail(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", arguments...)
	os.Exit(1)
}

// ecdsaVerifier and witnessVerifier are the two kinds of keys that package note leaves to others.
type ecdsaVerifier struct {
	name string
	hash uint32
	key  *ecdsa.PublicKey
}

func (v ecdsaVerifier) Name() string    { return v.name }
func (v ecdsaVerifier) KeyHash() uint32 { return v.hash }
func (v ecdsaVerifier) Verify(msg, sig []byte) bool {
	digest := sha256.Sum256(msg)
	return ecdsa.VerifyASN1(v.key, digest[:], sig)
}

type witnessVerifier struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (v witnessVerifier) Name() string    { return v.name }
func (v witnessVerifier) KeyHash() uint32 { return v.hash }
func (v witnessVerifier) Verify(msg, sig []byte) bool {
	if len(sig) != 72 {
		return false
	}
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(v.key, []byte(signed), sig[8:])
}

func verifier(vkey string) note.Verifier {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		fail("%s is no public key", vkey)
	}
	encoded, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(encoded) < 2 {
		fail("%s: %v", vkey, err)
	}
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil {
		fail("%s: %v", vkey, err)
	}
	switch encoded[0] {
	case 1:
		v, err := note.NewVerifier(vkey)
		if err != nil {
			fail("%s: %v", vkey, err)
		}
		return v
	case 2:
		sum := sha256.Sum256(encoded[1:])
		if binary.BigEndian.Uint32(sum[:]) != uint32(hash) {
			fail("%s: not the id of the key", vkey)
		}
		key, err := x509.ParsePKIXPublicKey(encoded[1:])
		if err != nil {
			fail("%s: %v", vkey, err)
		}
		return ecdsaVerifier{parts[0], uint32(hash), key.(*ecdsa.PublicKey)}
	case 4:
		sum := sha256.Sum256([]byte(parts[0] + "\n" + string(encoded)))
		if binary.BigEndian.Uint32(sum[:]) != uint32(hash) {
			fail("%s: not the id of the key", vkey)
		}
		return witnessVerifier{parts[0], uint32(hash), encoded[1:]}
	}
	fail("%s: a kind of key that nobody knows", vkey)
	return nil
}

func hash(text string) tlog.Hash {
	h, err := tlog.ParseHash(text)
	if err != nil {
		fail("%q is no hash: %v", text, err)
	}
	return h
}

func hashes(texts []string) []tlog.Hash {
	var all []tlog.Hash
	for _, text := range texts {
		all = append(all, hash(text))
	}
	return all
}

// open checks the signatures of a checkpoint and answers its size and root.
func open(text string, log note.Verifier, witness string) (int64, tlog.Hash) {
	known := []note.Verifier{log}
	if witness != "" {
		known = append(known, verifier(witness))
	}
	opened, err := note.Open([]byte(text), note.VerifierList(known...))
	if err != nil {
		fail("checkpoint: %v\n%s", err, text)
	}
	if len(opened.Sigs) != len(known) {
		fail("checkpoint: %d of %d signatures\n%s", len(opened.Sigs), len(known), text)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != log.Name() || lines[3] != "" {
		fail("checkpoint: not three lines of %s\n%s", log.Name(), text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		fail("checkpoint: %v", err)
	}
	return size, hash(lines[2])
}

// indexed writes a number as tlog-tiles puts it into a path.
func indexed(n int64) string {
	text := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		text = fmt.Sprintf("x%03d/%s", n%1000, text)
	}
	return text
}

func readTile(folder, kind string, n int64, width int64) []byte {
	path := filepath.Join(folder, "tile", kind, indexed(n))
	if width < 256 {
		path = fmt.Sprintf("%s.p/%d", path, width)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		fail("copy: %v", err)
	}
	return data
}

// verifyCopy builds the whole tree from the bundles of entries, and compares it with tiles and checkpoint.
func verifyCopy(folder string, log note.Verifier) int64 {
	text, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		fail("copy: %v", err)
	}
	size, root := open(string(text), log, "")
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return found, nil
	})
	var number int64
	for n := int64(0); n*256 < size; n++ {
		width := size - n*256
		if width > 256 {
			width = 256
		}
		bundle := readTile(folder, "entries", n, width)
		for i := int64(0); i < width; i++ {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				fail("copy: bundle %d is cut", n)
			}
			length := int(binary.BigEndian.Uint16(bundle))
			added, err := tlog.StoredHashes(number, bundle[2:2+length], reader)
			if err != nil {
				fail("copy: %v", err)
			}
			stored = append(stored, added...)
			bundle = bundle[2+length:]
			number++
		}
		if len(bundle) != 0 {
			fail("copy: bundle %d is too long", n)
		}
	}
	computed, err := tlog.TreeHash(size, reader)
	if err != nil || computed != root {
		fail("copy: the entries give the root %v, not %v (%v)", computed, root, err)
	}
	tiles := 0
	for _, tile := range tlog.NewTiles(8, 0, size) {
		// Every width that a tile ever had is listed; those of this size are in the copy.
		if tile.W < 256 && tile.N<<8+int64(tile.W) != size>>(8*tile.L) {
			continue
		}
		want, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			fail("copy: %v", err)
		}
		if !bytes.Equal(readTile(folder, strconv.Itoa(tile.L), tile.N, int64(tile.W)), want) {
			fail("copy: tile %v is another", tile)
		}
		tiles++
	}
	fmt.Printf("copy: %d entries, %d tiles\n", size, tiles)
	return size
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		fail("%v", err)
	}
	var given evidence
	if err := json.Unmarshal(text, &given); err != nil {
		fail("%v", err)
	}
	log := verifier(given.Key)
	for _, checkpoint := range given.Checkpoints {
		open(checkpoint, log, given.Witness)
	}
	for _, p := range given.Inclusions {
		leaf := tlog.RecordHash([]byte(p.Leaf))
		if err := tlog.CheckRecord(hashes(p.Hashes), p.TreeSize, hash(p.RootHash), p.Entry, leaf); err != nil {
			fail("inclusion of %d in %d: %v", p.Entry, p.TreeSize, err)
		}
	}
	for _, p := range given.Consistency {
		err := tlog.CheckTree(hashes(p.Hashes), p.ToSize, hash(p.ToRoot), p.FromSize, hash(p.FromRoot))
		if err != nil {
			fail("consistency of %d with %d: %v", p.FromSize, p.ToSize, err)
		}
	}
	if given.Copy != "" {
		verifyCopy(given.Copy, log)
	}
	fmt.Printf("%d checkpoints, %d inclusions, %d consistencies verified\n",
		len(given.Checkpoints), len(given.Inclusions), len(given.Consistency))
}
