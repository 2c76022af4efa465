package cognito

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// refuse answers as RFC 6749, 5.2 has it.
func refuse(w http.ResponseWriter, status int, code string) {
	writeJSON(w, status, map[string]string{"error": code})
}

// caller returns the client that calls, by its secret if it has one.
func (s *Server) caller(r *http.Request) *Client {
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	c := s.Pool.client(id)
	if c == nil || subtle.ConstantTimeCompare([]byte(secret), []byte(c.Secret)) != 1 {
		return nil
	}
	return c
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		refuse(w, http.StatusMethodNotAllowed, "invalid_request")
		return
	}
	if err := r.ParseForm(); err != nil {
		refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	c := s.caller(r)
	if c == nil {
		refuse(w, http.StatusBadRequest, "invalid_client")
		return
	}
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		g := s.redeem(r, c)
		if g == nil {
			refuse(w, http.StatusBadRequest, "invalid_grant")
			return
		}
		s.answer(w, c, g, s.newRefresh(g))
	case "refresh_token":
		s.Keys.mu.Lock()
		g := s.Keys.refresh[r.PostForm.Get("refresh_token")]
		s.Keys.mu.Unlock()
		if g == nil || g.client != c.ID || s.Now().Sub(g.made) > c.Refresh {
			refuse(w, http.StatusBadRequest, "invalid_grant")
			return
		}
		s.answer(w, c, g, "") // the token stays as it is (documented: unless rotation is on)
	case "client_credentials":
		s.clientCredentials(w, r, c)
	default:
		refuse(w, http.StatusBadRequest, "unsupported_grant_type")
	}
}

// redeem takes a code once.
func (s *Server) redeem(r *http.Request, c *Client) *grant {
	code := r.PostForm.Get("code")
	s.Keys.mu.Lock()
	g := s.Keys.codes[code]
	delete(s.Keys.codes, code)
	s.Keys.mu.Unlock()
	if g == nil || g.client != c.ID || g.redirect != r.PostForm.Get("redirect_uri") || s.Now().Sub(g.made) > codeLifetime {
		return nil
	}
	if g.challenge != "" {
		sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
		if base64.RawURLEncoding.EncodeToString(sum[:]) != g.challenge {
			return nil
		}
	}
	return g
}

func (s *Server) newRefresh(g *grant) string {
	token, kept := random()+random(), *g
	kept.made = s.Now()
	s.Keys.mu.Lock()
	defer s.Keys.mu.Unlock()
	if s.Keys.refresh == nil {
		s.Keys.refresh = map[string]*grant{}
	}
	s.Keys.refresh[token] = &kept
	return token
}

func (s *Server) clientCredentials(w http.ResponseWriter, r *http.Request, c *Client) {
	scopes := strings.Fields(r.PostForm.Get("scope"))
	if len(scopes) == 0 {
		scopes = c.Scopes.Strings()
	}
	switch {
	case c.Secret == "" || !c.Flows.Has("client_credentials"):
		refuse(w, http.StatusBadRequest, "unauthorized_client")
	case slices.ContainsFunc(scopes, func(scope string) bool { return !c.Scopes.Has(scope) }):
		refuse(w, http.StatusBadRequest, "invalid_scope")
	default:
		s.answer(w, c, &grant{client: c.ID, scopes: scopes, since: s.Now(), resource: r.PostForm.Get("resource")}, "")
	}
}

// answer gives tokens. Their claims are those of Cognito.
func (s *Server) answer(w http.ResponseWriter, c *Client, g *grant, refresh string) {
	now := s.Now()
	common := map[string]any{
		"iss": s.Pool.Issuer(), "iat": now.Unix(), "auth_time": g.since.Unix(), "jti": random(), "sub": c.ID,
	}
	if g.user != nil {
		common["sub"], common["origin_jti"], common["event_id"] = subject(s.Pool, g.user), g.origin, random()
		if len(g.user.Groups) > 0 {
			common["cognito:groups"] = g.user.Groups
		}
	}
	access := with(common, map[string]any{
		"token_use": "access", "client_id": c.ID, "scope": strings.Join(g.scopes, " "), "version": 2, "exp": now.Add(c.Access).Unix(),
	})
	if g.user != nil {
		access["username"] = subject(s.Pool, g.user)
	}
	if g.resource != "" {
		access["aud"] = g.resource // resource binding, RFC 8707
	}
	signed, err := s.sign(access)
	response := map[string]any{"access_token": signed, "token_type": "Bearer", "expires_in": int(c.Access / time.Second)}
	if refresh != "" {
		response["refresh_token"] = refresh
	}
	if err == nil && g.user != nil && slices.Contains(g.scopes, "openid") {
		id := with(common, map[string]any{
			"token_use": "id", "aud": c.ID, "cognito:username": subject(s.Pool, g.user), "email": g.user.Name, "email_verified": true,
			"exp": now.Add(c.IDTokens).Unix(),
		})
		sum := sha256.Sum256([]byte(signed))
		id["at_hash"] = base64.RawURLEncoding.EncodeToString(sum[:16])
		if g.nonce != "" {
			id["nonce"] = g.nonce
		}
		response["id_token"], err = s.sign(id)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, response)
}

func with(common, more map[string]any) map[string]any {
	out := make(map[string]any, len(common)+len(more))
	for _, claims := range []map[string]any{common, more} {
		for name, value := range claims {
			out[name] = value
		}
	}
	return out
}

// subject is a user's identifier: the same in every run.
func subject(p *Pool, u *User) string {
	sum := sha256.Sum256([]byte(p.ID + " " + u.Name))
	return uuid(sum[:16])
}

func (s *Server) sign(claims map[string]any) (string, error) {
	key, err := s.Keys.signing()
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, nil)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(text)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// userInfo answers with the user of an access token of this pool.
func (s *Server) userInfo(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	claims := s.verify(token)
	scope, _ := claims["scope"].(string)
	if !slices.Contains(strings.Fields(scope), "openid") {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		refuse(w, http.StatusUnauthorized, "invalid_token")
		return
	}
	s.Keys.mu.Lock()
	defer s.Keys.mu.Unlock()
	for _, g := range s.Keys.refresh {
		if g.user != nil && subject(s.Pool, g.user) == claims["sub"] {
			writeJSON(w, http.StatusOK, map[string]any{"sub": claims["sub"], "username": claims["username"], "email": g.user.Name, "email_verified": "true"})
			return
		}
	}
	refuse(w, http.StatusUnauthorized, "invalid_token")
}

// verify returns the claims of an access token that this pool has signed and that has not
// expired; nil if it is none.
func (s *Server) verify(token string) map[string]any {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil
	}
	key, err := s.Keys.signing()
	if err != nil {
		return nil
	}
	text, err := signed.Verify(key.Public().Key)
	var claims map[string]any
	if err != nil || json.Unmarshal(text, &claims) != nil {
		return nil
	}
	exp, _ := claims["exp"].(float64)
	if claims["iss"] != s.Pool.Issuer() || claims["token_use"] != "access" || float64(s.Now().Unix()) >= exp {
		return nil
	}
	return claims
}

// revoke ends a refresh token (RFC 7009). Access tokens go on until they expire where nobody
// asks the pool, as at the edge.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	c := s.caller(r)
	if r.Method != http.MethodPost || c == nil {
		refuse(w, http.StatusBadRequest, "invalid_client")
		return
	}
	if !c.Revokes {
		refuse(w, http.StatusBadRequest, "unsupported_token_type")
		return
	}
	s.Keys.mu.Lock()
	defer s.Keys.mu.Unlock()
	if g := s.Keys.refresh[r.PostFormValue("token")]; g != nil && g.client == c.ID {
		delete(s.Keys.refresh, r.PostFormValue("token"))
	}
	w.WriteHeader(http.StatusOK)
}

// uuid formats 16 bytes as Cognito formats subjects.
func uuid(b []byte) string {
	const hex = "0123456789abcdef"
	var out strings.Builder
	for i, v := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out.WriteByte('-')
		}
		out.WriteByte(hex[v>>4])
		out.WriteByte(hex[v&15])
	}
	return out.String()
}
