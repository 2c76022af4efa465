package functionurl

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/template"
)

// CORS is what a function URL tells browsers about pages of other origins.
//
// Source: AWS Lambda API Reference, "Cors" (November 2026).
type CORS struct {
	Given       bool
	Origins     template.Texts
	Methods     template.Texts
	Headers     template.Texts // of requests
	Exposed     template.Texts // of responses
	Credentials template.Bool
	MaxAge      template.Number // seconds
}

// corsMethods are those that a function URL takes: OPTIONS is answered by the URL itself.
var corsMethods = []string{"GET", "PUT", "HEAD", "POST", "PATCH", "DELETE", "*"}

func readCORS(r *template.Reader) CORS {
	if !r.Given {
		return CORS{}
	}
	few := func(name string, most int, options ...template.Option) template.Texts {
		values := r.Texts(name, options...)
		if n := len(values.Items); n > most {
			r.Refuse(name, "has %d values: AWS takes %d", n, most)
		}
		return values
	}
	return CORS{
		Given:       true,
		Origins:     few("AllowOrigins", 100, template.AtMost(253)),
		Methods:     few("AllowMethods", 6, template.OneOf(corsMethods...)),
		Headers:     few("AllowHeaders", 100, template.AtMost(1024)),
		Exposed:     few("ExposeHeaders", 100, template.AtMost(1024)),
		Credentials: r.Bool("AllowCredentials"),
		MaxAge:      r.Number("MaxAge", template.Default(0), template.Between(0, 86400)),
	}
}

// isPreflight tells whether a browser asks if a page may send a request.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

// preflight answers in the function's place, and asks for no signature: a browser has none.
// That a page which is not allowed gets 200 without the headers is assumed.
func (c *CORS) preflight(w http.ResponseWriter, r *http.Request) string {
	origin, method := r.Header.Get("Origin"), r.Header.Get("Access-Control-Request-Method")
	h := w.Header()
	decision := fmt.Sprintf("preflight of %s for %s, which is not allowed", origin, method)
	if c.allows(origin) && c.allowsMethod(method) {
		decision = fmt.Sprintf("preflight of %s for %s", origin, method)
		c.write(h, origin)
		h.Set("Access-Control-Allow-Methods", strings.Join(c.Methods.Strings(), ","))
		if len(c.Headers.Items) > 0 {
			h.Set("Access-Control-Allow-Headers", strings.ToLower(strings.Join(c.Headers.Strings(), ",")))
		}
		if c.MaxAge.V > 0 {
			h.Set("Access-Control-Max-Age", strconv.Itoa(c.MaxAge.V))
		}
	}
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	return decision
}

func (c *CORS) allows(origin string) bool {
	return slices.ContainsFunc(c.Origins.Strings(), func(allowed string) bool { return allowed == "*" || strings.EqualFold(allowed, origin) })
}

func (c *CORS) allowsMethod(method string) bool {
	return c.Methods.Has("*") || c.Methods.Has(method)
}

// write adds to what is there already: of a function that sends the same headers both arrive,
// and browsers refuse two values of Access-Control-Allow-Origin (field reports).
func (c *CORS) write(h http.Header, origin string) {
	if c.Origins.Has("*") && !c.Credentials.V {
		origin = "*"
	}
	h.Add("Access-Control-Allow-Origin", origin)
	if c.Credentials.V {
		h.Add("Access-Control-Allow-Credentials", "true")
	}
	if len(c.Exposed.Items) > 0 {
		h.Add("Access-Control-Expose-Headers", strings.ToLower(strings.Join(c.Exposed.Strings(), ",")))
	}
	h.Add("Vary", "Origin")
}

// A corsWriter adds the URL's headers to those of a response.
type corsWriter struct {
	http.ResponseWriter
	add  func(http.Header)
	once bool
}

// admitOrigin returns a writer whose responses the page that asks may read.
func (c *CORS) admitOrigin(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	origin := r.Header.Get("Origin")
	if !c.Given || origin == "" || !c.allows(origin) {
		return w
	}
	return &corsWriter{ResponseWriter: w, add: func(h http.Header) { c.write(h, origin) }}
}

func (w *corsWriter) WriteHeader(status int) {
	if status >= 200 && !w.once {
		w.once = true
		w.add(w.Header())
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *corsWriter) Write(p []byte) (int, error) {
	if !w.once {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController flush.
func (w *corsWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
