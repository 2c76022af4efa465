package s3

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/streamfront/streamfront/internal/template"
)

// readNextjsDeployment reads the deployment that the construct library cdk-nextjs-standalone has
// in the place of CDK's.
//
// Source: cdk-nextjs-standalone 4.3, NextjsBucketDeployment and the handler of its custom
// resource, which guesses content types by the npm package mime-types: unlike the AWS CLI it knows
// fonts.
func readNextjsDeployment(r *template.Reader) Deployment {
	d := Deployment{Place: r.Place, Header: http.Header{}}
	r.Skip("ServiceToken", "ServiceTimeout", "sourceBucketName", "destinationBucketName", "prune", "queueSize", "zip")
	d.Prefix = r.Text("destinationKeyPrefix", template.Quiet).V
	for extension, typ := range fonts {
		d.Rules = append(d.Rules, HeaderRule{regexp.MustCompile(`\.` + extension + `\z`), http.Header{"Content-Type": {typ}}})
	}
	put := r.Object("putConfig", template.Quiet)
	for _, pattern := range put.Names() {
		options, header := put.Object(pattern, template.Quiet), http.Header{}
		for name, field := range putHeaders {
			if v := options.Text(name, template.Quiet); v.Given {
				header.Set(field, v.V)
			}
		}
		d.Rules = append(d.Rules, HeaderRule{globstar(pattern), header})
	}
	source := DeploymentSource{Markers: readMarkers(r.Object("substitutionConfig", template.Quiet), nil, literal)}
	key := r.Text("sourceKeyPrefix", template.Required, template.Quiet)
	if !key.Known() {
		return d
	}
	var err error
	if source.Path, err = r.Resource.Stack.AssetPath(key.V); err != nil {
		r.Unmodelled("sourceKeyPrefix", ": %v", err)
		return d
	}
	d.Sources = []DeploymentSource{source}
	return d
}

var fonts = map[string]string{"woff": "font/woff", "woff2": "font/woff2", "ttf": "font/ttf", "otf": "font/otf"}

// putHeaders are the parameters of PutObject that objects get headers by.
var putHeaders = map[string]string{
	"CacheControl": "Cache-Control", "ContentDisposition": "Content-Disposition", "ContentEncoding": "Content-Encoding",
	"ContentLanguage": "Content-Language", "ContentType": "Content-Type", "Expires": "Expires",
}

// globstar turns a pattern of the npm package micromatch into a regular expression: ** any
// folders, * a part of a name, ? one character, {a,b} one of both.
func globstar(pattern string) *regexp.Regexp {
	expression := regexp.QuoteMeta(pattern)
	for _, pair := range [][2]string{
		{`\*\*/`, `(?:.*/)?`}, {`\*\*`, `.*`}, {`\*`, `[^/]*`}, {`\?`, `[^/]`}, {`\{`, `(?:`}, {`,`, `|`}, {`\}`, `)`},
	} {
		expression = strings.ReplaceAll(expression, pair[0], pair[1])
	}
	compiled, err := regexp.Compile(`(?s)\A` + expression + `\z`)
	if err != nil {
		return regexp.MustCompile(`\A` + regexp.QuoteMeta(pattern) + `\z`) // braces that are no pair
	}
	return compiled
}
