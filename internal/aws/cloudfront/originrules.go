package cloudfront

import (
	"fmt"
	"slices"

	"github.com/streamfront/streamfront/internal/aws/functionurl"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// OriginRules are those about an origin that is a function URL.
var OriginRules = []template.Rule[*Origin]{
	{ID: causes.URLUnknown, Kind: template.Refused, Level: template.Error, Look: wholeAddress},
	{ID: causes.OriginWithoutOAC, Kind: template.Hole, Level: template.Error, Look: withoutAccessControl},
	{ID: causes.OACNotAlways, Kind: template.Hole, Level: template.Error, Look: unfitAccessControl},
	{ID: causes.OriginHeaderTrusted, Kind: template.Hole, Level: template.Error, Look: trustedHeaders},
	{ID: causes.OriginNotHTTPS, Kind: template.Hole, Level: template.Error, Look: plainOrigin},
	{ID: causes.TLSOld, Kind: template.Hole, Level: template.Warning, Look: oldOrigin},
	{ID: causes.CompletionTimeoutShort, Kind: template.Refused, Level: template.Error, Look: completionBelowRead},
	{ID: causes.CompletionTimeoutShort, Kind: template.Hole, Level: template.Warning, Look: completionBelowFunction},
	{ID: causes.ReadTimeoutShort, Kind: template.Hole, Level: template.Warning, Look: shortReadTimeout},
	{ID: causes.OverDefaultQuota, Kind: template.Hole, Level: template.Note, Look: longReadTimeout},
	{ID: causes.ValueUnknown, Kind: template.Unknown, Level: template.Warning, Look: originElsewhere},
}

func wholeAddress(o *Origin, r *template.Report) {
	if given := o.DomainName.V; functionurl.Bare(given) != given {
		r.Error(o.DomainName.Place, "is the whole address of the function URL: CloudFront accepts a domain name, without https:// and slashes, and refuses the rest at the deployment")
	}
}

func originElsewhere(o *Origin, r *template.Report) {
	if o.Foreign {
		r.Unseen(o.DomainName.Place, "is %s, a function URL that is not in this assembly: its permissions cannot be looked at", functionurl.Bare(o.DomainName.V))
	}
	if o.iam() && o.AccessID.V != "" && o.Access == nil {
		r.Warn(o.AccessID.Place, "is %s, which is not in this assembly: how it signs cannot be looked at", o.AccessID.V)
	}
}

func withoutAccessControl(o *Origin, r *template.Report) {
	switch at := o.AccessID.Place; {
	case !o.iam() || !o.AccessID.Is(""):
	case o.signer:
		r.Warn(at, "is missing, and an edge function signs instead: whether its role may call the function is not looked at")
	case o.unseen: // it may sign
	default:
		r.Error(at, "is missing: CloudFront does not sign the requests for the function URL")
	}
}

func unfitAccessControl(o *Origin, r *template.Report) {
	if o.Access == nil || !o.iam() {
		return
	}
	if o.Access.Type.IsNot("lambda") {
		r.Error(o.Access.Type.Place, "is %s: want lambda", o.Access.Type.V)
	}
	switch how := o.Access.Behavior; {
	case how.Is(string(SignNoOverride)): // works for callers who send no Authorization
		r.Warn(how.Place, "is %s: want always", how.V)
	case how.IsNot(string(SignAlways)):
		r.Error(how.Place, "is %s: want always", how.V)
	}
}

func plainOrigin(o *Origin, r *template.Report) {
	if o.ProtocolPolicy.Given && o.ProtocolPolicy.IsNot("https-only") {
		r.Error(o.ProtocolPolicy.Place, "is %s: want https-only", o.ProtocolPolicy.V)
	}
	if o.Port.IsNot(443) && o.Port.Given {
		r.Error(o.Port.Place, "is %d: a function URL listens on 443", o.Port.V)
	}
}

func oldOrigin(o *Origin, r *template.Report) {
	for _, protocol := range o.SSLProtocols.Items {
		if slices.Contains(oldProtocols, protocol.V) {
			r.Warn(protocol.Place, "is %s: CloudFront may speak it with the origin", protocol.V)
		}
	}
}

// patient is a read timeout, in seconds, that is taken for a choice: no template says how
// long a function is silent.
const patient = 60

func completionBelowRead(o *Origin, r *template.Report) {
	total, read := o.CompletionTimeout, o.ReadTimeout
	if total.Known() && read.Known() && total.V > 0 && total.V < read.V {
		r.Error(total.Place, "is %d s: CloudFront requires at least OriginReadTimeout, %d s", int(total.V.Seconds()), int(read.V.Seconds()))
	}
}

func completionBelowFunction(o *Origin, r *template.Report) {
	runs, name, known := o.runs()
	total := o.CompletionTimeout
	if known && total.Known() && total.V > 0 && total.V >= o.ReadTimeout.V && int(total.V.Seconds()) < runs {
		r.Warn(total.Place, "is %d s, and %s may run for %d s", int(total.V.Seconds()), name, runs)
	}
}

// runs is how long the function behind the origin may take, in seconds.
func (o *Origin) runs() (seconds int, name string, known bool) {
	if o.URL == nil || o.URL.Function == nil {
		return 0, "", false
	}
	f := o.URL.Function
	return int(f.Timeout.V.Seconds()), f.Name, f.Timeout.Known()
}

// shortReadTimeout compares what CloudFront waits with what the function may take. A buffered
// function is silent until it is done; one that streams for as long as it likes, of which
// nothing shows but that nobody thought of it where the read timeout is CloudFront's own.
func shortReadTimeout(o *Origin, r *template.Report) {
	runs, name, known := o.runs()
	read := int(o.ReadTimeout.V.Seconds())
	if !known || !o.ReadTimeout.Known() || !o.URL.InvokeMode.Known() || read >= runs {
		return
	}
	is := "is missing, which is 30 s"
	if o.ReadTimeout.Given {
		is = fmt.Sprintf("is %d s", read)
	}
	switch at := o.ReadTimeout.Place; {
	case !o.URL.Streams():
		r.Warn(at, "%s, and %s, which answers in one piece, may take %d s", is, name, runs)
	case read < patient:
		r.Warn(at, "%s, and %s may run, and be silent, for %d s", is, name, runs)
	}
}
