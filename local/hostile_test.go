package local_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/streamfront/streamfront/functions/viewer"
	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// The requests of testdata/hostile, each against a running chain: what is answered, and by
// whom. README.md there says how a row is written.
func TestHostileRequests(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/hostile/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	target := newTarget(t)
	rows := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			for _, row := range readRows(t, string(text)) {
				rows++
				t.Run(row.name, func(t *testing.T) {
					t.Parallel()
					for _, s := range row.steps {
						target.run(t, row.to, s)
					}
				})
			}
		})
	}
	const least = 200
	if rows < least {
		t.Errorf("there are %d hostile requests, want at least %d", rows, least)
	}
}

// A hostileRow is a row of the table: one request, or several that belong together.
type hostileRow struct {
	name, to string
	steps    []*step
}

// A step is one exchange over a connection of its own.
type step struct {
	line      int
	head      []string // lines of the request
	body      string
	commands  []string // what is done to the request before it is sent
	answers   []expected
	wants     []string // of the application's view of the last answer
	pipelines bool     // another request follows on the connection
}

// An expected answer has a status, a layer that gives it and, if it is told, a cause.
type expected struct{ status, layer, cause string }

func readRows(t *testing.T, text string) (rows []*hostileRow) {
	t.Helper()
	to := ""
	var row *hostileRow
	var s *step
	for i, line := range strings.Split(text, "\n") {
		kind, rest, _ := strings.Cut(line, " ")
		switch kind {
		case "", "#":
		case "##":
			to = rest
		case "*":
			row, s = &hostileRow{name: rest, to: to}, nil
			rows = append(rows, row)
		case ">", ">>", "!":
			if s == nil || len(s.answers) > 0 {
				s = &step{line: i + 1}
				row.steps = append(row.steps, s)
			}
			switch {
			case kind == ">":
				s.head = append(s.head, rest)
			case kind == ">>":
				s.body += rest
			case rest == "pipeline":
				s.pipelines = true
			default:
				s.commands = append(s.commands, rest)
			}
		case "<":
			status, layer, _ := strings.Cut(rest, " ")
			layer, cause, _ := strings.Cut(layer, ": ")
			s.answers = append(s.answers, expected{status, layer, cause})
		case "=", "-", "~":
			s.wants = append(s.wants, line)
		default:
			t.Fatalf("line %d: %q is not a line of a row", i+1, line)
		}
	}
	for _, row := range rows {
		if len(row.steps) == 0 {
			t.Errorf("%s: no request", row.name)
		}
		for _, s := range row.steps {
			if len(s.answers) == 0 {
				t.Errorf("%s: no answer is expected", row.name)
			}
		}
	}
	return rows
}

// A target is a running chain under attack.
type target struct {
	addresses map[string]string // of the listeners
	variables map[string]string
	behind    behind

	mu     sync.Mutex
	causes map[string]string // of requests to the distribution, by their ids
	traced chan struct{}     // closed when there is another
}

const invokerKey, invokerSecret = "AKIALOCAL", "made-up"

// newTarget starts a chain with everything that listens: beside the default behavior one that
// is cached, one that is cached by Authorization, one whose callers hash, and one for reading.
func newTarget(t *testing.T) *target {
	t.Helper()
	x := &target{causes: map[string]string{}, traced: make(chan struct{})}
	f := withBucket()
	config := f.at("Resources", "Distribution", "Properties", "DistributionConfig")
	config["Aliases"] = []any{"chat.example.com", "*.example.org"}
	config["ViewerCertificate"] = object{
		"AcmCertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/1", "SslSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021",
	}
	behavior := func(path string, methods []any, r viewer.Route, policy any) object {
		name := "Viewer" + strconv.Itoa(len(f.at("Resources")))
		f.at("Resources")[name] = object{"Type": "AWS::CloudFront::Function", "Properties": object{
			"AutoPublish": true, "FunctionCode": r.Source(), "FunctionConfig": object{"Comment": "", "Runtime": "cloudfront-js-2.0"}, "Name": name,
		}}
		return object{
			"PathPattern": path, "AllowedMethods": methods, "CachePolicyId": policy, "TargetOriginId": "function", "ViewerProtocolPolicy": "redirect-to-https",
			"OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
			"FunctionAssociations":  []any{object{"EventType": "viewer-request", "FunctionARN": object{"Fn::GetAtt": []any{name, "FunctionARN"}}}},
		}
	}
	policy := func(name string, headers []any) object {
		selection := object{"HeaderBehavior": "none"}
		if headers != nil {
			selection = object{"HeaderBehavior": "whitelist", "Headers": headers}
		}
		f.at("Resources")[name] = object{"Type": "AWS::CloudFront::CachePolicy", "Properties": object{"CachePolicyConfig": object{
			"Name": name, "MinTTL": 0.0, "DefaultTTL": 0.0, "MaxTTL": 31536000.0,
			"ParametersInCacheKeyAndForwardedToOrigin": object{
				"EnableAcceptEncodingGzip": false, "EnableAcceptEncodingBrotli": false, "HeadersConfig": selection,
				"CookiesConfig": object{"CookieBehavior": "none"}, "QueryStringsConfig": object{"QueryStringBehavior": "all"},
			},
		}}}
		return object{"Ref": name}
	}
	readOnly, all := []any{"GET", "HEAD"}, f.behavior()["AllowedMethods"].([]any)
	const disabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
	config["CacheBehaviors"] = []any{
		behavior("/kept/*", readOnly, viewer.Route{Anonymous: true}, policy("Shared", nil)),
		behavior("/own/*", readOnly, viewer.Route{Cached: true}, policy("Own", []any{"Authorization"})),
		behavior("/hashed/*", all, viewer.Route{Streamed: true}, disabled),
		behavior("/read/*", readOnly, viewer.Route{Streamed: true}, disabled),
	}
	chain := f.start(t, local.Options{
		TracePage: true, InvokerKey: &local.InvokerKey{ID: invokerKey, Secret: invokerSecret}, Trace: x.trace,
	})
	_, body := send(t, "GET", chain.URL(), "")
	var runtime struct{ Runtime string }
	if err := errors.Join(json.Unmarshal([]byte(body), &x.behind), json.Unmarshal([]byte(body), &runtime)); err != nil {
		t.Fatal(err)
	}
	x.addresses = map[string]string{
		"distribution": strings.TrimPrefix(chain.URL(), "http://"),
		"function url": strings.TrimPrefix(chain.FunctionURLs()[0].URL, "http://"),
		"s3":           strings.TrimPrefix(x.behind.S3, "http://"),
		"runtime":      runtime.Runtime,
	}
	x.variables = map[string]string{
		"$cloudfront": chain.Distributions()[0].DomainName, "$lambda": chain.FunctionURLs()[0].DomainName,
		"$distribution": x.addresses["distribution"], "$url": x.addresses["function url"], "$s3": x.addresses["s3"], "$runtime": x.addresses["runtime"],
	}
	return x
}

func (x *target) trace(tr local.Trace) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.causes[tr.ID] = fmt.Sprint(tr.Cause())
	close(x.traced)
	x.traced = make(chan struct{})
}

// cause waits for the trace with the id.
func (x *target) cause(t *testing.T, id string) string {
	t.Helper()
	for {
		x.mu.Lock()
		cause, ok := x.causes[id]
		traced := x.traced
		x.mu.Unlock()
		if ok {
			return cause
		}
		testclient.Receive(t, "the trace", traced)
	}
}

// A got is an answer that came.
type got struct {
	*http.Response
	body string
}

func (x *target) run(t *testing.T, to string, s *step) {
	t.Helper()
	request := x.request(t, to, s)
	conn := testclient.Dial(t, x.addresses[to])
	defer conn.Close()
	go func() { _, _ = io.WriteString(conn, request) }() // the answer may come before all is sent
	method, _, _ := strings.Cut(request, " ")
	var answers []got
	responses := bufio.NewReader(conn)
	for {
		resp, err := http.ReadResponse(responses, &http.Request{Method: method})
		if err != nil {
			var late net.Error
			if errors.As(err, &late) && late.Timeout() {
				t.Fatalf("line %d: the connection stays open after %d answers", s.line, len(answers))
			}
			break
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusContinue {
			answers = append(answers, got{resp, string(body)})
		}
	}
	var layers []string
	for _, a := range answers {
		layers = append(layers, fmt.Sprint(a.StatusCode, " ", layerOf(to, a)))
	}
	var wants []string
	for _, e := range s.answers {
		wants = append(wants, e.status+" "+e.layer)
	}
	if !slices.Equal(layers, wants) {
		body := ""
		if len(answers) > 0 {
			body = answers[0].body
		}
		t.Fatalf("line %d: answers = %q, want %q\n%.700s", s.line, layers, wants, body)
	}
	for i, e := range s.answers {
		if e.cause == "" {
			continue
		}
		if cause := x.cause(t, answers[i].Header.Get("X-Amz-Cf-Id")); cause != e.cause {
			t.Errorf("line %d: cause = %q, want %q", s.line, cause, e.cause)
		}
	}
	for _, want := range s.wants {
		x.check(t, s, x.expand(t, want), answers[0])
	}
}

// layerOf tells who gave an answer, by what each of them adds.
func layerOf(to string, a got) string {
	h := a.Header
	cache := h.Get("X-Cache")
	switch {
	case h.Get("Server") == "AmazonS3":
		return "s3"
	case strings.Contains(h.Get("Content-Security-Policy"), "trusted-types"):
		return "trace page"
	case h.Get("Server") == "CloudFront":
		return "cloudfront"
	case strings.HasPrefix(cache, "Lambda") || strings.HasPrefix(cache, "Function"):
		return "edge function"
	case strings.HasPrefix(cache, "Hit"):
		return "cache"
	case h.Get("X-Amzn-Errortype") != "" || h.Get("X-Amzn-Remapped-Errortype") != "":
		return "function url"
	case h.Get("X-Amzn-Trace-Id") != "":
		return "function"
	case to == "runtime" && h.Get("Content-Type") == "application/json":
		return "runtime api"
	}
	return "server"
}

// check looks at what the application saw, or at the answer itself.
func (x *target) check(t *testing.T, s *step, want string, a got) {
	t.Helper()
	kind, rest, _ := strings.Cut(want, " ")
	if kind == "~" { // the answer has the text, or with "not" does not
		text, not := strings.CutPrefix(rest, "not ")
		all := &bytes.Buffer{}
		_ = a.Header.Write(all)
		all.WriteString(a.body)
		if strings.Contains(all.String(), text) == not {
			t.Errorf("line %d: want %q in the answer: %t; it is %.2000s", s.line, text, !not, all)
		}
		return
	}
	var saw struct {
		seen
		Values http.Header
	}
	if err := json.Unmarshal([]byte(a.body), &saw); err != nil {
		t.Errorf("line %d: %v: %.300s", s.line, err, a.body)
		return
	}
	name, value, _ := strings.Cut(rest, " ")
	is := map[string]string{
		"method": saw.Method, "host": saw.Host, "target": saw.Target, "authorization": saw.Authorization, "length": strconv.Itoa(saw.Length),
	}
	current, ok := is[name]
	if !ok {
		current = strings.Join(saw.Values.Values(name), " | ")
	}
	if kind == "-" {
		value = ""
	}
	if current != value {
		t.Errorf("line %d: the application saw %s %q, want %q", s.line, name, current, value)
	}
}

// request writes the request of a step as it goes over the wire.
func (x *target) request(t *testing.T, to string, s *step) string {
	t.Helper()
	var lines []string
	host, connection, length := false, s.pipelines, false
	for _, line := range s.head {
		line = x.expand(t, line)
		lower := strings.ToLower(line)
		host = host || strings.HasPrefix(lower, "host")
		connection = connection || strings.HasPrefix(lower, "connection")
		length = length || strings.HasPrefix(lower, "content-length") || strings.HasPrefix(lower, "transfer-encoding")
		if line != "no host" {
			lines = append(lines, line)
		} else {
			host = true
		}
	}
	body := x.expand(t, s.body)
	if !host {
		lines = append(lines, "Host: "+x.addresses[to])
	}
	if !connection {
		lines = append(lines, "Connection: close")
	}
	if body != "" && !length {
		lines = append(lines, "Content-Length: "+strconv.Itoa(len(body)))
	}
	text := strings.Join(lines, "\r\n") + "\r\n\r\n" + body
	for _, command := range s.commands {
		text = x.do(t, command, text, body)
	}
	if s.pipelines {
		text += "GET /next HTTP/1.1\r\nHost: " + x.addresses[to] + "\r\nConnection: close\r\n\r\n"
	}
	return text
}

// do signs a request, or tampers with one.
func (x *target) do(t *testing.T, command, text, body string) string {
	t.Helper()
	name, rest, _ := strings.Cut(command, " ")
	switch name {
	case "sign", "presign":
		return x.sign(t, name, strings.Fields(rest), text, body)
	case "add":
		line, rest, _ := strings.Cut(text, "\r\n")
		return line + "\r\n" + x.expand(t, strings.TrimSpace(command[len("add"):])) + "\r\n" + rest
	case "replace":
		from, to, ok := strings.Cut(x.expand(t, rest), " -> ")
		if !ok || !regexp.MustCompile(from).MatchString(text) {
			t.Fatalf("%q does not apply to\n%s", command, text)
		}
		return regexp.MustCompile(from).ReplaceAllString(text, to)
	}
	t.Fatalf("unknown command %q", command)
	return ""
}

// sign adds the headers of a signature to the request, or its query.
func (x *target) sign(t *testing.T, kind string, options []string, text, body string) string {
	t.Helper()
	request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(body))
	payload, at, service, region := hex.EncodeToString(sum[:]), time.Now(), "lambda", "us-east-1"
	keys := aws.Credentials{AccessKeyID: invokerKey, SecretAccessKey: invokerSecret}
	if kind == "presign" {
		payload, service = "UNSIGNED-PAYLOAD", "s3"
		keys = aws.Credentials{AccessKeyID: x.behind.Key[0], SecretAccessKey: x.behind.Key[1], SessionToken: x.behind.Key[2]}
	}
	for _, option := range options {
		name, value, _ := strings.Cut(option, "=")
		switch name {
		case "at":
			offset, err := time.ParseDuration(value)
			if err != nil {
				t.Fatal(err)
			}
			at = at.Add(offset)
		case "payload":
			payload = value
		case "secret":
			keys.SecretAccessKey = value
		case "key":
			keys.AccessKeyID = value
		case "token":
			keys.SessionToken = value
		case "service":
			service = value
		case "region":
			region = value
		default:
			t.Fatalf("unknown option %q", option)
		}
	}
	if kind == "presign" && !request.URL.Query().Has("X-Amz-Expires") {
		request.URL.RawQuery = strings.TrimPrefix(request.URL.RawQuery+"&X-Amz-Expires=60", "&")
	}
	request.URL.Scheme, request.URL.Host, request.RequestURI = "http", request.Host, ""
	request.Header.Del("Connection")
	signer := sdk.NewSigner(func(o *sdk.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
	before := request.Header.Clone()
	first, rest, _ := strings.Cut(text, "\r\n")
	if kind == "presign" {
		url, _, err := signer.PresignHTTP(t.Context(), keys, request, payload, service, region, at)
		if err != nil {
			t.Fatal(err)
		}
		_, target, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
		return request.Method + " /" + target + " HTTP/1.1\r\n" + rest
	}
	if err := signer.SignHTTP(t.Context(), keys, request, payload, service, region, at); err != nil {
		t.Fatal(err)
	}
	for name, values := range request.Header {
		if before.Get(name) == "" {
			first += "\r\n" + name + ": " + values[0]
		}
	}
	return first + "\r\n" + rest
}

var (
	repeated = regexp.MustCompile(`\$\((.+?)\*(\d+)\)`)
	escapes  = regexp.MustCompile(`\\(x[0-9a-fA-F]{2}|[rnt0\\])`)
)

// expand replaces variables, repetitions as $(ab*100), and escapes.
func (x *target) expand(t *testing.T, text string) string {
	t.Helper()
	for _, name := range []string{"$cloudfront", "$lambda", "$distribution", "$url", "$s3", "$runtime"} {
		text = strings.ReplaceAll(text, name, x.variables[name])
	}
	text = repeated.ReplaceAllStringFunc(text, func(match string) string {
		parts := repeated.FindStringSubmatch(match)
		n, err := strconv.Atoi(parts[2])
		if err != nil {
			t.Fatal(err)
		}
		return strings.Repeat(parts[1], n)
	})
	return escapes.ReplaceAllStringFunc(text, func(match string) string {
		if match[1] == 'x' {
			b, err := hex.DecodeString(match[2:])
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		return map[byte]string{'r': "\r", 'n': "\n", 't': "\t", '0': "\x00", '\\': `\`}[match[1]]
	})
}
