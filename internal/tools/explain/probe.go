package explain

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/streamfront/streamfront/internal/causes"
)

// A Probe is a further request and what its answer says.
type Probe struct {
	What   string // how it differs from the first request
	Status int    // 0: it was not sent, or not answered
	Says   string // what follows
	Sent   bool   // false: it would repeat a request that may have effects
}

// Probe sends what distinguishes the causes that fit the answer, and weighs them anew. With
// effects set it repeats requests that are no GET, HEAD or OPTIONS; without, such probes are
// returned as not sent.
func (c *Client) Probe(ctx context.Context, a *Answer, list []Finding, effects bool) ([]Probe, []Finding, error) {
	p := &prober{client: c, ctx: ctx, answer: a, effects: effects, findings: &findings{list: slices.Clone(list)}}
	switch {
	case p.has(causes.PayloadHashMissing) || p.has(causes.PayloadHashWrong) || p.has(causes.SignerWithoutBody):
		p.body()
	case p.has(causes.SignaturePathEncoding) || p.has(causes.SignatureMismatch):
		p.path()
	case p.has(causes.OACNotAlways) && a.Request.Header.Get("Authorization") != "":
		p.authorization()
	case p.has(causes.GetWithBody) && a.Request.Length > 0:
		p.withoutBody()
	}
	if p.has(causes.StreamCompressed) && a.Status == http.StatusBadGateway {
		p.compression()
	}
	p.sort()
	return p.probes, p.list, p.err
}

type prober struct {
	*findings
	client  *Client
	ctx     context.Context
	answer  *Answer
	effects bool
	probes  []Probe
	err     error
}

// ask sends a changed copy of the request. It returns nil if it was not sent; the probe is
// noted all the same.
func (p *prober) ask(what string, change func(*Request)) (*Answer, *Probe) {
	r := p.answer.Request
	r.Header = r.Header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	change(&r)
	p.probes = append(p.probes, Probe{What: what})
	probe := &p.probes[len(p.probes)-1]
	if !p.effects && !r.reads() {
		probe.Says = "not sent, since it repeats a " + r.Method + ": --probe does"
		return nil, probe
	}
	if p.err != nil {
		probe.Says = "not sent"
		return nil, probe
	}
	probe.Sent = true
	answer, err := p.client.Ask(p.ctx, &r)
	if err != nil {
		probe.Says = err.Error()
		if p.ctx.Err() != nil {
			p.err = p.ctx.Err()
		}
		return nil, probe
	}
	probe.Status = answer.Status
	return answer, probe
}

// refusedAlike reports whether the answer is the refusal that is to be explained.
func (p *prober) refusedAlike(a *Answer) bool {
	return a.Status == p.answer.Status && a.ErrorType() == p.answer.ErrorType() && a.isPage() == p.answer.isPage()
}

func asGet(r *Request) {
	r.Method, r.Body, r.Length = http.MethodGet, nil, 0
	r.Header.Del("X-Amz-Content-Sha256")
	r.Header.Del("Content-Type")
}

// body asks whether it is the body that makes the signature fail, and then who hashes it.
func (p *prober) body() {
	get, probe := p.ask("as a GET, without body", asGet)
	switch {
	case get == nil:
	case p.refusedAlike(get):
		probe.Says = "refused in the same way: it is not the body"
		p.drop(causes.PayloadHashMissing, causes.PayloadHashWrong, causes.SignerWithoutBody, causes.BodyOverEdgeLimit)
		p.add(Likely, causes.SignatureMismatch, "a GET is refused in the same way")
		p.path()
		return
	case get.Status == http.StatusForbidden && get.ErrorType() == "AccessDeniedException":
		probe.Says = "AccessDeniedException: a cause other than the body"
	default:
		probe.Says = "not refused so: signature and grants hold, and it is the body"
		p.drop(causes.SignatureMismatch, causes.SignaturePathEncoding)
	}

	hash := p.answer.Request.bodyHash()
	if hash == "" || p.answer.Request.Length == 0 || p.answer.Request.sentHash() == hash {
		p.emptyBody()
		return
	}
	hashed, probe := p.ask("with x-amz-content-sha256: "+hash, func(r *Request) { r.Header.Set("X-Amz-Content-Sha256", hash) })
	switch {
	case hashed == nil:
	case p.refusedAlike(hashed):
		probe.Says = "refused in the same way: something replaces the hash, a signer that has it wrong"
		p.drop(causes.PayloadHashMissing)
		p.add(Likely, causes.SignerWithoutBody, "the right hash does not help, so that something replaces it")
		p.add(Possible, causes.PayloadHashWrong, "the right hash does not help, so that something replaces it")
		p.emptyBody()
	default:
		probe.Says = "not refused: the hash was all that was missing"
		id := causes.PayloadHashMissing
		switch {
		case p.answer.Request.sentHash() != "":
			id = causes.PayloadHashWrong
		case p.answer.Request.Length > edgeLimit && p.has(causes.BodyOverEdgeLimit):
			id = causes.BodyOverEdgeLimit
		}
		p.list = nil
		p.add(Certain, id, "the same request with the hash of its body is answered %d", hashed.Status)
	}
}

// emptyBody asks whether the signer hashes nothing, whatever the body.
func (p *prober) emptyBody() {
	empty, probe := p.ask("with an empty body", func(r *Request) {
		r.Body, r.Length = nil, 0
		r.Header.Del("X-Amz-Content-Sha256")
	})
	switch {
	case empty == nil:
	case p.refusedAlike(empty):
		probe.Says = "refused in the same way: the hash is wrong for an empty body, too"
		p.drop(causes.SignerWithoutBody)
	default:
		probe.Says = "not refused so: the hash that is sent fits an empty body"
		p.add(Likely, causes.SignerWithoutBody, "the same request with an empty body is answered %d", empty.Status)
	}
}

// path asks whether another path passes.
func (p *prober) path() {
	u, err := url.Parse(p.answer.Request.URL)
	odd := p.answer.Request.oddities()
	if err != nil || odd == "" {
		return
	}
	plain := u.Scheme + "://" + u.Host + "/"
	root, probe := p.ask("as a GET of "+plain, func(r *Request) { asGet(r); r.URL = plain })
	switch {
	case root == nil:
	case p.refusedAlike(root):
		probe.Says = "refused in the same way: it is not the path"
		p.drop(causes.SignaturePathEncoding)
	default:
		probe.Says = "not refused so: it is the path or the query"
		// Not certain: the root may be another route, with another signer.
		p.add(Likely, causes.SignaturePathEncoding, "%s is answered %d, while path and query with %q are refused", plain, root.Status, odd)
	}
}

// authorization asks whether the caller's Authorization is in the way.
func (p *prober) authorization() {
	without, probe := p.ask("without Authorization", func(r *Request) { r.Header.Del("Authorization") })
	switch {
	case without == nil:
	case p.refusedAlike(without):
		probe.Says = "refused in the same way: nothing is signed in any case"
		p.add(Likely, causes.OriginWithoutOAC, "it is refused without the caller's Authorization, too")
	default:
		probe.Says = "not refused so: the caller's Authorization replaces the signature"
		p.add(Certain, causes.OACNotAlways, "the same request without Authorization is answered %d", without.Status)
		p.drop(causes.OriginWithoutOAC, causes.SignatureMismatch)
	}
}

func (p *prober) withoutBody() {
	without, probe := p.ask("without its body", func(r *Request) { r.Body, r.Length = nil, 0; r.Header.Del("Content-Type") })
	switch {
	case without == nil:
	case p.refusedAlike(without):
		probe.Says = "refused in the same way: it is not the body"
		p.drop(causes.GetWithBody)
	default:
		probe.Says = "not refused so: it is the body"
		p.add(Certain, causes.GetWithBody, "the same request without its body is answered %d", without.Status)
		p.drop(causes.WebACLBlocked, causes.MethodNotAllowed)
	}
}

func (p *prober) compression() {
	plain, probe := p.ask("with accept-encoding: identity", func(r *Request) { r.Header.Set("Accept-Encoding", "identity") })
	switch {
	case plain == nil:
	case p.refusedAlike(plain):
		probe.Says = "answered in the same way: it is not compression"
		p.drop(causes.StreamCompressed)
	default:
		probe.Says = "answered otherwise: it is compression"
		p.add(Certain, causes.StreamCompressed, "the same request without compression is answered %d", plain.Status)
	}
}
