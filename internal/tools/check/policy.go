package check

import (
	"net/textproto"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/resources"
)

// checkForwarding looks at what goes to the origin, and at what the cache key has of it.
func (c *checker) checkForwarding(b *behavior) {
	cache, cacheAt, known := c.cachePolicy(b)
	if known && cache.Headers.Has("Host") {
		cacheAt.find(causes.HostForwarded, Error, "is %s, which has Host in the cache key and so forwards it", cache.Name)
	}
	at := b.at.at("OriginRequestPolicyId")
	forward, ok := c.originRequestPolicy(at)
	if !ok {
		return
	}
	if forward.Headers.Has("Host") {
		at.find(causes.HostForwarded, Error, "is %s, which forwards Host", forward.Name)
	}
	if !known || !cache.TTL.Caches() {
		return
	}
	var mixed []string
	for _, header := range []string{"Authorization", "X-Forwarded-Authorization", "X-Api-Key"} {
		if forward.Headers.Has(header) && !cache.Headers.Has(header) {
			mixed = append(mixed, header)
		}
	}
	if !covers(cache.Cookies, forward.Cookies) {
		mixed = append(mixed, "cookies")
	}
	if len(mixed) == 0 {
		return
	}
	level, how := Warning, "as the origin's Cache-Control says"
	if cache.TTL.Default > 0 || cache.TTL.Min > 0 {
		level, how = Error, "even without Cache-Control"
	}
	at.find(causes.CacheMixesUsers, level, "is %s, which forwards %s, while %s caches without them in its key, %s", forward.Name, strings.Join(mixed, ", "), cache.Name, how)
}

// covers tells whether what is forwarded is in the key.
func covers(key, forwarded resources.Selection) bool {
	switch {
	case !forwarded.Any() || key.Everything():
		return true
	case forwarded.All:
		// What the key leaves out must be left out here, too.
		for _, name := range key.Names {
			if !key.All || forwarded.Has(name) {
				return false
			}
		}
		return key.All
	}
	for _, name := range forwarded.Names {
		if !key.Has(name) {
			return false
		}
	}
	return true
}

// cachePolicy returns the cache policy of a behavior and where it is set.
func (c *checker) cachePolicy(b *behavior) (*resources.CachePolicy, value, bool) {
	at := b.at.at("CachePolicyId")
	if !at.there() {
		if legacy := b.at.at("ForwardedValues"); legacy.v != nil {
			return forwardedValues(b.at, legacy), legacy, true
		}
		return nil, at, false
	}
	id := at.text()
	if id == "" {
		return nil, at, false
	}
	if p := resources.ManagedCachePolicy(id); p != nil {
		return p, at, true
	}
	config, name, ok := c.policy(at, id, "AWS::CloudFront::CachePolicy", "CachePolicyConfig")
	if !ok {
		return nil, at, false
	}
	p := &resources.CachePolicy{Name: name}
	p.TTL.Min, p.TTL.Default, p.TTL.Max = seconds(config.at("MinTTL"), 0), seconds(config.at("DefaultTTL"), 86400), seconds(config.at("MaxTTL"), 31536000)
	key := config.at("ParametersInCacheKeyAndForwardedToOrigin")
	p.Headers, p.Cookies, p.Queries = selection(key, "Header"), selection(key, "Cookie"), selection(key, "QueryString")
	return p, at, true
}

// forwardedValues reads the way to say it before there were policies: all of it is in the
// cache key.
func forwardedValues(behavior, legacy value) *resources.CachePolicy {
	p := &resources.CachePolicy{Name: "ForwardedValues"}
	p.TTL.Min, p.TTL.Default, p.TTL.Max = seconds(behavior.at("MinTTL"), 0), seconds(behavior.at("DefaultTTL"), 86400), seconds(behavior.at("MaxTTL"), 31536000)
	for _, name := range legacy.at("Headers").texts() {
		if name == "*" {
			p.Headers.All = true
			continue
		}
		p.Headers.Names = append(p.Headers.Names, textproto.CanonicalMIMEHeaderKey(name))
	}
	if p.Headers.All {
		p.Headers.Names = nil
	}
	cookies := legacy.at("Cookies")
	p.Cookies = resources.Selection{All: cookies.at("Forward").text() == "all", Names: cookies.at("WhitelistedNames").texts()}
	if p.Cookies.All {
		p.Cookies.Names = nil
	}
	return p
}

func seconds(at value, otherwise int) time.Duration {
	return time.Duration(at.number(otherwise)) * time.Second
}

func (c *checker) originRequestPolicy(at value) (*resources.OriginRequestPolicy, bool) {
	id := at.text()
	if id == "" {
		return nil, false
	}
	if p := resources.ManagedOriginRequestPolicy(id); p != nil {
		return p, true
	}
	config, name, ok := c.policy(at, id, "AWS::CloudFront::OriginRequestPolicy", "OriginRequestPolicyConfig")
	if !ok {
		return nil, false
	}
	return &resources.OriginRequestPolicy{Name: name, Headers: selection(config, "Header"), Cookies: selection(config, "Cookie"), Queries: selection(config, "QueryString")}, true
}

// policy finds a policy of the assembly.
func (c *checker) policy(at value, id, typ, property string) (config value, name string, ok bool) {
	res, _ := c.assembly.Find(typ, "", id)
	if res == nil {
		at.find(causes.ValueUnknown, Warning, "is %s, a policy that is neither in this assembly nor one of those known here: what it forwards cannot be looked at", id)
		return value{}, "", false
	}
	config = c.properties(res).at(property)
	return config, res.Name(), config.v != nil
}

// selection reads an object such as HeadersConfig: {HeaderBehavior, Headers}.
func selection(parent value, what string) resources.Selection {
	config := parent.at(what + "sConfig")
	names := config.at(what + "s").texts()
	if what == "Header" {
		for i, name := range names {
			names[i] = textproto.CanonicalMIMEHeaderKey(name)
		}
	}
	switch config.at(what + "Behavior").text() {
	case "whitelist":
		return resources.Selection{Names: names}
	case "allExcept":
		return resources.Selection{All: true, Names: names}
	case "all", "allViewer", "allViewerAndWhitelistCloudFront":
		return resources.Selection{All: true}
	}
	return resources.Selection{}
}
