package s3

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/event"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/trace"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// servicePrincipal is what Amazon S3 invokes functions as.
const servicePrincipal = "s3.amazonaws.com"

// A Notification has Amazon S3 invoke a function about objects of the bucket.
//
// Source: Amazon S3 User Guide, "Amazon S3 Event Notifications"; AWS CloudFormation,
// "AWS::S3::Bucket LambdaConfiguration". CDK's custom resource takes the shape of the API,
// "LambdaFunctionConfiguration".
type Notification struct {
	template.Place

	Events         template.Texts // such as "s3:ObjectCreated:*"
	Prefix, Suffix string         // of keys
	Function       template.Text  // its ARN, with the alias if it names one

	writer iam.Role // of the function
}

// readNotifications reads what is set at the bucket itself.
func (b *Bucket) readNotifications(r *template.Reader) {
	r.Skip("QueueConfigurations", "TopicConfigurations", "EventBridgeConfiguration") // nobody here takes them
	configurations, _ := r.Objects("LambdaConfigurations", template.Quiet)
	for _, c := range configurations {
		n := Notification{Place: c.Place, Function: c.Text("Function", template.Required, template.Quiet)}
		n.Events.Items = []template.Text{c.Text("Event", template.Required, template.Quiet)}
		rules, _ := c.Object("Filter", template.Quiet).Object("S3Key", template.Quiet).Objects("Rules", template.Quiet)
		n.filter(rules)
		b.Notifications = append(b.Notifications, n)
	}
}

// readCustomNotifications reads what CDK sets by a custom resource (Bucket.addEventNotification).
func (b *Bucket) readCustomNotifications(a *assembly.Assembly) {
	for _, res := range template.Each(a, "Custom::S3BucketNotifications", b.Log) {
		name, err := res.Stack.Resolve(res.RawProperties()["BucketName"])
		if err != nil || name != b.BucketName {
			continue
		}
		template.Read(res, b.Log, func(r *template.Reader) {
			r.Skip("ServiceToken", "ServiceTimeout", "BucketName", "Managed", "SkipDestinationValidation")
			r = r.Object("NotificationConfiguration", template.Quiet)
			r.Skip("QueueConfigurations", "TopicConfigurations", "EventBridgeConfiguration")
			configurations, _ := r.Objects("LambdaFunctionConfigurations", template.Quiet)
			for _, c := range configurations {
				c.Skip("Id")
				n := Notification{Place: c.Place, Function: c.Text("LambdaFunctionArn", template.Quiet), Events: c.Texts("Events", template.Quiet)}
				rules, _ := c.Object("Filter", template.Quiet).Object("Key", template.Quiet).Objects("FilterRules", template.Quiet)
				n.filter(rules)
				b.Notifications = append(b.Notifications, n)
			}
		})
	}
}

func (n *Notification) filter(rules []*template.Reader) {
	for _, rule := range rules {
		switch value := rule.Text("Value", template.Quiet).V; strings.ToLower(rule.Text("Name", template.Quiet).V) {
		case "prefix":
			n.Prefix = value
		case "suffix":
			n.Suffix = value
		}
	}
}

// about reports whether the function is to hear of the event, such as "ObjectCreated:Put".
func (n *Notification) about(name, key string) bool {
	if !n.Function.Known() || !strings.HasPrefix(key, n.Prefix) || !strings.HasSuffix(key, n.Suffix) {
		return false
	}
	for _, event := range n.Events.Items {
		if event.Known() && wildcard.Match(event.V, "s3:"+name) {
			return true
		}
	}
	return false
}

// unpermittedNotification finds a function that the bucket may not invoke: Amazon S3 asks Lambda
// when the notification is set, and refuses it ("Unable to validate the following destination
// configurations").
func unpermittedNotification(b *Bucket, r *template.Report) {
	for _, n := range b.Notifications {
		if n.Function.Known() && n.Function.V != "" && !lambda.Permits(b.permissions, n.Function.V, b.Resource.Stack.Account, b.ARN("")) {
			r.Error(n.Place, "is about %s, which no AWS::Lambda::Permission lets %s invoke for %s: Amazon S3 refuses the notification", n.Function.V, servicePrincipal, b.ARN(""))
		}
	}
}

// anyBucket finds a permission that lets Amazon S3 invoke a function for the buckets of every
// account: names of buckets have no account, so that a wildcard in their place is no condition.
func anyBucket(p *lambda.Permission, r *template.Report) {
	if !p.Principal.Is(servicePrincipal) || p.SourceAccount.Given {
		return // a permission for everybody is reported by package functionurl
	}
	switch bucket := strings.TrimPrefix(p.SourceARN.V, "arn:aws:s3:::"); {
	case !p.SourceARN.Given:
		r.Error(p.Place, "lets %s invoke %s for the buckets of every account: want SourceArn and SourceAccount", servicePrincipal, p.Function)
	case p.SourceARN.Known() && strings.Trim(bucket, "*") == "":
		r.Error(p.SourceARN.Place, "is %s: %s may invoke %s for the buckets of every account", p.SourceARN.V, servicePrincipal, p.Function)
	}
}

// attempts is how often Lambda invokes a function asynchronously until it succeeds, by default.
//
// Source: AWS Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous
// invocation". Documented, with a minute and two between them, which do not pass here.
const attempts = 3

// notify tells the functions that are to hear of a new object. They are invoked when the request
// has been answered, and each has a record of its own.
func (s *Server) notify(r *request, o *object) {
	if s.Function == nil || s.Go == nil {
		return
	}
	const name = "ObjectCreated:Put"
	for _, n := range r.bucket.Notifications {
		if !n.about(name, r.key) {
			continue
		}
		payload := s.notification(r, o, name)
		traceID, loops := follow(r.Header.Get("X-Amzn-Trace-Id"))
		s.Go(func() {
			rec, _ := s.Recorder.Join(event.RequestID(), "EVENT", name+" /"+r.bucket.BucketName+"/"+r.key)
			defer rec.Leave()
			if loops && !s.mayLoop(n.Function.V) {
				rec.Hop("function").Refuse(causes.None, "", "not invoked: it was, %d times, in the chain of events that begins with an object of its own; Lambda takes this for a loop", maxRounds)
				return
			}
			s.deliver(rec, n.Function.V, traceID, payload)
		})
	}
}

func (s *Server) deliver(rec *trace.Recording, arn, traceID string, payload []byte) {
	f := s.Function(arn)
	if f == nil {
		rec.Hop("s3").Pass("%s is not behind a front door, and is not invoked here", arn)
		return
	}
	for attempt := 1; ; attempt++ {
		hop := rec.Hop("function")
		response, err := f.InvokeEvent(context.Background(), event.RequestID(), traceID, payload)
		if err == nil {
			_, err = io.Copy(io.Discard, response.Body)
		}
		if err == nil {
			hop.Pass("done")
			return
		}
		if attempt == attempts {
			hop.Refuse(causes.FunctionFailed, "", "%v; that was the last attempt", err)
			return
		}
		hop.Refuse(causes.FunctionFailed, "", "%v; it is tried again", err)
	}
}

// notification is the event, with one record as Amazon S3 sends them.
//
// Source: Amazon S3 User Guide, "Event message structure". Keys are encoded as in forms.
func (s *Server) notification(r *request, o *object, name string) []byte {
	type fields = map[string]any
	address, _, _ := net.SplitHostPort(r.RemoteAddr)
	data, _ := json.Marshal(fields{"Records": []fields{{
		"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": r.bucket.Region,
		"eventTime": s.Now().UTC().Format("2006-01-02T15:04:05.000Z07:00"), "eventName": name,
		"userIdentity":      fields{"principalId": "AWS:" + r.caller.Name},
		"requestParameters": fields{"sourceIPAddress": address},
		"responseElements":  fields{"x-amz-request-id": r.id, "x-amz-id-2": rand.Text()},
		"s3": fields{
			"s3SchemaVersion": "1.0", "configurationId": "local",
			"bucket": fields{"name": r.bucket.BucketName, "ownerIdentity": fields{"principalId": "LOCAL"}, "arn": r.bucket.ARN("")},
			"object": fields{
				"key": strings.ReplaceAll(url.QueryEscape(r.key), "%2F", "/"), "size": o.size,
				"eTag": strings.Trim(o.etag, `"`), "sequencer": strings.ToUpper(time.Now().Format("0060102150405000000000")),
			},
		},
	}}})
	return data
}
