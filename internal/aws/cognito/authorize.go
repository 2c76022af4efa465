package cognito

import (
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

//go:embed login.html
var loginText string

var loginPage = template.Must(template.New("login").Parse(loginText))

// A session is that of a browser with the managed login: an hour, as Cognito has it
// (documented).
type session struct {
	user  User
	since time.Time
}

const sessionLifetime = time.Hour

// A grant is what a user or a client was given: a code or a refresh token leads to it.
type grant struct {
	client    string
	user      *User
	scopes    []string
	redirect  string
	challenge string
	nonce     string
	resource  string
	since     time.Time // of the sign-in
	made      time.Time // of the code or token
	origin    string    // origin_jti
}

const codeLifetime = 5 * time.Minute // documented

// A wanted is a checked request to sign in.
type wanted struct {
	client *Client
	grant  grant
	state  string
}

// check returns what is asked for. What is wrong with client or redirect is shown to the user,
// since nobody knows yet that the redirect leads to the client; all else, to the client.
func (s *Server) check(q url.Values) (*wanted, string) {
	c := s.Pool.client(q.Get("client_id"))
	if c == nil {
		return nil, "The client_id is not one of this pool."
	}
	redirect := q.Get("redirect_uri")
	if redirect == "" || !s.allowed(c.Callbacks.Strings(), redirect) {
		return nil, "The redirect_uri " + redirect + " is not among the client's CallbackURLs: " + strings.Join(c.Callbacks.Strings(), ", ") + "."
	}
	return &wanted{client: c, state: q.Get("state"), grant: grant{
		client: c.ID, scopes: strings.Fields(q.Get("scope")), redirect: redirect, challenge: q.Get("code_challenge"),
		nonce: q.Get("nonce"), resource: q.Get("resource"),
	}}, ""
}

// wrong returns the error code of RFC 6749, 4.1.2.1; "" if nothing is.
func (s *Server) wrong(q url.Values, w *wanted) string {
	if len(w.grant.scopes) == 0 {
		w.grant.scopes = w.client.Scopes.Strings()
	}
	switch {
	case q.Get("response_type") != "code":
		return "unsupported_response_type"
	case !w.client.Flows.Has("code") || w.client.enabled.IsNot(true):
		return "unauthorized_client"
	case slices.ContainsFunc(w.grant.scopes, func(scope string) bool { return !w.client.Scopes.Has(scope) }):
		return "invalid_scope"
	case w.grant.challenge != "" && q.Get("code_challenge_method") != "S256":
		return "invalid_request"
	}
	return ""
}

// back sends the browser to the client.
func back(w http.ResponseWriter, r *http.Request, want *wanted, parameters url.Values) {
	u, err := url.Parse(want.grant.redirect)
	if err != nil {
		http.Error(w, "bad redirect_uri", http.StatusBadRequest)
		return
	}
	q := u.Query()
	for name := range parameters {
		q.Set(name, parameters.Get(name))
	}
	if want.state != "" {
		q.Set("state", want.state)
	}
	u.RawQuery = q.Encode()
	http.Redirect(w, r, u.String(), http.StatusFound)
}

func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	want, refused := s.check(q)
	if want == nil {
		s.show(w, http.StatusBadRequest, page{Problem: refused})
		return
	}
	if code := s.wrong(q, want); code != "" {
		back(w, r, want, url.Values{"error": {code}})
		return
	}
	if user := s.signedIn(r); user != nil && q.Get("prompt") != "login" && r.URL.Path != "/login" {
		s.issue(w, r, want, *user)
		return
	}
	if q.Get("prompt") == "none" {
		back(w, r, want, url.Values{"error": {"login_required"}})
		return
	}
	s.show(w, http.StatusOK, page{Users: Users, Action: action(r), Client: want.client.Resource.Name()})
}

// login is the form: its address has the query of the request to sign in.
func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	want, refused := s.check(r.URL.Query())
	if want == nil {
		s.show(w, http.StatusBadRequest, page{Problem: refused})
		return
	}
	if code := s.wrong(r.URL.Query(), want); code != "" {
		back(w, r, want, url.Values{"error": {code}})
		return
	}
	name := strings.TrimSpace(r.PostFormValue("username"))
	if name == "" {
		s.show(w, http.StatusOK, page{Users: Users, Action: action(r), Client: want.client.Resource.Name(), Problem: "Enter an e-mail address."})
		return
	}
	user := User{Name: name}
	for _, known := range Users {
		if known.Name == name {
			user = known
		}
	}
	id := random()
	s.Keys.mu.Lock()
	if s.Keys.sessions == nil {
		s.Keys.sessions = map[string]session{}
	}
	s.Keys.sessions[id] = session{user, s.Now()}
	s.Keys.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: s.cookie(), Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	s.issue(w, r, want, user)
}

func (s *Server) cookie() string { return "cognito-" + s.Pool.ID }

func (s *Server) signedIn(r *http.Request) *User {
	cookie, err := r.Cookie(s.cookie())
	if err != nil {
		return nil
	}
	s.Keys.mu.Lock()
	defer s.Keys.mu.Unlock()
	found, ok := s.Keys.sessions[cookie.Value]
	if !ok || s.Now().Sub(found.since) > sessionLifetime {
		return nil
	}
	return &found.user
}

// issue sends the browser back with a code.
func (s *Server) issue(w http.ResponseWriter, r *http.Request, want *wanted, user User) {
	g := want.grant
	g.user, g.since, g.made, g.origin = &user, s.Now(), s.Now(), random()
	code := random()
	s.Keys.mu.Lock()
	if s.Keys.codes == nil {
		s.Keys.codes = map[string]*grant{}
	}
	s.Keys.codes[code] = &g
	s.Keys.mu.Unlock()
	back(w, r, want, url.Values{"code": {code}})
}

// logout ends the session of the browser and sends it to the client, or to sign in anew.
func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	c := s.Pool.client(q.Get("client_id"))
	if c == nil {
		s.show(w, http.StatusBadRequest, page{Problem: "The client_id is not one of this pool."})
		return
	}
	if cookie, err := r.Cookie(s.cookie()); err == nil {
		s.Keys.mu.Lock()
		delete(s.Keys.sessions, cookie.Value)
		s.Keys.mu.Unlock()
	}
	http.SetCookie(w, &http.Cookie{Name: s.cookie(), Path: "/", MaxAge: -1})
	if uri := q.Get("logout_uri"); uri != "" {
		if !s.allowed(c.Logouts.Strings(), uri) {
			s.show(w, http.StatusBadRequest, page{Problem: "The logout_uri " + uri + " is not among the client's LogoutURLs: " + strings.Join(c.Logouts.Strings(), ", ") + "."})
			return
		}
		http.Redirect(w, r, uri, http.StatusFound)
		return
	}
	http.Redirect(w, r, "/oauth2/authorize?"+r.URL.RawQuery, http.StatusFound)
}

// A page is what the login page shows.
type page struct {
	Users   []User
	Action  template.URL // with the query of the request, as it came
	Client  string
	Problem string
}

func (s *Server) show(w http.ResponseWriter, status int, p page) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_ = loginPage.Execute(w, p) // the viewer may have left
}

// action is where the form goes: the query is encoded already, and stands in an attribute.
func action(r *http.Request) template.URL { return template.URL("/login?" + r.URL.RawQuery) } //nolint:gosec // a path of ours before it
