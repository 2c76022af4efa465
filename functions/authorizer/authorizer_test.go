package authorizer

import (
	"regexp"
	"testing"
)

// What goes into a template: one file each, of a size that loads fast, which needs nothing but
// Node.js and exports index.handler.
func TestBundles(t *testing.T) {
	t.Parallel()
	required := regexp.MustCompile(`require\("([^"]+)"\)`)
	for name, source := range map[string]string{"Signing": Signing, "Checking": Checking} {
		if n := len(source); n == 0 || n > 64<<10 {
			t.Errorf("%s has %d bytes, want at most 64 KiB", name, n)
		}
		for _, m := range required.FindAllStringSubmatch(source, -1) {
			switch m[1] {
			case "crypto", "https", "stream", "node:crypto":
			default:
				t.Errorf("%s requires %q, which Lambda@Edge may not have", name, m[1])
			}
		}
	}
}
