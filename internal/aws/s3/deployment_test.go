package s3

import (
	"archive/zip"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestGlobs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, name string
		want          bool
	}{
		{"*", "a/b.html", true},
		{"*.html", "a/b.html", true},
		{"*.html", "b.htm", false},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"[ab].js", "a.js", true},
		{"[!ab].js", "a.js", false},
		{"[!ab].js", "c.js", true},
		{"[.js", "[.js", true},
		{"a.c", "abc", false},
		{"dir/*", "dir/x/y", true},
		{"[z-a]", "[z-a]", true},
	} {
		if got := globbed(test.pattern).MatchString(test.name); got != test.want {
			t.Errorf("%s matches %s: %t, want %t", test.pattern, test.name, got, test.want)
		}
	}
}

// What CDK deploys: folders and archives, the later over the earlier, with filters, a prefix,
// headers and texts that stand for others.
func TestDeploy(t *testing.T) {
	t.Parallel()
	dir, folder := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{"index.html": "old", "config.json": `{"api":"<<marker>>"}`, "secret.txt": "s", "a/b.JS": "js", "font.woff2": "f"} {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	archive := filepath.Join(t.TempDir(), "asset.zip")
	writeZip(t, archive, map[string]string{"index.html": "new", "img/x.png": "png"})
	b := &Bucket{BucketName: "my-bucket", Deployments: []Deployment{{
		Sources: []DeploymentSource{{Path: folder, Markers: map[string]string{"<<marker>>": "https://x"}}, {Path: archive}},
		Prefix:  "web",
		Filters: []Filter{{false, globbed("*.txt")}},
		Header:  http.Header{"Cache-Control": {"max-age=60"}},
	}}}
	objects, err := b.deploy(dir, strings.NewReplacer())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for key, o := range objects {
		text, err := os.ReadFile(o.path)
		if err != nil {
			t.Fatal(err)
		}
		got[key] = string(text) + " " + o.header.Get("Content-Type") + " " + o.header.Get("Cache-Control")
	}
	want := map[string]string{
		"web/index.html":  "new text/html max-age=60",
		"web/config.json": `{"api":"https://x"} application/json max-age=60`,
		"web/a/b.JS":      "js text/javascript max-age=60",
		"web/img/x.png":   "png image/png max-age=60",
		"web/font.woff2":  "f binary/octet-stream max-age=60",
	}
	if !maps.Equal(got, want) {
		t.Errorf("objects = %q\nwant %q", got, want)
	}
	if tag := objects["web/a/b.JS"].etag; tag != `"32981a13284db7a021131df49e6cd203"` {
		t.Errorf("ETag = %s, want the MD5 of the text", tag)
	}
}

// What the handler of CDK's custom resource writes in place of a marker: json.dumps of
// Python leaves only printable ASCII as it is.
func TestEncodedMarkers(t *testing.T) {
	t.Parallel()
	const odd = "a\"b\\c\n\x7fé😀</x>"
	for _, test := range []struct{ value, encoding, want string }{
		{odd, literal, odd},
		{odd, unquotedJSONValue, `a\"b\\c\n\u007f\u00e9\ud83d\ude00</x>`},
		{odd, jsonValue, `"a\"b\\c\n\u007f\u00e9\ud83d\ude00</x>"`},
		{"plain-1.x", yamlString, "plain-1.x"},
		{"No", yamlString, `"No"`},
		{"https://x", yamlString, `"https://x"`},
		{"", yamlString, `""`},
	} {
		if got := encoded(test.value, test.encoding); got != test.want {
			t.Errorf("%q as %s = %s, want %s", test.value, test.encoding, got, test.want)
		}
	}
}

func TestArchivesThatLeadOut(t *testing.T) {
	t.Parallel()
	archive := filepath.Join(t.TempDir(), "asset.zip")
	writeZip(t, archive, map[string]string{"../out": "x"})
	if _, err := unzip(archive, t.TempDir()); err == nil || !strings.Contains(err.Error(), "leads out of it") {
		t.Errorf("error = %v, want it to say that an entry leads out", err)
	}
}

func writeZip(t *testing.T, file string, content map[string]string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := zip.NewWriter(f)
	for _, name := range slices.Sorted(maps.Keys(content)) {
		entry, err := w.Create(name)
		if err == nil {
			_, err = entry.Write([]byte(content[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// A link may lead to another file of the asset, and to nothing else of this machine.
func TestLinksThatLeadOut(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "id_ed25519")
	if err := os.WriteFile(outside, []byte("private"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		target string
		fails  bool
	}{
		"another file": {"index.html", false},
		"a file above": {filepath.Join("..", "index.html"), false},
		"absolute":     {outside, true},
		"relative":     {filepath.Join("..", "..", "..", "..", "..", "..", "..", "..", "..", outside), true},
		"nothing":      {"nowhere", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			if err := os.MkdirAll(filepath.Join(root, "a"), 0o700); err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{"index.html", "a/index.html"} {
				if err := os.WriteFile(filepath.Join(root, file), []byte("page"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink(test.target, filepath.Join(root, "a", "link")); err != nil {
				t.Skip(err) // Windows asks for a privilege
			}
			b := &Bucket{Deployments: []Deployment{{Sources: []DeploymentSource{{Path: root}}}}}
			objects, err := b.deploy(t.TempDir(), strings.NewReplacer())
			if failed := err != nil; failed != test.fails {
				t.Errorf("deploy: %v, %d objects, want an error: %t", err, len(objects), test.fails)
			}
		})
	}
}
