package local_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/local"
)

// A site that no BucketDeployment uploads, given as a folder. What a build writes there while the
// chain runs makes no difference.
func TestFolderInABucket(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, "index.html"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a site")
	chain := startChain(t, local.Options{Assembly: stranger(t, "origin-group"), Buckets: map[string]string{"SiteE53D7754": folder}})
	write("a longer site")
	resp, body := send(t, "GET", chain.Distributions()[0].URL+"/index.html", "")
	if resp.StatusCode != 200 || body != "a site" || resp.Header.Get("Content-Type") != "text/html" {
		t.Errorf("the page = %d %s %q, want that of the folder", resp.StatusCode, resp.Header.Get("Content-Type"), body)
	}
	if notes := strings.Join(chain.Notes(), "\n"); !strings.Contains(notes, "App/SiteE53D7754 has 1 object at") {
		t.Errorf("notes = %s", notes)
	}
}

func TestFolderInNoBucket(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ bucket, folder, want string }{
		"no such bucket": {"Sites", t.TempDir(), `no bucket that a function uses or a distribution asks is called "Sites" (--bucket): those here are ["App/SiteE53D7754" "App/Second394350F9"]`},
		"no such folder": {"App/SiteE53D7754", filepath.Join(t.TempDir(), "dist"), "copying the files of the bucket App/SiteE53D7754 (--bucket): "},
	} {
		_, err := local.Start(t.Context(), local.Options{Assembly: stranger(t, "origin-group"), Buckets: map[string]string{test.bucket: test.folder}})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}
