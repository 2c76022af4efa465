package webadapter

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// layer is the ARN of AWS's layers with the adapter.
var layer = regexp.MustCompile(`^arn:aws:lambda:[a-z0-9-]+:753240598075:layer:LambdaAdapterLayer(X86|Arm64):\d+$`)

// IsLayer reports whether a layer is the adapter's, and for which of Lambda's architectures.
func IsLayer(arn string) (architecture string, ok bool) {
	m := layer.FindStringSubmatch(arn)
	if m == nil {
		return "", false
	}
	if m[1] == "X86" {
		return "x86_64", true
	}
	return "arm64", true
}

// Wrapper is the exec wrapper that starts the application in a zip function: the layer's.
const Wrapper = "/opt/bootstrap"

// Settings are the adapter's settings, from the function's environment.
type Settings struct {
	ReadinessPath       string
	ReadinessProtocol   string        // "http" or "tcp"
	ReadinessTimeout    time.Duration // 0: none
	AsyncInit           bool
	AuthorizationSource string // "": Authorization stays what it is
	Streams             bool   // else the answer goes in one piece, in payload format 2.0
}

// harmless are settings that make no difference to this stand-in: the ports, which it
// chooses, and how long connections are kept.
var harmless = []string{
	"AWS_LWA_PORT", "AWS_LWA_HOST", "AWS_LWA_READINESS_CHECK_PORT", "AWS_LWA_POOL_IDLE_TIMEOUT_SECONDS",
	"AWS_LWA_PASS_THROUGH_PATH",
}

// ParseSettings reads the settings and refuses those that the stand-in does not follow.
func ParseSettings(environment map[string]string) (Settings, error) {
	s := Settings{ReadinessPath: "/", ReadinessProtocol: "http"}
	var errs []error
	fail := func(name, want string) {
		errs = append(errs, fmt.Errorf("%s is %q: the local chain's stand-in for the Lambda Web Adapter takes %s", name, environment[name], want))
	}
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		value := environment[name]
		if !strings.HasPrefix(name, "AWS_LWA_") || slices.Contains(harmless, name) {
			continue
		}
		switch name {
		case "AWS_LWA_READINESS_CHECK_PATH":
			s.ReadinessPath = value
		case "AWS_LWA_READINESS_CHECK_PROTOCOL":
			s.ReadinessProtocol = strings.ToLower(value)
			if s.ReadinessProtocol != "http" && s.ReadinessProtocol != "tcp" {
				fail(name, "http or tcp")
			}
		case "AWS_LWA_READINESS_CHECK_TIMEOUT_SECONDS":
			seconds, err := strconv.ParseFloat(value, 64)
			if err != nil || seconds <= 0 {
				fail(name, "a number of seconds above 0")
			}
			s.ReadinessTimeout = time.Duration(seconds * float64(time.Second))
		case "AWS_LWA_ASYNC_INIT":
			s.AsyncInit = value == "true"
		case "AWS_LWA_INVOKE_MODE":
			s.Streams = strings.EqualFold(value, "response_stream")
			if !s.Streams && !strings.EqualFold(value, "buffered") {
				fail(name, "buffered or response_stream")
			}
		case "AWS_LWA_AUTHORIZATION_SOURCE":
			s.AuthorizationSource = value
		case "AWS_LWA_ENABLE_COMPRESSION":
			if value != "false" {
				fail(name, "false")
			}
		default:
			fail(name, "no such setting")
		}
	}
	return s, errors.Join(errs...)
}
