package apigateway

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/template"
)

// A Mock is an integration that answers by itself, as CDK's preflights do.
type Mock struct {
	Status  int
	Headers map[string]string
	Body    string
	// Origins are those that are let in besides the one of the header: CDK compares the header
	// Origin with them in a template.
	Origins []*regexp.Regexp
}

// mockStatus is the status in the template of a mock integration's request, which need not be
// JSON.
var mockStatus = regexp.MustCompile(`^\s*\{\s*"?statusCode"?\s*:\s*"?(\d{3})"?\s*\}\s*$`)

// originTemplate is the template that CDK writes for several origins, and comparison one of
// its comparisons.
//
// Source: aws-cdk-lib 2.264.0 to 2.277.0, aws-apigateway/lib/resource.js.
var (
	originTemplate = regexp.MustCompile(`^#set\(\$origin = \$input\.params\(\)\.header\.get\("Origin"\)\)\s*` +
		`#if\(\$origin == ""\)\s*#set\(\$origin = \$input\.params\(\)\.header\.get\("origin"\)\)\s*#end\s*` +
		`#if\((.*)\)\s*#set\(\$context\.responseOverride\.header\.Access-Control-Allow-Origin = \$origin\)\s*#end\s*$`)
	comparison = regexp.MustCompile(`^\$origin(?: == "([^"]*)"|\.matches\("([^"]*)"\))$`)
)

func readMock(of *template.Reader) *Mock {
	m := &Mock{Status: http.StatusOK, Headers: map[string]string{}}
	requests := of.Object("RequestTemplates")
	request := requests.Text("application/json", template.Quiet)
	requests.SkipAll()
	of.Skip("RequestParameters")
	found := mockStatus.FindStringSubmatch(request.V)
	if found == nil && request.Known() {
		of.Unmodelled("RequestTemplates", "of application/json is not a mere statusCode, which is all that the local chain models")
	}
	responses, _ := of.Objects("IntegrationResponses")
	var fallback *template.Reader
	for _, r := range responses {
		pattern := r.Text("SelectionPattern", template.Quiet)
		if found != nil && pattern.V == found[1] {
			fallback = r
			break
		}
		if !pattern.Given && fallback == nil {
			fallback = r
		}
	}
	for _, r := range responses {
		if r != fallback {
			r.SkipAll()
		}
	}
	if fallback == nil {
		of.Unmodelled("IntegrationResponses", "has none for the status of the request")
		return m
	}
	m.readResponse(fallback)
	return m
}

func (m *Mock) readResponse(of *template.Reader) {
	status := of.Text("StatusCode", template.Required)
	if code, err := strconv.Atoi(status.V); err == nil {
		m.Status = code
	}
	of.Skip("SelectionPattern", "ContentHandling")
	parameters := of.Object("ResponseParameters")
	for _, name := range parameters.Names() {
		value := parameters.Text(name, template.Quiet)
		text, ok := literal(value.V)
		header, isHeader := strings.CutPrefix(name, "method.response.header.")
		if !ok || !isHeader {
			parameters.Unmodelled(name, "is %s: the local chain models headers with a text between single quotes", value.V)
			continue
		}
		m.Headers[header] = text
	}
	templates := of.Object("ResponseTemplates")
	body := templates.Text("application/json", template.Quiet)
	templates.SkipAll()
	if found := originTemplate.FindStringSubmatch(body.V); found != nil {
		for _, part := range strings.Split(found[1], "||") {
			one := comparison.FindStringSubmatch(strings.TrimSpace(part))
			if one == nil {
				templates.Unmodelled("application/json", "compares origins in a way that the local chain does not model: %s", part)
				return
			}
			expression := regexp.QuoteMeta(one[1])
			if one[2] != "" {
				expression = one[2]
			}
			pattern, err := regexp.Compile("^(?:" + expression + ")$")
			if err != nil {
				templates.Unmodelled("application/json", "has an expression that the local chain cannot read: %v", err)
				return
			}
			m.Origins = append(m.Origins, pattern)
		}
		return
	}
	if strings.ContainsAny(body.V, "$#") {
		templates.Unmodelled("application/json", "is a template, and the local chain models plain text")
	}
	m.Body = body.V
}

// answer writes the answer.
func (m *Mock) answer(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	for name, value := range m.Headers {
		h.Set(name, value)
	}
	origin := r.Header.Get("Origin")
	for _, allowed := range m.Origins {
		if allowed.MatchString(origin) {
			h.Set("Access-Control-Allow-Origin", origin)
		}
	}
	if m.Status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(m.Body)))
	}
	w.WriteHeader(m.Status)
	if m.Status != http.StatusNoContent {
		_, _ = w.Write([]byte(m.Body))
	}
}
