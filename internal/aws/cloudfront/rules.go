package cloudfront

import (
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// DistributionRules are those about a distribution as a whole. All rules of this package are
// about what is on the way to a function URL.
var DistributionRules = []template.Rule[*Distribution]{
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: unfitCertificate},
	{ID: causes.OverDefaultQuota, Kind: template.Hole, Level: template.Note, Look: dedicatedAddresses},
	{ID: causes.ViewerHTTPAllowed, Kind: template.Hole, Level: template.Warning, Look: plainPages},
	{ID: causes.TLSOld, Kind: template.Hole, Level: template.Warning, Look: oldViewers},
	{ID: causes.DomainUnknown, Kind: template.Hole, Level: template.Warning, Look: recordsWithoutAlias},
	{ID: causes.BucketClosed, Kind: template.Hole, Level: template.Error, Look: closedBuckets},
	{ID: causes.ErrorsHide403, Kind: template.Hole, Level: template.Warning, Look: hiddenErrors},
	{ID: causes.RouteHidden, Kind: template.Hole, Level: template.Warning, Look: hiddenRoutes},
	{ID: causes.CacheMixesUsers, Kind: template.Hole, Level: template.Error, Look: mixedUsers},
	{ID: causes.NoStoreCached, Kind: template.Hole, Level: template.Warning, Look: cachedNoStore},
	{ID: causes.OverDefaultQuota, Kind: template.Hole, Level: template.Note, Look: overQuota},
}

// judged are the kinds of findings that are reported. What is Unmodelled in a behavior or an
// origin stops nothing but its own paths: see [Behavior.Unserved].
var judged = []template.Kind{template.Refused, template.Hole, template.Unknown, template.Unseen}

// Judge finds what is wrong on the way from viewers to function URLs. Of what is off it, such
// as a behavior before a bucket or a distribution without a function, it only finds what AWS
// refuses: the way is not deployed then, either.
func (m *Model) Judge(log *template.Log) {
	for _, d := range m.Distributions {
		log.Take(d.way)
		kinds := []template.Kind{template.Unmodelled, template.Refused}
		if d.Fronts() {
			kinds = nil // all
		}
		log.Take(d.log, kinds...)
		for i := range d.groups {
			log.Take(d.groups[i].log, template.Refused)
		}
		for _, o := range d.Origins {
			judgeOrigin(o, log)
		}
		on, off := &template.Log{}, &template.Log{}
		for i := range d.Behaviors {
			b, found := &d.Behaviors[i], &template.Log{}
			b.judge(found)
			b.gather(found)
			switch {
			case b.Origin != nil && b.Origin.ServesFunction():
				on.Take(found, judged...)
			case b.Origin == nil:
				if d.Fronts() {
					on.Take(b.log, judged...)
					b.judgeTarget(on)
				}
				b.judgeTarget(off)
				off.Take(found)
			default:
				off.Take(found)
				template.Judge(DoorRules, b, on)
			}
		}
		log.Take(on)
		log.Take(off, template.Refused)
		if d.Fronts() {
			template.Judge(DistributionRules, d, log)
		}
	}
	m.judgeGrants(log)
	template.Judge(ModelRules, m, log)
}

// judgeOrigin finds what is wrong with an origin, and with one off the way only what AWS refuses.
func judgeOrigin(o *Origin, log *template.Log) {
	log.Take(o.way, judged...)
	if !o.ServesFunction() {
		log.Take(o.log, template.Refused)
		if o.Access != nil {
			log.Take(o.Access.log, template.Refused)
		}
		if o.Identity != nil {
			log.Take(o.Identity.log, template.Refused)
		}
		return
	}
	log.Take(o.log, judged...)
	if o.Access != nil {
		if o.iam() {
			log.Take(o.Access.log, judged...)
		} else {
			log.Take(o.Access.log, template.Refused)
		}
	}
	template.Judge(OriginRules, o, log)
}

// judgeTarget finds a behavior that leads nowhere. Where an origin's id is not known, it may
// be the one.
func (b *Behavior) judgeTarget(log *template.Log) {
	d := b.distribution
	known := !d.Unknown && !slices.ContainsFunc(d.Origins, func(o *Origin) bool { return !o.ID.Known() })
	if b.Target.V == "" || !known {
		return
	}
	log.Add(template.Finding{
		Place: b.Target.Place, Rule: causes.ValueRefused, Kind: template.Refused, Level: template.Error,
		Message: "is " + b.Target.V + ", which is not one of the distribution's origins",
	})
}

func (b *Behavior) judge(log *template.Log) {
	log.Take(b.log)
	template.Judge(BehaviorRules, b, log)
	if b.Cache != nil && b.Cache.log != nil {
		log.Take(b.Cache.log)
	}
	if b.Policy != nil && b.Policy.log != nil {
		log.Take(b.Policy.log)
	}
	if b.ResponseHeaders != nil && b.ResponseHeaders.log != nil {
		log.Take(b.ResponseHeaders.log)
	}
	for i := range b.ViewerFunctions {
		if f := b.ViewerFunctions[i].Function; f != nil {
			f.Judge(log)
		}
	}
	for i := range b.EdgeFunctions {
		if f := b.EdgeFunctions[i].Function; f != nil {
			f.Judge(log)
		}
	}
}

// plainPages finds other behaviors of the distribution that answer plain HTTP: everyone on
// the way changes the pages, which then call the function as they like.
func plainPages(d *Distribution, r *template.Report) {
	for i := range d.Behaviors {
		b := &d.Behaviors[i]
		if b.Origin != nil && !b.Origin.ServesFunction() && b.ViewerProtocol.Is("allow-all") {
			r.Warn(b.ViewerProtocol.Place, "is allow-all: pages that come in the clear may be changed on the way, and what they send to the function with them")
		}
	}
}

// oldViewers looks at the oldest protocol for viewers. With CloudFront's own domain name
// nothing can be chosen.
func oldViewers(d *Distribution, r *template.Report) {
	c := &d.Certificate
	if !c.Given || c.Default.V {
		return
	}
	switch at := c.Minimum.Place; {
	case !c.Minimum.Known():
	case !c.Minimum.Given:
		r.Warn(at, "is missing, which is TLSv1")
	case slices.Contains(oldProtocols, c.Minimum.V):
		r.Warn(at, "is %s", c.Minimum.V)
	}
}

// hiddenErrors finds what puts a page or another status in place of an answer. A page for
// 404 alone hides nothing but the wording.
func hiddenErrors(d *Distribution, r *template.Report) {
	for _, e := range d.ErrorResponses {
		status, page := e.Status.V, e.Page.V
		if status == "" && page == "" || e.Code.Is(404) && !strings.HasPrefix(status, "2") {
			continue
		}
		instead := strings.Join(slices.DeleteFunc([]string{status, page}, func(text string) bool { return text == "" }), " ")
		r.Warn(e.Place, "answers %d with %s instead, on every path of the distribution", e.Code.V, instead)
	}
}
