package webadapter

import (
	"strings"
	"testing"
	"time"
)

func TestIsLayer(t *testing.T) {
	t.Parallel()
	for arn, want := range map[string]string{
		"arn:aws:lambda:eu-west-1:753240598075:layer:LambdaAdapterLayerX86:30":   "x86_64",
		"arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerArm64:27": "arm64",
		"arn:aws:lambda:us-east-1:111122223333:layer:LambdaAdapterLayerArm64:27": "",
		"arn:aws:lambda:us-east-1:753240598075:layer:Other:1":                    "",
	} {
		if got, ok := IsLayer(arn); got != want || ok != (want != "") {
			t.Errorf("IsLayer(%q) = %q, %t, want %q", arn, got, ok, want)
		}
	}
}

func TestParseSettings(t *testing.T) {
	t.Parallel()
	stream := func(more ...string) map[string]string {
		environment := map[string]string{"AWS_LWA_INVOKE_MODE": "RESPONSE_STREAM", "OTHER": "x"}
		for i := 0; i < len(more); i += 2 {
			environment[more[i]] = more[i+1]
		}
		return environment
	}
	defaults := Settings{ReadinessPath: "/", ReadinessProtocol: "http", Streams: true}
	for name, test := range map[string]struct {
		environment map[string]string
		want        Settings
		err         string
	}{
		"defaults":         {environment: stream(), want: defaults},
		"ports are chosen": {environment: stream("AWS_LWA_PORT", "3000", "AWS_LWA_READINESS_CHECK_PORT", "3001"), want: defaults},
		"everything": {
			environment: stream("AWS_LWA_READINESS_CHECK_PATH", "/up", "AWS_LWA_READINESS_CHECK_PROTOCOL", "TCP",
				"AWS_LWA_READINESS_CHECK_TIMEOUT_SECONDS", "5", "AWS_LWA_ASYNC_INIT", "true",
				"AWS_LWA_AUTHORIZATION_SOURCE", "x-forwarded-authorization", "AWS_LWA_ENABLE_COMPRESSION", "false"),
			want: Settings{
				ReadinessPath: "/up", ReadinessProtocol: "tcp", ReadinessTimeout: 5 * time.Second, AsyncInit: true,
				AuthorizationSource: "x-forwarded-authorization", Streams: true,
			},
		},
		"buffered by default":    {environment: map[string]string{}, want: Settings{ReadinessPath: "/", ReadinessProtocol: "http"}},
		"parts of a second":      {environment: stream("AWS_LWA_READINESS_CHECK_TIMEOUT_SECONDS", "2.5"), want: Settings{ReadinessPath: "/", ReadinessProtocol: "http", ReadinessTimeout: 2500 * time.Millisecond, Streams: true}},
		"another mode":           {environment: stream("AWS_LWA_INVOKE_MODE", "stream"), err: "takes buffered or response_stream"},
		"another protocol":       {environment: stream("AWS_LWA_READINESS_CHECK_PROTOCOL", "udp"), err: "AWS_LWA_READINESS_CHECK_PROTOCOL"},
		"a timeout of no number": {environment: stream("AWS_LWA_READINESS_CHECK_TIMEOUT_SECONDS", "soon"), err: "takes a number of seconds above 0"},
		"compression":            {environment: stream("AWS_LWA_ENABLE_COMPRESSION", "true"), err: "AWS_LWA_ENABLE_COMPRESSION"},
		"unknown":                {environment: stream("AWS_LWA_ERROR_STATUS_CODES", "500"), err: "AWS_LWA_ERROR_STATUS_CODES"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseSettings(test.environment)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error = %v, want %q", err, test.err)
				}
				return
			}
			if err != nil || got != test.want {
				t.Errorf("ParseSettings = %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}

func TestHeaderSafe(t *testing.T) {
	t.Parallel()
	if got := headerSafe([]byte("{\"path\":\"/\x7f\\n\x7fü\"}")); got != `{"path":"/\u007f\n\u007fü"}` {
		t.Errorf("headerSafe = %s", got)
	}
}
