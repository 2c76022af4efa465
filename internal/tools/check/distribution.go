package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// A distribution is an AWS::CloudFront::Distribution.
type distribution struct {
	properties value // of the resource
	config     value // its DistributionConfig
	arn        string
	origins    []*origin
	unknown    bool // where some requests go is not known, which was told
}

func (c *checker) readDistribution(res *assembly.Resource) *distribution {
	p := c.properties(res)
	d := &distribution{properties: p, config: p.at("DistributionConfig")}
	id, _ := res.Attribute("Id") // made up, never unknown
	d.arn = fmt.Sprintf("arn:aws:cloudfront::%s:distribution/%s", res.Stack.Account, id)
	origins := d.config.at("Origins")
	d.unknown = origins.unknown
	for _, at := range origins.items() {
		o := c.readOrigin(at)
		d.origins = append(d.origins, o)
		d.unknown = d.unknown || at.unknown || o.unknown
	}
	return d
}

// behaviors are the cache behaviors, the default one last.
func (d *distribution) behaviors() []value {
	return append(d.config.at("CacheBehaviors").items(), d.config.at("DefaultCacheBehavior"))
}

// is tells whether an ARN, which may have wildcards, is the distribution's.
func (d *distribution) is(pattern string) bool {
	return wildcard.MatchARN(d.properties.res.Stack.Own(pattern), d.arn)
}

func (c *checker) checkDistribution(d *distribution) {
	if !slices.Contains(c.fronted(), d) {
		return
	}
	for _, o := range d.origins {
		if o.servesFunction() {
			c.checkOrigin(d, o)
		}
	}
	for _, at := range d.behaviors() {
		if at.v == nil {
			continue
		}
		for _, o := range d.targets(at) {
			if o.servesFunction() {
				c.checkBehavior(&behavior{at: at, origin: o, distribution: d})
				break // of a group the first one decides
			}
		}
	}
	c.checkCertificate(d)
	c.checkErrorResponses(d)
}

// targets are the origins that a behavior sends requests to: one, or those of a group.
func (d *distribution) targets(behavior value) []*origin {
	at := behavior.at("TargetOriginId")
	id := at.text()
	ids := []string{id}
	for _, group := range d.config.at("OriginGroups").at("Items").items() {
		if id != "" && group.at("Id").text() == id {
			ids = nil
			for _, member := range group.at("Members").at("Items").items() {
				ids = append(ids, member.at("OriginId").text())
			}
		}
	}
	var found []*origin
	for _, o := range d.origins {
		if o.id != "" && slices.Contains(ids, o.id) {
			found = append(found, o)
		}
	}
	if len(found) == 0 && id != "" {
		at.find(causes.ValueUnknown, Warning, "is %q, which is none of the distribution's origins", id)
	}
	return found
}

// oldProtocols are the values of MinimumProtocolVersion, and of OriginSSLProtocols, that
// let in TLS before 1.2.
var oldProtocols = []string{"SSLv3", "TLSv1", "TLSv1_2016", "TLSv1.1", "TLSv1.1_2016"}

// checkCertificate looks at the oldest protocol for viewers. With CloudFront's own domain
// name nothing can be chosen.
func (c *checker) checkCertificate(d *distribution) {
	certificate := d.config.at("ViewerCertificate")
	if !certificate.there() || certificate.at("CloudFrontDefaultCertificate").yes() {
		return
	}
	at := certificate.at("MinimumProtocolVersion")
	switch version := at.text(); {
	case !at.there():
		at.find(causes.TLSOld, Warning, "is missing, which is TLSv1")
	case slices.Contains(oldProtocols, version):
		at.find(causes.TLSOld, Warning, "is %s", version)
	}
}

// checkErrorResponses finds the ones that put a page or another status in the place of an
// answer. A page for 404 alone hides nothing but the wording.
func (c *checker) checkErrorResponses(d *distribution) {
	for _, at := range d.config.at("CustomErrorResponses").items() {
		code, status, page := at.at("ErrorCode").text(), at.at("ResponseCode").text(), at.at("ResponsePagePath").text()
		if status == "" && page == "" || code == "404" && !strings.HasPrefix(status, "2") {
			continue
		}
		at.find(causes.ErrorsHide403, Warning, "answers %s with %s instead, on every path of the distribution", code, strings.Join(nonEmpty(status, page), " "))
	}
}

func nonEmpty(texts ...string) []string {
	return slices.DeleteFunc(texts, func(text string) bool { return text == "" })
}
