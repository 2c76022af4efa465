package websocket

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/template"
)

// A Mock is an integration that answers by itself.
//
// Source: Amazon API Gateway Developer Guide, "Set up a WebSocket API integration response in API
// Gateway". Documented; that a template of the request counts whatever its key is assumed.
type Mock struct {
	Status    int // 0: its template has none, and every request fails
	Responses []MockResponse
}

// A MockResponse is what goes to the client if the status fits its key.
type MockResponse struct {
	Key  string // $default, or an expression between slashes
	Body string
}

var errNoStatus = errors.New("the MOCK integration has no statusCode in a template of its request") // a field report

// mockStatus is the status in the template of a request, which need not be JSON.
var mockStatus = regexp.MustCompile(`^\s*\{\s*"?statusCode"?\s*:\s*"?(\d{3})"?\s*\}\s*$`)

func readMock(of *template.Reader) *Mock {
	m := &Mock{}
	templates := of.Object("RequestTemplates")
	for _, key := range templates.Names() {
		text := templates.Text(key, template.Quiet)
		found := mockStatus.FindStringSubmatch(text.V)
		switch {
		case !text.Known():
		case found == nil:
			templates.Unmodelled(key, "is not a mere statusCode, which is all that the local chain models")
		default:
			status, _ := strconv.Atoi(found[1]) // three digits
			if m.Status != 0 && m.Status != status {
				templates.Unmodelled(key, "has another statusCode than the template before: the local chain models one")
			}
			m.Status = status
		}
	}
	of.SkipAll()
	return m
}

// readIntegrationResponses reads what MOCK integrations say to clients.
func (r *reading) readIntegrationResponses(integrations map[string]*Integration) {
	r.parts("AWS::ApiGatewayV2::IntegrationResponse", func(_ *API, _ *assembly.Resource, of *template.Reader) {
		i := integrations[of.Text("IntegrationId", template.Quiet).V]
		if i == nil || i.Mock == nil {
			of.SkipAll() // of proxies there are none (documented)
			return
		}
		of.Into(i.Log)
		response := MockResponse{Key: of.Text("IntegrationResponseKey", template.Required).V}
		selected := strings.TrimPrefix(of.Text("TemplateSelectionExpression", template.Default("$default")).V, `\`)
		of.Skip("ContentHandlingStrategy", "ResponseParameters")
		templates := of.Object("ResponseTemplates")
		for _, key := range templates.Names() {
			text := templates.Text(key, template.Quiet)
			switch {
			case key != selected:
				templates.Unmodelled(key, "is not the template that TemplateSelectionExpression %s names: the local chain models that one", selected)
			case strings.ContainsAny(text.V, "$#"):
				templates.Unmodelled(key, "is a template, and the local chain models plain text")
			}
			response.Body = text.V
		}
		i.Mock.Responses = append(i.Mock.Responses, response)
	})
}

// response is the one for the status; nil if none fits.
func (m *Mock) response() *MockResponse {
	var fallback *MockResponse
	status := strconv.Itoa(m.Status)
	for i := range m.Responses {
		one := &m.Responses[i]
		if one.Key == "$default" {
			fallback = one
			continue
		}
		pattern, err := regexp.Compile("^(?:" + strings.Trim(one.Key, "/") + ")$")
		if err == nil && pattern.MatchString(status) {
			return one
		}
	}
	return fallback
}

// answer is what a function in its place would return.
func (m *Mock) answer() (*response, error) {
	if m.Status == 0 {
		return nil, errNoStatus
	}
	got := &response{StatusCode: m.Status}
	if one := m.response(); one != nil {
		got.Body = one.Body
	}
	return got, nil
}

// speechless finds a route that has to reply, and whose mock does not say what.
func (r *Route) speechless() {
	if i := r.Integration; i != nil && i.Mock != nil && r.Replies && i.Mock.Status != 0 && i.Mock.response() == nil && r.Key.V != connectKey && r.Key.V != disconnectKey {
		r.Log.Unmodelled(i.Place, "is a MOCK without an AWS::ApiGatewayV2::IntegrationResponse, before a route response: what the client hears is not modelled by the local chain")
	}
}
