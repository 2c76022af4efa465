package s3

import (
	"cmp"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/template"
)

// A Website is how a bucket serves its objects to browsers, by an address of its own.
//
// Source: Amazon S3 User Guide, "Hosting a static website using Amazon S3": index documents,
// custom error documents and redirects. Documented.
type Website struct {
	Index      template.Text // what is added to a path that ends with a slash
	Error      template.Text // the key of what answers errors
	Everywhere *redirect     // nil: not all requests are redirected
	Rules      []routingRule

	Log *template.Log // what was found in it, which concerns nobody but those who ask for the website
}

// A routingRule redirects by the beginning of the key, or by the status that would be answered.
type routingRule struct {
	prefix, status template.Text
	to             redirect
}

type redirect struct {
	host, protocol, code, prefix, key template.Text
}

func readWebsite(r *template.Reader) *Website {
	if !r.Given {
		return nil
	}
	w := &Website{Log: &template.Log{}}
	r.Into(w.Log)
	r.Hush()
	w.Index, w.Error = r.Text("IndexDocument"), r.Text("ErrorDocument")
	if all := r.Object("RedirectAllRequestsTo"); all.Given {
		all.Hush()
		w.Everywhere = &redirect{host: all.Text("HostName", template.Required), protocol: readProtocol(all)}
	}
	rules, _ := r.Objects("RoutingRules")
	for _, r := range rules {
		r.Hush()
		when, to := r.Object("RoutingRuleCondition"), r.Object("RedirectRule", template.Required)
		when.Hush()
		to.Hush()
		w.Rules = append(w.Rules, routingRule{
			prefix: when.Text("KeyPrefixEquals"), status: when.Text("HttpErrorCodeReturnedEquals"),
			to: redirect{
				host: to.Text("HostName"), protocol: readProtocol(to), code: to.Text("HttpRedirectCode"),
				prefix: to.Text("ReplaceKeyPrefixWith"), key: to.Text("ReplaceKeyWith"),
			},
		})
	}
	return w
}

func readProtocol(r *template.Reader) template.Text {
	return r.Text("Protocol", template.OneOf("http", "https"))
}

// WebsiteDomains are the domain names of the bucket's website.
func (b *Bucket) WebsiteDomains() []string {
	return []string{b.BucketName + ".s3-website-" + b.Region + ".amazonaws.com", b.BucketName + ".s3-website." + b.Region + ".amazonaws.com"}
}

// website answers as the website of a bucket. What it refuses is a page.
func (s *Server) website(w http.ResponseWriter, r *request) (string, *Error) {
	r.page, r.caller = true, Caller{Name: "everybody", Referer: r.Referer()}
	r.key = strings.TrimPrefix(r.URL.Path, "/")
	site := r.bucket.Website
	switch {
	case site == nil:
		return "", &Error{Code: "NoSuchWebsiteConfiguration", Message: "The specified bucket does not have a website configuration"}
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return "", &Error{Code: "MethodNotAllowed", Message: "The specified method is not allowed against this resource.", detail: "a website answers GET and HEAD"}
	case site.Everywhere != nil:
		return site.Everywhere.answer(w, r, ""), nil
	}
	asked := r.key
	if to := site.rule(asked, 0); to != nil {
		return to.to.answer(w, r, to.prefix.V), nil
	}
	if r.key == "" || strings.HasSuffix(r.key, "/") {
		r.key += site.Index.V
	}
	err := s.page(w, r, http.StatusOK)
	if err == nil {
		return "the website has " + r.key, nil
	}
	if err.Code == "NoSuchKey" && r.key == asked && s.has(r.bucket.BucketName, asked+"/"+site.Index.V) {
		location := (&url.URL{Path: "/" + asked + "/"}).EscapedPath()
		w.Header().Set("Location", location)
		w.WriteHeader(http.StatusFound)
		return "the index document is below " + location, nil
	}
	r.key = asked
	status := err.status()
	if to := site.rule(asked, status); to != nil {
		return to.to.answer(w, r, to.prefix.V), nil
	}
	if site.Error.V != "" {
		failed := *r
		failed.key = site.Error.V
		if s.page(w, &failed, status) == nil {
			return fmt.Sprintf("%d %s: %s %s, answered by %s", status, err.Code, err.Message, err.detail, site.Error.V), nil
		}
	}
	return "", err
}

// page answers with an object, under a status. That a missing one is 404, although nobody may
// list the bucket, is a field report.
func (s *Server) page(w http.ResponseWriter, r *request, status int) *Error {
	if err := s.authorize(r, "s3:GetObject"); err != nil {
		return err
	}
	object, content, err := s.open(r.bucket.BucketName, r.key)
	if err != nil {
		return internal(err)
	}
	if content == nil {
		return &Error{Code: "NoSuchKey", Message: "The specified key does not exist."}
	}
	defer content.Close()
	h := w.Header()
	for name, values := range object.header {
		h[name] = values
	}
	h.Set("ETag", object.etag)
	h.Set("Last-Modified", object.modified.Format(http.TimeFormat))
	if status == http.StatusOK {
		http.ServeContent(w, r.Request, "", object.modified, content)
		return nil
	}
	h.Set("Content-Length", strconv.FormatInt(object.size, 10))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = io.Copy(w, content) // the client left
	}
	return nil
}

func (s *Server) has(bucket, key string) bool {
	_, content, err := s.open(bucket, key)
	if content != nil {
		content.Close()
	}
	return err == nil && content != nil
}

// rule is the first one for a key and a status; status 0: before the object is looked for.
func (w *Website) rule(key string, status int) *routingRule {
	for i := range w.Rules {
		rule := &w.Rules[i]
		want := rule.status.V
		if strings.HasPrefix(key, rule.prefix.V) && (status == 0 && want == "" || status != 0 && want == strconv.Itoa(status)) {
			return rule
		}
	}
	return nil
}

// answer redirects. That the query is left off is assumed.
func (to *redirect) answer(w http.ResponseWriter, r *request, prefix string) string {
	key := r.key
	switch {
	case to.key.Given:
		key = to.key.V
	case to.prefix.Given:
		key = to.prefix.V + strings.TrimPrefix(key, prefix)
	}
	location := cmp.Or(to.protocol.V, "http") + "://" + cmp.Or(to.host.V, r.Host) + "/" + strings.TrimPrefix((&url.URL{Path: "/" + key}).EscapedPath(), "/")
	if strings.HasPrefix(key, "#") { // as of single-page applications
		location = cmp.Or(to.protocol.V, "http") + "://" + cmp.Or(to.host.V, r.Host) + "/" + key
	}
	status, err := strconv.Atoi(to.code.V)
	if err != nil {
		status = http.StatusMovedPermanently
	}
	w.Header().Set("Location", location)
	w.WriteHeader(status)
	return "redirected to " + location
}

// websiteOf is the bucket whose website the host is; nil if there is none.
func (s *Server) websiteOf(host string) *Bucket {
	i := slices.IndexFunc(s.Buckets, func(b *Bucket) bool { return slices.Contains(b.WebsiteDomains(), host) })
	if i < 0 {
		return nil
	}
	return s.Buckets[i]
}

// writePage answers with the error as the page of a website.
func writePage(w http.ResponseWriter, r *request, e *Error) {
	title := fmt.Sprintf("%d %s", e.status(), http.StatusText(e.status()))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(e.status())
	if r.Method != http.MethodHead {
		_, _ = fmt.Fprintf(w, "<html>\n<head><title>%s</title></head>\n<body>\n<h1>%s</h1>\n<ul>\n<li>Code: %s</li>\n<li>Message: %s</li>\n<li>Key: %s</li>\n<li>RequestId: %s</li>\n</ul>\n</body>\n</html>\n",
			title, title, e.Code, e.Message, html.EscapeString(r.key), r.id)
	}
}
