package resources

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
)

// Resources is everything of a cloud assembly that a request can meet.
type Resources struct {
	Distributions []*Distribution
	Functions     []*Function // those with a function URL
	Buckets       []*Bucket   // those that the functions use
}

// Read finds the distributions of the assembly and follows what they refer to. The error
// names every resource and property that the local chain does not model.
func Read(a *assembly.Assembly) (*Resources, error) {
	r := &Resources{}
	var errs []error
	urls, err := a.OfType("AWS::Lambda::Url")
	if err != nil {
		return nil, err
	}
	domains := map[string]bool{}
	for _, res := range urls {
		if address, err := res.Attribute("FunctionUrl"); err == nil {
			domains[domainOf(address)] = true
		}
		f, err := readURL(a, res)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		r.Functions = append(r.Functions, f)
	}
	if r.Buckets, err = readBuckets(a, r.Functions); err != nil {
		errs = append(errs, err)
	}
	distributions, err := a.OfType("AWS::CloudFront::Distribution")
	if err != nil {
		return nil, err
	}
	if len(distributions) == 0 {
		errs = append(errs, fmt.Errorf("cloud assembly %s has no AWS::CloudFront::Distribution: there is nothing to serve", a.Dir))
	}
	links := &linker{assembly: a, domains: domains, viewer: map[string]*ViewerFunction{}, edge: map[string]*EdgeFunction{}}
	for _, res := range distributions {
		d, err := readDistribution(res)
		if d != nil {
			err = errors.Join(err, links.link(d))
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		r.Distributions = append(r.Distributions, d)
	}
	return r, errors.Join(errs...)
}

// A linker replaces the identifiers in behaviors by what they identify. A function that
// several behaviors share is read once.
type linker struct {
	assembly *assembly.Assembly
	domains  map[string]bool // of every function URL, also of those that cannot be read
	viewer   map[string]*ViewerFunction
	edge     map[string]*EdgeFunction
}

func (l *linker) link(d *Distribution) error {
	var errs []error
	for i := range d.Behaviors {
		b := &d.Behaviors[i]
		for _, err := range l.behavior(b, d.Account) {
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: behavior %s: %w", d.Name, b.PathPattern, err))
			}
		}
	}
	return errors.Join(errs...)
}

func (l *linker) behavior(b *Behavior, account string) []error {
	var errs []error
	if arn := b.viewerFunction; arn != "" {
		if _, known := l.viewer[arn]; !known { // with its problems, which are reported once
			f, err := l.viewerFunction(arn)
			l.viewer[arn] = f
			errs = append(errs, err)
		}
		b.ViewerRequest = l.viewer[arn]
	}
	for _, event := range slices.Sorted(maps.Keys(b.edgeFunctions)) {
		f, err := l.edgeFunction(b.edgeFunctions[event], account)
		errs = append(errs, err)
		if event == "origin-request" {
			b.OriginRequest = f
		} else {
			b.OriginResponse = f
		}
	}
	errs = append(errs, l.policies(b)...)
	if b.Origin.DomainName != "" && !l.domains[b.Origin.DomainName] {
		errs = append(errs, fmt.Errorf("origin %s: %s is not a function URL of this cloud assembly", b.Origin.ID, b.Origin.DomainName))
	}
	if b.Origin.oac != "" {
		signing, err := l.signing(b.Origin.oac)
		b.Origin.Signing = signing
		errs = append(errs, err)
	}
	return errs
}

// edgeFunction finds a Lambda@Edge function. Its problems are reported once.
func (l *linker) edgeFunction(arn, account string) (*EdgeFunction, error) {
	if f, known := l.edge[arn]; known {
		return f, nil
	}
	f, err := readEdgeFunction(l.assembly, arn)
	l.edge[arn] = f
	if parts := strings.Split(arn, ":"); len(parts) > 4 && parts[4] != account {
		err = errors.Join(err, fmt.Errorf("%s is of another account than the distribution: Lambda@Edge does not take it", arn))
	}
	return f, err
}

// nothing is what goes to the origin beyond the cache key without an origin request policy.
var nothing = &OriginRequestPolicy{Name: "no origin request policy"}

func (l *linker) policies(b *Behavior) []error {
	errs := make([]error, 3)
	b.Cache, errs[0] = policy(l, "CachePolicyId", b.cachePolicy, "AWS::CloudFront::CachePolicy", cachePolicies, readCachePolicy)
	b.Policy, errs[1] = policy(l, "OriginRequestPolicyId", b.originRequestPolicy, "AWS::CloudFront::OriginRequestPolicy", originRequestPolicies, readOriginRequestPolicy)
	b.ResponseHeaders, errs[2] = policy(l, "ResponseHeadersPolicyId", b.responseHeadersPolicy, "AWS::CloudFront::ResponseHeadersPolicy", responseHeadersPolicies, readResponseHeadersPolicy)
	if b.Policy == nil {
		b.Policy = nothing
	}
	return errs
}

func (l *linker) viewerFunction(arn string) (*ViewerFunction, error) {
	res, err := l.assembly.Find("AWS::CloudFront::Function", "FunctionARN", arn)
	if err != nil {
		return nil, err
	}
	if res == nil {
		return nil, missing("AWS::CloudFront::Function", arn, "CloudFront Functions must be in this cloud assembly")
	}
	return readViewerFunction(res)
}

func (l *linker) signing(id string) (Signing, error) {
	res, err := l.assembly.Find("AWS::CloudFront::OriginAccessControl", "Id", id)
	if err != nil {
		return "", err
	}
	if res == nil {
		return "", fmt.Errorf("OriginAccessControlId %q is not in this cloud assembly", id)
	}
	var signing Signing
	err = read(res, func(r *reader) {
		if config, ok := r.needed("OriginAccessControlConfig"); ok {
			config.without("Name", "Description")
			config.oneOf("OriginAccessControlOriginType", "", "lambda")
			config.oneOf("SigningProtocol", "", "sigv4")
			signing = Signing(config.oneOf("SigningBehavior", "", string(SignAlways), string(SignNoOverride), string(SignNever)))
			config.finish()
		}
	})
	return signing, err
}
