// Package cors answers CORS requests instead of the function, for the services that have settings
// for it: those of function URLs and HTTP APIs are the same.
package cors

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/template"
)

// Settings are what a front door says to browsers about pages of other origins.
//
// Sources: AWS Lambda API Reference, "Cors"; Amazon API Gateway Developer Guide, "Configure CORS
// for HTTP APIs" (November 2026).
type Settings struct {
	Given       bool
	Origins     template.Texts
	Methods     template.Texts
	Headers     template.Texts // of requests
	Exposed     template.Texts // of responses
	Credentials template.Bool
	MaxAge      template.Number // seconds
}

// Read reads the settings, which take an age and some methods.
func Read(r *template.Reader, age template.Option, takes ...string) Settings {
	if !r.Given {
		return Settings{}
	}
	few := func(name string, most int, options ...template.Option) template.Texts {
		values := r.Texts(name, options...)
		if n := len(values.Items); n > most {
			r.Refuse(name, "has %d values: AWS accepts %d", n, most)
		}
		return values
	}
	return Settings{
		Given:       true,
		Origins:     few("AllowOrigins", 100, template.AtMost(253)),
		Methods:     few("AllowMethods", len(takes)-1, template.OneOf(takes...)),
		Headers:     few("AllowHeaders", 100, template.AtMost(1024)),
		Exposed:     few("ExposeHeaders", 100, template.AtMost(1024)),
		Credentials: r.Bool("AllowCredentials"),
		MaxAge:      r.Number("MaxAge", template.Default(0), age),
	}
}

// IsPreflight reports whether a browser asks if a page may send a request.
func IsPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

// Preflight answers with a status in the function's place, and asks for no credentials: a
// browser has none. That a page which is not allowed gets the same status without the headers
// is assumed.
func (c *Settings) Preflight(w http.ResponseWriter, r *http.Request, status int) string {
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
	if status != http.StatusNoContent {
		h.Set("Content-Length", "0")
	}
	w.WriteHeader(status)
	return decision
}

func (c *Settings) allows(origin string) bool {
	return slices.ContainsFunc(c.Origins.Strings(), func(allowed string) bool { return allowed == "*" || strings.EqualFold(allowed, origin) })
}

func (c *Settings) allowsMethod(method string) bool {
	return c.Methods.Has("*") || c.Methods.Has(method)
}

// write adds to what is there already: of a function behind a URL that sends the same headers
// both arrive, and browsers refuse two values of Access-Control-Allow-Origin (field reports).
func (c *Settings) write(h http.Header, origin string) {
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

// A writer adds the headers to those of a response.
type writer struct {
	http.ResponseWriter
	add  func(http.Header)
	once bool
}

// AdmitOrigin returns a writer whose responses the page that asks may read.
func (c *Settings) AdmitOrigin(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	origin := r.Header.Get("Origin")
	if !c.Given || origin == "" || !c.allows(origin) {
		return w
	}
	return &writer{ResponseWriter: w, add: func(h http.Header) { c.write(h, origin) }}
}

func (w *writer) WriteHeader(status int) {
	if status >= 200 && !w.once {
		w.once = true
		w.add(w.Header())
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(p []byte) (int, error) {
	if !w.once {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

// Replace is AdmitOrigin for a front door that drops what the function says of other origins.
func (c *Settings) Replace(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	if !c.Given {
		return w
	}
	origin := r.Header.Get("Origin")
	return &writer{ResponseWriter: w, add: func(h http.Header) {
		for name := range h {
			if strings.HasPrefix(name, "Access-Control-") {
				h.Del(name)
			}
		}
		if origin != "" && c.allows(origin) {
			c.write(h, origin)
		}
	}}
}

// Unwrap lets http.ResponseController flush.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
