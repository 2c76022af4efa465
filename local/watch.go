package local

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/sources"
)

// watchInterval is how often files are looked at. Looking is portable, needs no library,
// and costs a few milliseconds.
const watchInterval = 500 * time.Millisecond

// A fingerprint reports whether files have changed: by name, size and time.
type fingerprint struct{ assembly, sources [sha256.Size]byte }

func (c *Chain) fingerprint() fingerprint {
	if c.options.Watch == nil {
		return fingerprint{}
	}
	f := fingerprint{assembly: stamp(c.options.Assembly)}
	all := sha256.New()
	for _, dir := range c.options.Sources {
		s := stamp(dir)
		all.Write(s[:])
	}
	all.Sum(f.sources[:0])
	return f
}

// stamp sums up the files in and below a folder, leaving out what is not a source: hidden
// folders, packages of npm, and assemblies.
func stamp(root string) [sha256.Size]byte {
	sum := sha256.New()
	sources.Walk(root, func(name string) bool {
		return strings.HasPrefix(name, ".") || name == "node_modules" || strings.HasPrefix(name, "cdk.out")
	}, func(path string, info fs.FileInfo) {
		fmt.Fprintln(sum, path, info.Size(), info.ModTime().UnixNano())
	})
	var out [sha256.Size]byte
	sum.Sum(out[:0])
	return out
}

// watch reloads after changes until ctx ends. It waits for a moment in which nothing
// changes: a synthesis writes many files.
func (c *Chain) watch(ctx context.Context, served fingerprint) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	last := served
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		now := c.fingerprint()
		settled := now == last
		last = now
		if !settled || now == served {
			continue
		}
		// A new assembly has its functions built already; sources that changed after it do
		// not show in it.
		fresh := now.assembly == served.assembly
		served = now
		err := c.load(ctx, fresh)
		if ctx.Err() != nil {
			return
		}
		c.options.Watch(err)
	}
}
