package s3

import (
	"archive/zip"
	"crypto/md5" //nolint:gosec // what the ETag of an object is
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/streamfront/streamfront/internal/archive"
	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/regular"
	"github.com/streamfront/streamfront/internal/template"
)

// A Deployment is a BucketDeployment of CDK: files of assets that it copies into a bucket.
//
// Source: AWS CDK, "aws-cdk-lib.aws_s3_deployment module", and the handler of its custom
// resource, which calls 'aws s3 sync' of the AWS CLI.
type Deployment struct {
	template.Place
	Sources []DeploymentSource // a later one overwrites what an earlier one has
	Prefix  string             // of the keys
	Filters []Filter           // the last one that matches a file decides; without one it is in
	Header  http.Header        // of every object
	Rules   []HeaderRule       // a later one wins
}

// A HeaderRule gives headers to the objects of some files: those whose name, with a slash before
// it, matches.
type HeaderRule struct {
	Pattern *regexp.Regexp
	Header  http.Header
}

// A DeploymentSource is an asset, with the texts in its files that stand for others.
type DeploymentSource struct {
	Path    string // on this machine: a folder or a zip file
	Markers map[string]string
}

// A Filter takes files in, or leaves them out.
type Filter struct {
	Include bool
	Pattern *regexp.Regexp
}

// readDeployments reads what is copied into the bucket.
func (b *Bucket) readDeployments(a *assembly.Assembly) {
	for _, kind := range []struct {
		typ, bucket string
		read        func(*template.Reader) Deployment
	}{
		{"Custom::CDKBucketDeployment", "DestinationBucketName", readDeployment},
		{"Custom::NextjsBucketDeployment", "destinationBucketName", readNextjsDeployment},
	} {
		for _, res := range template.Each(a, kind.typ, b.Log) {
			name, err := res.Stack.Resolve(res.RawProperties()[kind.bucket])
			if err != nil || name != b.BucketName {
				continue
			}
			template.Read(res, b.Log, func(r *template.Reader) { b.Deployments = append(b.Deployments, kind.read(r)) })
		}
	}
}

func readDeployment(r *template.Reader) Deployment {
	d := Deployment{Place: r.Place, Header: http.Header{}}
	// What is done to the bucket after the first deployment, and to distributions, makes no
	// difference to what there is after it.
	r.Skip("ServiceToken", "ServiceTimeout", "SourceBucketNames", "DestinationBucketName", "DestinationBucketArn", "RetainOnDelete", "Prune",
		"DistributionId", "DistributionPaths", "WaitForDistributionInvalidation", "SignContent", "OutputObjectKeys")
	d.Prefix = strings.TrimPrefix(r.Text("DestinationBucketKeyPrefix", template.Quiet).V, "/")
	if r.Bool("Extract", template.Default(true), template.Quiet).Is(false) {
		r.Unmodelled("Extract", "is false: the local chain does not make the archives of assets")
	}
	keys := r.Texts("SourceObjectKeys", template.Required, template.Quiet)
	markers, _ := r.Objects("SourceMarkers", template.Quiet)
	configs, _ := r.Objects("SourceMarkersConfig", template.Quiet)
	for i, key := range keys.Items {
		if !key.Known() {
			continue // which was found
		}
		source := DeploymentSource{}
		var err error
		if source.Path, err = r.Resource.Stack.AssetPath(key.V); err != nil {
			r.Unmodelled("SourceObjectKeys", ": %v", err)
			continue
		}
		if i < len(markers) {
			encodings, otherwise := map[string]string(nil), literal
			if i < len(configs) {
				encodings, otherwise = readEncodings(configs[i])
			}
			source.Markers = readMarkers(markers[i], encodings, otherwise)
		}
		d.Sources = append(d.Sources, source)
	}
	for _, list := range []struct {
		name string
		in   bool
	}{{"Exclude", false}, {"Include", true}} {
		for _, pattern := range r.Texts(list.name, template.Quiet).Items {
			d.Filters = append(d.Filters, Filter{list.in, globbed(pattern.V)})
		}
	}
	d.readMetadata(r)
	return d
}

// systemMetadata are the options of 'aws s3 sync' that CDK sets, and the headers that objects
// get by them.
var systemMetadata = map[string]string{
	"cache-control": "Cache-Control", "content-disposition": "Content-Disposition", "content-encoding": "Content-Encoding",
	"content-language": "Content-Language", "content-type": "Content-Type", "expires": "Expires",
}

func (d *Deployment) readMetadata(r *template.Reader) {
	user := r.Object("UserMetadata", template.Quiet)
	for _, name := range user.Names() {
		d.Header.Set(metaPrefix+strings.TrimPrefix(strings.ToLower(name), "x-amz-meta-"), user.Text(name, template.Quiet).V)
	}
	system := r.Object("SystemMetadata", template.Quiet)
	// Who may read an object is up to the bucket; where it is stored costs money.
	system.Skip("storage-class", "acl")
	for name, header := range systemMetadata {
		if v := system.Text(name, template.Quiet); v.Given {
			d.Header.Set(header, v.V)
		}
	}
	if system.Has("sse") {
		system.Text("sse", template.Quiet, template.Models("AES256"))
	}
}

// globbed turns a pattern of the AWS CLI into a regular expression: * any run, ? one
// character, [ab] one of these, [!ab] none of them. Slashes are no exception.
func globbed(pattern string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteByte('.')
		case '[':
			end := strings.IndexByte(pattern[i+1:], ']')
			if end < 1 {
				b.WriteString(`\[`)
				continue
			}
			set := strings.ReplaceAll(pattern[i+1:i+1+end], `\`, `\\`)
			if set[0] == '!' {
				set = "^" + set[1:]
			}
			b.WriteString("[" + set + "]")
			i += end + 1
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	expression, err := regexp.Compile(b.String() + `\z`)
	if err != nil {
		return regexp.MustCompile(`\A` + regexp.QuoteMeta(pattern) + `\z`) // a set that is none
	}
	return expression
}

func (d *Deployment) takes(name string) bool {
	in := true
	for _, f := range d.Filters {
		if f.Pattern.MatchString(name) {
			in = f.Include
		}
	}
	return in
}

// maxDeployed bounds what is taken out of the archives of one deployment, in bytes.
const maxDeployed = 4 << 30

// deploy returns the objects of the bucket's deployments by their keys. What is not on disk
// as it is deployed is written below dir.
func (b *Bucket) deploy(dir string, here *strings.Replacer) (map[string]object, error) {
	objects := map[string]object{}
	for i := range b.Deployments {
		d := &b.Deployments[i]
		for _, source := range d.Sources {
			if err := d.copy(source, dir, here, objects); err != nil {
				return nil, fmt.Errorf("%s: %w", d.Place, err)
			}
		}
	}
	return objects, nil
}

func (d *Deployment) copy(source DeploymentSource, dir string, here *strings.Replacer, objects map[string]object) error {
	root := source.Path
	if strings.HasSuffix(root, ".zip") {
		unpacked, err := unzip(root, dir)
		if err != nil {
			return err
		}
		root = unpacked
	}
	return filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if err := staysIn(root, file, entry); err != nil {
			return err
		}
		relative, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(relative)
		if name == "." { // an asset that is one file
			name = filepath.Base(file)
		}
		if !d.takes(name) {
			return nil
		}
		if file, err = source.replaceMarkers(file, dir, here); err != nil {
			return err
		}
		o, err := objectOf(file)
		if err != nil {
			return err
		}
		o.header = http.Header{"Content-Type": {contentType(name)}}
		maps.Copy(o.header, d.Header)
		for _, rule := range d.Rules {
			if rule.Pattern.MatchString("/" + name) {
				maps.Copy(o.header, rule.Header)
			}
		}
		objects[path.Join(d.Prefix, name)] = o
		return nil
	})
}

// staysIn says that a link leads out of the asset. CDK would follow it, and put into the bucket
// what is no part of the assembly; here it would be served to everyone.
func staysIn(root, file string, entry fs.DirEntry) error {
	if entry.Type()&fs.ModeSymlink == 0 {
		return nil
	}
	base, err := filepath.EvalSymlinks(root)
	if err != nil {
		return err
	}
	target, err := filepath.EvalSymlinks(file)
	if err != nil {
		return err
	}
	if relative, err := filepath.Rel(base, target); err != nil || !filepath.IsLocal(relative) {
		return fmt.Errorf("%s is a link to %s, which is not in the asset %s: copy the file there", file, target, root)
	}
	return nil
}

// objectOf makes an object of a file, which stays where it is.
func objectOf(file string) (object, error) {
	f, err := regular.Open(file)
	if err != nil {
		return object{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return object{}, err
	}
	tag := md5.New() //nolint:gosec // see above
	size, err := io.Copy(tag, f)
	return object{path: file, size: size, etag: `"` + hex.EncodeToString(tag.Sum(nil)) + `"`, modified: info.ModTime().UTC()}, err
}

// unzip unpacks an archive below dir.
func unzip(file, dir string) (string, error) {
	contents, err := archive.Open(file)
	if err != nil {
		return "", err
	}
	defer contents.Close()
	root, err := os.MkdirTemp(dir, "asset-")
	if err != nil {
		return "", err
	}
	left := int64(maxDeployed)
	for _, entry := range contents.File {
		if !filepath.IsLocal(entry.Name) {
			return "", fmt.Errorf("%s has an entry %q, which leads out of it", file, entry.Name)
		}
		if !entry.Mode().IsRegular() {
			continue // folders, which the files make, and links, which CDK follows before
		}
		n, err := unpack(entry, filepath.Join(root, filepath.FromSlash(entry.Name)), left)
		if err != nil {
			return "", fmt.Errorf("%s: %w", file, err)
		}
		if left -= n; left <= 0 {
			return "", fmt.Errorf("%s unpacks to more than %d bytes", file, int64(maxDeployed))
		}
	}
	return root, nil
}

func unpack(entry *zip.File, to string, most int64) (int64, error) {
	in, err := entry.Open()
	if err != nil {
		return 0, err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return 0, err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(out, io.LimitReader(in, most))
	return n, errors.Join(err, out.Close(), os.Chtimes(to, entry.Modified, entry.Modified))
}

// contentType is what the AWS CLI guesses of a file's name.
func contentType(name string) string {
	if typ, ok := contentTypes[strings.ToLower(path.Ext(name))]; ok {
		return typ
	}
	return "binary/octet-stream" // the default of Amazon S3
}

// contentTypes are those by extension that web sites have, as the AWS CLI has them from Python
// 3.13. Fonts are not among them: Python does not know them before 3.14 (assumed to be what
// CDK's function runs).
var contentTypes = map[string]string{
	".aac": "audio/aac", ".avi": "video/x-msvideo", ".avif": "image/avif", ".bin": "application/octet-stream", ".bmp": "image/bmp",
	".css": "text/css", ".csv": "text/csv", ".doc": "application/msword", ".eps": "application/postscript", ".gif": "image/gif",
	".heic": "image/heic", ".heif": "image/heif", ".htm": "text/html", ".html": "text/html", ".ico": "image/vnd.microsoft.icon",
	".jpe": "image/jpeg", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".js": "text/javascript", ".json": "application/json",
	".m3u8": "application/vnd.apple.mpegurl", ".md": "text/markdown", ".mjs": "text/javascript", ".mov": "video/quicktime",
	".mp3": "audio/mpeg", ".mp4": "video/mp4", ".mpeg": "video/mpeg", ".mpg": "video/mpeg", ".opus": "audio/opus",
	".pdf": "application/pdf", ".png": "image/png", ".ppt": "application/vnd.ms-powerpoint", ".ps": "application/postscript",
	".py": "text/x-python", ".rtf": "text/rtf", ".sh": "application/x-sh", ".srt": "text/plain", ".svg": "image/svg+xml",
	".tar": "application/x-tar", ".tif": "image/tiff", ".tiff": "image/tiff", ".tsv": "text/tab-separated-values", ".txt": "text/plain",
	".vcf": "text/x-vcard", ".vtt": "text/vtt", ".wasm": "application/wasm", ".wav": "audio/x-wav", ".webm": "video/webm",
	".webmanifest": "application/manifest+json", ".webp": "image/webp", ".xls": "application/vnd.ms-excel", ".xml": "text/xml",
	".xsl": "application/xml", ".zip": "application/zip",
}

// Deployed counts the objects of the deployments.
func (s *Server) Deployed(b *Bucket) int { return len(s.deployed[b.BucketName]) }

// Deploy puts the files of the assembly into the buckets. Some are written below dir. In files
// that get values from the deployment, which tell a page where its API is, here puts the
// addresses of this machine into the place of AWS's.
func (s *Server) Deploy(dir string, here *strings.Replacer) error {
	s.deployed = map[string]map[string]object{}
	for _, b := range s.Buckets {
		objects, err := b.deploy(dir, here)
		if err != nil {
			return err
		}
		s.deployed[b.BucketName] = objects
	}
	return nil
}

// open returns an object and its bytes, nil if there is none. What came by a request is in the
// place of what was deployed.
func (s *Server) open(bucket, key string) (object, *os.File, error) {
	o, f, err := s.Store.open(bucket, key)
	if f != nil || err != nil {
		return o, f, err
	}
	o, ok := s.deployed[bucket][key]
	if !ok {
		return object{}, nil, nil
	}
	f, err = os.Open(o.path)
	return o, f, err
}
