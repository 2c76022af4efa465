package streamhttp

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

// doorVariable is the environment variable in which a construct names the function's doors; see
// [WithDoors].
const doorVariable = "STREAMFRONT_DOORS"

type doorsKey struct{}

// WithDoors says what events do not say about the function's doors: whether they stream, and whether
// a distribution is in front of a function URL. It replaces the environment variable
// STREAMFRONT_DOORS, which the constructs of this project set. Its value is a comma-separated list of
// at most one door for each kind of event:
//
//	cloudfront     function URL that only a distribution can call; streams
//	url            function URL with invoke mode RESPONSE_STREAM
//	url-buffered   function URL with invoke mode BUFFERED
//	rest           REST API whose integration has the response transfer mode STREAM
//	rest-buffered  REST API, up to 29 seconds
//	http           HTTP API, up to 30 seconds
//	alb            target group of an Application Load Balancer
//	websocket      WebSocket API, up to 29 seconds for a synchronous invocation
//
// A duration after the name, as in "rest-buffered=60s", is how long the door waits for the answer, if
// a quota was raised or an idle timeout changed. The context of a request ends before that.
//
// The parts of the cache key of a REST API follow rest-buffered, each after a semicolon, as in
// "rest-buffered=60s;header.Authorization;querystring.q;path.proxy". A GET then has only these headers
// and parameters, one value of each, and no body: anything else that shaped a response would shape it
// for everybody who gets it from the cache.
//
// For kinds of events without a door in the list, the doors url, rest-buffered, http, alb and
// websocket are assumed. Forwarded Host, Authorization and claims count behind cloudfront, and behind
// any function URL in events that AWS marked as signed by CloudFront's origin access control.
func WithDoors(doors string) lambda.Option { return lambda.WithContextValue(doorsKey{}, doors) }

// kind is the kind of an event, as far as the event shows it.
type kind int

const (
	unknownKind kind = iota
	functionURLKind
	restKind
	httpKind
	albKind
	webSocketKind
)

// door is what is known about the events of a door without reading one.
type door struct {
	name     string
	kind     kind
	buffered bool
	vouches  bool          // the headers that CloudFront's edge code forwards are trusted
	size     int           // bytes of a buffered answer in JSON, at most
	wait     time.Duration // for an answer; 0: as long as the function may run
	key      cacheKey
}

const (
	// Documented as 6 MB for a synchronous invocation. API Gateway itself would allow 10 MB.
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	lambdaAnswer = 6 << 20
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
	albAnswer = 1 << 20
)

// allDoors are the doors. For each kind, the first one is assumed.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
var allDoors = []door{
	{name: "url", kind: functionURLKind},
	{name: "cloudfront", kind: functionURLKind, vouches: true},
	{name: "url-buffered", kind: functionURLKind, buffered: true, size: lambdaAnswer},
	{name: "rest-buffered", kind: restKind, buffered: true, size: lambdaAnswer, wait: 29 * time.Second},
	{name: "rest", kind: restKind},
	{name: "http", kind: httpKind, buffered: true, size: lambdaAnswer, wait: 30 * time.Second},
	{name: "alb", kind: albKind, buffered: true, size: albAnswer},
	{name: "websocket", kind: webSocketKind, wait: 29 * time.Second},
}

func defaultDoor(k kind) door {
	return allDoors[slices.IndexFunc(allDoors, func(d door) bool { return d.kind == k })]
}

// doors are the doors of one function, by kind.
type doors map[kind]door

func (d doors) of(k kind) door {
	if named, ok := d[k]; ok {
		return named
	}
	return defaultDoor(k)
}

// doorsOf returns the doors of the option, or else of the environment.
func doorsOf(ctx context.Context) (doors, error) {
	if list, ok := ctx.Value(doorsKey{}).(string); ok {
		return parseDoors("WithDoors", list)
	}
	return environmentDoors()
}

func environmentDoors() (doors, error) { return parseDoors(doorVariable, os.Getenv(doorVariable)) }

func parseDoors(source, list string) (doors, error) {
	found := doors{}
	for entry := range strings.SplitSeq(list, ",") {
		entry, key, cached := strings.Cut(strings.TrimSpace(entry), ";")
		name, wait, timed := strings.Cut(entry, "=")
		if name == "" && !timed && !cached {
			continue
		}
		i := slices.IndexFunc(allDoors, func(d door) bool { return d.name == name })
		if i < 0 {
			return nil, fmt.Errorf("streamhttp: %s names the door %q; use some of %s", source, name, doorNames())
		}
		d := allDoors[i]
		if other, twice := found[d.kind]; twice {
			return nil, fmt.Errorf("streamhttp: %s names the doors %s and %s, whose events look alike; deploy a function for each", source, other.name, name)
		}
		if timed {
			duration, err := time.ParseDuration(wait)
			if err != nil || duration <= 0 {
				return nil, fmt.Errorf("streamhttp: %s has %q for the door %s; use a duration such as 60s", source, wait, name)
			}
			d.wait = duration
		}
		if cached {
			if name != "rest-buffered" {
				return nil, fmt.Errorf("streamhttp: %s has a cache key for the door %s; only rest-buffered has a cache", source, name)
			}
			var err error
			if d.key, err = parseCacheKey(source, strings.Split(key, ";")); err != nil {
				return nil, err
			}
		}
		found[d.kind] = d
	}
	return found, nil
}

func doorNames() string {
	names := make([]string, len(allDoors))
	for i, d := range allDoors {
		names[i] = d.name
	}
	return strings.Join(names, ", ")
}
