package apigateway

import (
	"fmt"
	"regexp"
	"time"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/template"
)

// An Integration is what an operation does with a request.
type Integration struct {
	template.Place

	Type    template.Text
	URI     template.Text
	Verb    template.Text // that API Gateway calls Lambda by
	Mode    template.Text // BUFFERED or STREAM
	Format  template.Text // of the event: 1.0 or 2.0
	Timeout template.Number
	Cached  template.Texts // parameters of the cache key

	ARN         string             // of the function, with the alias if it names one; "": not known, or no function
	Streaming   bool               // the URI is that of streamed invocations
	Function    *lambda.Definition // nil: not of this assembly
	Credentials template.Text      // of the role that invokes, in place of a permission

	Mock *Mock // nil: no mock integration

	Log *template.Log // what was found in it
}

// Streams reports whether an answer is passed on as it comes.
func (i *Integration) Streams() bool { return i.Mode.Is("STREAM") }

// wait is how long the integration may take.
func (i *Integration) wait() time.Duration { return time.Duration(i.Timeout.V) * time.Millisecond }

// readRESTIntegration reads the integration of a method.
func (r *reading) readRESTIntegration(of *template.Reader) *Integration {
	i := &Integration{Place: of.Place, Log: &template.Log{}}
	of.Into(i.Log)
	i.Type = of.Text("Type", template.Required, template.OneOf("AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK"))
	i.URI = of.Text("Uri", template.Quiet)
	i.Verb = of.Text("IntegrationHttpMethod", template.Quiet)
	i.Mode = of.Text("ResponseTransferMode", template.Default("BUFFERED"), template.OneOf("BUFFERED", "STREAM"))
	i.Timeout = of.Number("TimeoutInMillis", template.Default(defaultTimeout), template.Between(minTimeout, maxStreamTime))
	i.Credentials = of.Text("Credentials", template.Quiet)
	i.Cached = of.Texts("CacheKeyParameters", template.Quiet)
	i.Format = template.Of("1.0")
	of.Skip("CacheNamespace", "PassthroughBehavior")
	for _, name := range []string{"ConnectionType", "ConnectionId", "IntegrationTarget", "ContentHandling", "TlsConfig"} {
		if of.Has(name) {
			of.Unmodelled(name, "is not modelled by the local chain")
		}
	}
	switch {
	case i.Type.Is("MOCK"):
		i.Mock = readMock(of)
	case i.Type.Is("AWS_PROXY"):
		of.Skip("RequestTemplates", "IntegrationResponses") // a proxy integration has none
		if of.Has("RequestParameters") {
			of.Unmodelled("RequestParameters", "is not modelled by the local chain for a Lambda proxy integration")
		}
		if i.URI.Known() {
			if i.ARN, i.Streaming = lambda.ParseURI(i.URI.V); i.ARN == "" {
				i.Log.Unmodelled(i.URI.Place, "is %s: the local chain models Lambda functions", i.URI.V)
				break
			}
			i.Function = r.functions.Invoked(i.ARN, i.URI.Place, i.Log)
		}
	default:
		of.Skip("RequestTemplates", "IntegrationResponses", "RequestParameters")
		of.Unmodelled("Type", "is %s: the local chain models AWS_PROXY and MOCK", i.Type.V)
	}
	return i
}

// readHTTPIntegration reads an integration of an HTTP API.
func (r *reading) readHTTPIntegration(res *assembly.Resource, of *template.Reader) *Integration {
	i := &Integration{Place: template.Place{Resource: res}, Log: &template.Log{}, Mode: template.Of("BUFFERED")}
	of.Into(i.Log)
	i.Type = of.Text("IntegrationType", template.Required, template.OneOf("AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK"))
	i.URI = of.Text("IntegrationUri", template.Quiet)
	i.Format = of.Text("PayloadFormatVersion", template.Default("1.0"), template.OneOf("1.0", "2.0"))
	i.Timeout = of.Number("TimeoutInMillis", template.Default(maxHTTPTimeout), template.Between(minTimeout, maxHTTPTimeout))
	i.Credentials = of.Text("CredentialsArn", template.Quiet)
	i.Verb = of.Text("IntegrationMethod", template.Quiet)
	of.Skip("Description", "PassthroughBehavior", "ConnectionType", "ContentHandlingStrategy", "TemplateSelectionExpression")
	for _, name := range []string{"IntegrationSubtype", "RequestParameters", "ResponseParameters", "RequestTemplates", "ConnectionId", "TlsConfig"} {
		if of.Has(name) {
			of.Unmodelled(name, "is not modelled by the local chain")
		}
	}
	switch {
	case !i.Type.Is("AWS_PROXY"):
		i.Log.Unmodelled(i.Type.Place, "is %s: the local chain models AWS_PROXY", i.Type.V)
	case i.URI.Known():
		i.ARN = i.URI.V
		if arn, _ := lambda.ParseURI(i.URI.V); arn != "" {
			i.ARN = arn
		}
		if !functionARN.MatchString(i.ARN) {
			i.Log.Unmodelled(i.URI.Place, "is %s: the local chain models Lambda functions", i.URI.V)
			i.ARN = ""
			break
		}
		i.Function = r.functions.Invoked(i.ARN, i.URI.Place, i.Log)
	}
	return i
}

var functionARN = regexp.MustCompile(`^arn:aws[a-z-]*:lambda:[^:]+:\d{12}:function:.+$`)

// String names the function.
func (i *Integration) String() string {
	if i.Function != nil {
		return i.Function.Name
	}
	return fmt.Sprintf("%s %s", i.Type.V, i.ARN)
}
