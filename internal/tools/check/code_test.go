package check_test

import (
	"archive/zip"
	"os"
	"path/filepath"
	"testing"
)

// The code of functions is in folders, as CDK leaves it, or in archives, as bundlers do.
func TestCodeInAssets(t *testing.T) {
	t.Parallel()
	const signs, other = "exports.handler = async (e) => sign(e, 'x-amz-content-sha256');", "exports.handler = async (e) => e;"
	missing := []string{"error payload-hash-missing Distribution"}
	for name, test := range map[string]struct {
		asset string
		files map[string]string
		want  []string
	}{
		"folder":                    {"asset.1", map[string]string{"index.js": signs}, nil},
		"folder with folders":       {"asset.1", map[string]string{"index.mjs": other, "lib/sign.cjs": signs}, nil},
		"archive":                   {"asset.1.zip", map[string]string{"index.js": signs}, nil},
		"folder without a signer":   {"asset.1", map[string]string{"index.js": other, "README.md": signs}, missing},
		"archive without a signer":  {"asset.1.zip", map[string]string{"index.js": other, "index.js.map": signs}, missing},
		"folder without any code":   {"asset.1", map[string]string{"README.md": signs}, []string{"warning value-unknown Distribution"}},
		"folder that is not there":  {"asset.1", nil, []string{"warning value-unknown Distribution"}},
		"archive that is not there": {"asset.1.zip", nil, []string{"warning value-unknown Distribution"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := endpoint()
			r.at("Signer")["Code"] = object{"S3Bucket": "assets", "S3Key": "1.zip"}
			dir := writeWithAsset(t, r, "1.zip", test.asset)
			writeCode(t, filepath.Join(dir, test.asset), test.files)
			wantFindings(t, dir, test.want...)
		})
	}
}

// writeWithAsset writes an assembly of the stack Site with one asset, and returns its folder.
func writeWithAsset(t *testing.T, r resources, key, path string) string {
	t.Helper()
	dir := t.TempDir()
	writeJSON(t, filepath.Join(dir, "Site.template.json"), object{"Resources": r})
	writeJSON(t, filepath.Join(dir, "Site.assets.json"), object{"files": object{"asset": object{
		"source": object{"path": path}, "destinations": object{"here": object{"objectKey": key}},
	}}})
	writeJSON(t, filepath.Join(dir, "manifest.json"), object{"artifacts": object{
		"Site": object{
			"type": "aws:cloudformation:stack", "environment": "aws://111122223333/us-east-1",
			"properties": object{"templateFile": "Site.template.json"},
		},
		"Site.assets": object{"type": "cdk:asset-manifest", "properties": object{"file": "Site.assets.json"}},
	}})
	return dir
}

// writeCode writes a folder or, by the name, an archive; nothing if there are no files.
func writeCode(t *testing.T, path string, files map[string]string) {
	t.Helper()
	if files == nil {
		return
	}
	if filepath.Ext(path) != ".zip" {
		for name, text := range files {
			file := filepath.Join(path, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	archive := zip.NewWriter(out)
	for name, text := range files {
		w, err := archive.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
}
