// Go's reference library, for the benchmark beside it: main CORPUS
//
// CORPUS has a reference a line. Each line on standard input is a command, answered by a line:
//
//	form, uuid   one round over the corpus: "NANOSECONDS VALID BYTES" of what the forms have
//	forms        a line for each reference, its form, or an empty one
//	keep named, keep form
//	             "BYTES COUNT": what so many kept values, a million at least, hold of the heap
//
// It runs on one thread, the garbage collector's work included, and times itself, so that the pipe
// does not count.
package main

import (
	"bufio"
	_ "crypto/sha256" // the algorithms of digests, which the library looks for and does not link
	_ "crypto/sha512"
	"fmt"
	"log"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/distribution/reference"
	"github.com/google/uuid"
)

// Where results go, so that no work can be left out.
var (
	keptUUID uuid.UUID
	keptForm string
)

func main() {
	runtime.GOMAXPROCS(1)
	if len(os.Args) != 2 {
		log.Fatal("usage: main CORPUS")
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	corpus := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	out := bufio.NewWriter(os.Stdout)
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		switch command := commands.Text(); command {
		case "form":
			round(out, corpus, func(form string) { keptForm = form })
		case "uuid":
			round(out, corpus, func(form string) {
				keptForm = form
				keptUUID = uuid.NewSHA1(uuid.NameSpaceURL, []byte(form))
			})
		case "forms":
			for _, input := range corpus {
				form, _ := formOf(input)
				fmt.Fprintln(out, form)
			}
		case "keep named":
			keep(out, corpus, named)
		case "keep form":
			keep(out, corpus, formOf)
		default:
			log.Fatalf("unknown command %q", command)
		}
		if err := out.Flush(); err != nil {
			log.Fatal(err)
		}
	}
}

// What a user of the library writes: the defaults of Docker.
func named(input string) (reference.Named, error) {
	name, err := reference.ParseNormalizedNamed(input)
	if err != nil {
		return nil, err
	}
	return reference.TagNameOnly(name), nil
}

// The digest form, else the tag form, in lower case as tags are joined.
func formOf(input string) (string, error) {
	name, err := named(input)
	if err != nil {
		return "", err
	}
	if digested, ok := name.(reference.Digested); ok {
		return strings.ToLower(name.Name()) + "@" + digested.Digest().String(), nil
	}
	return strings.ToLower(name.String()), nil
}

func round(out *bufio.Writer, corpus []string, use func(string)) {
	begin := time.Now()
	valid, bytes := 0, 0
	for _, input := range corpus {
		form, err := formOf(input)
		if err != nil {
			continue
		}
		use(form)
		valid++
		bytes += len(form)
	}
	fmt.Fprintln(out, time.Since(begin).Nanoseconds(), valid, bytes)
}

func keep[T any](out *bufio.Writer, corpus []string, normalize func(string) (T, error)) {
	before := heap()
	var all [][]T
	count := 0
	for count < 1_000_000 {
		var kept []T
		for _, input := range corpus {
			if value, err := normalize(input); err == nil {
				kept = append(kept, value)
			}
		}
		count += len(kept)
		// Without the room that growing has left.
		all = append(all, append([]T(nil), kept...))
	}
	after := heap()
	fmt.Fprintln(out, after-before, count)
	runtime.KeepAlive(all)
	runtime.KeepAlive(corpus)
}

// Bytes of live objects.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
