// Package fakeaws is an AWS account on a loopback address, for tests of commands that call AWS. It
// implements the operations that these commands use, in the protocol of each service, for the
// clients of the AWS SDK. All services have the same address, as with AWS_ENDPOINT_URL; the
// signature of a request names its service and region.
package fakeaws

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// An Account is what there is on this AWS. The zero value is an account with nothing in it.
// It may be changed between calls, under its lock.
type Account struct {
	sync.Mutex
	ID      string
	Regions []string // that are enabled

	Parameters   map[string]string  // Systems Manager, by "region name"
	Secrets      map[string]string  // Secrets Manager, by ARN
	Concurrency  map[string]int     // Lambda's concurrent executions, by region; default 1000
	Quotas       []Quota            // applied ones of CloudFront
	Certificates map[string][]Cert  // by region
	Models       map[string]Model   // Bedrock's, by id
	Profiles     map[string]string  // Bedrock's inference profiles: the model of each id
	Functions    map[string]*Lambda // of us-east-1, by name
	LogGroups    []LogGroup
	Stacks       map[string]Stack // CloudFormation, by the name of a function that is in them

	// Denied are the operations that the caller may not use, such as "ssm:GetParameter".
	Denied []string
	// Down answers everything with 500.
	Down bool
	// Calls are the operations that were called, in this order, with their regions:
	// "eu-west-1 ssm:GetParameter".
	Calls []string
}

// A Quota is one of CloudFront's.
type Quota struct {
	Code, Name string
	Value      float64
}

// A Cert is a certificate of AWS Certificate Manager.
type Cert struct {
	Domain string
	Names  []string // further ones
	Status string
	Key    string // default: RSA_2048
}

// A Model is what Bedrock says of the access to one.
type Model struct{ Agreement, Authorization, Entitlement, Region string }

// A Lambda is a function.
type Lambda struct {
	Description string
	Tags        map[string]string
	Replicated  bool // has replicas, and cannot be deleted
}

// A LogGroup is one of CloudWatch Logs.
type LogGroup struct {
	Region, Name string
	Bytes        int64
}

// A Stack is where a function is a resource.
type Stack struct{ Name, ResourceStatus string }

// Start serves the account until the test ends, and returns its address.
func Start(t testing.TB, a *Account) string {
	t.Helper()
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	return server.URL
}

// Environment are the variables by which AWS's SDKs find the account at an address, and
// nothing of this machine: no files, no metadata of an instance.
func Environment(address string) map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1",
		"AWS_SESSION_TOKEN": "", "AWS_DEFAULT_REGION": "", "AWS_PROFILE": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
	}
}

// scope is the credential scope of signature version 4.
var scope = regexp.MustCompile(`Credential=[^/]+/\d{8}/([^/]+)/([^/]+)/aws4_request`)

// ServeHTTP answers one call.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.Lock()
	defer a.Unlock()
	signed := scope.FindStringSubmatch(r.Header.Get("Authorization"))
	if signed == nil {
		fail(w, r, "MissingAuthenticationTokenException", "Missing Authentication Token")
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		fail(w, r, "SerializationException", err.Error())
		return
	}
	c := call{region: signed[1], service: signed[2], path: r.URL.Path, query: r.URL.Query(), body: body}
	if c.service == "ssm" || c.service == "acm" || c.service == "servicequotas" || c.service == "logs" || c.service == "secretsmanager" {
		_, c.operation, _ = strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	} else if form, err := url.ParseQuery(string(body)); err == nil && form.Has("Action") {
		c.form, c.operation = form, form.Get("Action")
	} else {
		c.operation = restOperation(r.Method, r.URL.Path)
	}
	name := c.service + ":" + c.operation
	a.Calls = append(a.Calls, c.region+" "+name)
	serve, known := operations[name]
	switch {
	case a.Down:
		http.Error(w, "down", http.StatusInternalServerError)
	case !slices.Contains(a.Regions, c.region):
		fail(w, r, "UnrecognizedClientException", "The security token included in the request is invalid.")
	case slices.Contains(a.Denied, name):
		fail(w, r, "AccessDeniedException", "User: arn:aws:iam::"+a.ID+":user/me is not authorized to perform: "+name)
	case !known:
		fail(w, r, "UnknownOperationException", name+" is not here")
	default:
		answer, err := serve(a, &c)
		if err != nil {
			fail(w, r, err.code, err.message)
			return
		}
		write(w, &c, answer)
	}
}

// call is one of an operation.
type call struct {
	region, service, operation, path string
	query, form                      url.Values
	body                             []byte
}

// in reads the input of an operation that takes JSON.
func (c *call) in(v any) { _ = json.Unmarshal(c.body, v) } // what is missing is refused as such

type failure struct{ code, message string }

func failed(code, format string, args ...any) *failure {
	return &failure{code, fmt.Sprintf(format, args...)}
}

// restOperation names an operation of REST: the SDK sends its name nowhere.
func restOperation(method, path string) string {
	for _, o := range []struct{ method, prefix, name string }{
		{"POST", "/listRegions", "ListRegions"},
		{"GET", "/foundation-model-availability/", "GetFoundationModelAvailability"},
		{"GET", "/inference-profiles/", "GetInferenceProfile"},
		{"GET", "/2016-08-19/account-settings", "GetAccountSettings"},
		{"GET", "/2015-03-31/functions/", "GetFunction"},
		{"GET", "/2015-03-31/functions", "ListFunctions"},
		{"DELETE", "/2015-03-31/functions/", "DeleteFunction"},
		{"GET", "/2017-03-31/tags/", "ListTags"},
	} {
		if method == o.method && strings.HasPrefix(path, o.prefix) && (path != o.prefix || !strings.HasSuffix(o.prefix, "/")) {
			return o.name
		}
	}
	return method + " " + path
}

// fail answers with an error, in the form that all protocols but that of queries read.
func fail(w http.ResponseWriter, r *http.Request, code, message string) {
	status := http.StatusBadRequest
	switch code {
	case "AccessDeniedException", "UnrecognizedClientException":
		status = http.StatusForbidden
	case "ResourceNotFoundException":
		status = http.StatusNotFound
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", code, message)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", code)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": message, "Message": message})
}

// write answers with XML where the answer is text, else with JSON.
func write(w http.ResponseWriter, c *call, answer any) {
	if text, ok := answer.(string); ok {
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", c.operation, text)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	_ = json.NewEncoder(w).Encode(answer)
}
