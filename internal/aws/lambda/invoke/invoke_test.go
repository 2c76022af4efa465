package invoke

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/internal/trace"
)

const prefix = "arn:aws:lambda:us-east-1:111122223333:function:"

// Who may invoke what, and what of the API there is.
func TestInvoke(t *testing.T) {
	t.Parallel()
	key := iam.NewCredentials()
	s := &Server{
		Targets:  []Target{{ARN: prefix + "own", Region: "us-east-1"}, {ARN: prefix + "other", Region: "us-east-1"}, {ARN: prefix + "own:live", Region: "us-east-1"}},
		Recorder: &trace.Recorder{}, Now: time.Now, Go: func(func()) {},
		Caller: func(accessKey string) (iam.Credentials, string, *iam.Role, bool) {
			role := &iam.Role{Statements: []iam.Statement{{Actions: []string{"lambda:InvokeFunction"}, Resources: []string{prefix + "own", prefix + "own:*"}}}}
			return key, "Site/Own", role, accessKey == key.AccessKey
		},
	}
	server := httptest.NewServer(s)
	defer server.Close()
	const path = "/2015-03-31/functions/"
	for _, test := range []struct {
		path, kind, body string
		header           [2]string
		unsigned         bool
		status           int
		errorType        string
	}{
		{path: path + "own/invocations", kind: "Event", status: 202},
		{path: path + "own/invocations", kind: "DryRun", status: 204},
		{path: path + "arn%3Aaws%3Alambda%3Aus-east-1%3A111122223333%3Afunction%3Aown/invocations", kind: "Event", status: 202},
		{path: path + "own%3Alive/invocations", kind: "DryRun", status: 204},
		{path: path + "own/invocations?Qualifier=live", kind: "DryRun", status: 204},
		{path: path + "own/invocations?Qualifier=%24LATEST", kind: "DryRun", status: 204},
		{path: path + "own/invocations?Qualifier=none", kind: "DryRun", status: 404, errorType: "ResourceNotFoundException"},
		{path: path + "other/invocations", kind: "Event", status: 403, errorType: "AccessDeniedException"},
		{path: path + "none/invocations", kind: "Event", status: 404, errorType: "ResourceNotFoundException"},
		{path: path + "own/invocations", kind: "Event", body: strings.Repeat(" ", 1<<20+1), status: 413, errorType: "RequestEntityTooLargeException"},
		{path: path + "own/invocations", kind: "Event", body: "x", status: 400, errorType: "InvalidRequestContentException"},
		{path: path + "own/invocations", kind: "Event", unsigned: true, status: 403, errorType: "MissingAuthenticationTokenException"},
		{path: path + "own/invocations", kind: "Event", header: [2]string{"Origin", "http://localhost"}, status: 403, errorType: "AccessDeniedException"},
		{path: path + "own", kind: "Event", status: 501, errorType: "UnknownOperationException"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Invocation-Type", test.kind)
		if test.header[0] != "" {
			r.Header.Set(test.header[0], test.header[1])
		}
		if !test.unsigned {
			keys := aws.Credentials{AccessKeyID: key.AccessKey, SecretAccessKey: key.SecretKey, SessionToken: key.Token}
			testclient.Sign(t, r, test.body, keys, "lambda", "us-east-1", time.Now())
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != test.status || resp.Header.Get("X-Amzn-Errortype") != test.errorType {
			t.Errorf("%s %s: %d %s, want %d %s", test.kind, test.path, resp.StatusCode, resp.Header.Get("X-Amzn-Errortype"), test.status, test.errorType)
		}
	}
}
