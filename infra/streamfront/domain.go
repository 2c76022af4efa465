package streamfront

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscertificatemanager"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// edgeRegion is the region in which CloudFront looks for certificates, web ACLs and Lambda@Edge
// functions.
const edgeRegion = "us-east-1"

// validateDomain finds what would fail on deployment, or leave a name without a certificate.
func (p *EndpointProps) validateDomain(found *problems.List) {
	if p.DomainNames == nil || len(*p.DomainNames) == 0 {
		if p.Certificate != nil {
			found.Add("EndpointProps.Certificate is set without DomainNames; pass the names that it is for")
		}
		if p.HostedZone != nil {
			found.Add("EndpointProps.HostedZone is set without DomainNames; pass the names to make records for")
		}
		return
	}
	if d := p.DistributionProps; d != nil && (d.DomainNames != nil || d.Certificate != nil) {
		found.Add("EndpointProps.DomainNames and DistributionProps.DomainNames or Certificate are set; keep those of EndpointProps")
		return
	}
	if p.Certificate == nil {
		found.Add("EndpointProps.DomainNames is set without Certificate; pass a certificate of AWS Certificate Manager in us-east-1 that covers %s", quoted(*p.DomainNames))
	} else {
		validateCertificate(found, p.Certificate)
	}
	seen := map[string]bool{}
	for _, name := range *p.DomainNames {
		validateDomainName(found, *name, p.HostedZone)
		if seen[*name] {
			found.Add("EndpointProps.DomainNames has %q twice; remove one", *name)
		}
		seen[*name] = true
	}
}

// validateCertificate finds that the certificate is not in us-east-1, as far as that is known before
// deployment. A literal ARN contains the region; if the ARN is a token, the construct knows the
// region of its stack.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html
func validateCertificate(found *problems.List, certificate interfacesawscertificatemanager.ICertificateRef) {
	region := certificate.Env().Region
	if id := certificate.CertificateRef().CertificateArn; !*awscdk.Token_IsUnresolved(id) {
		fields := strings.Split(*id, ":")
		if len(fields) < 6 || fields[0] != "arn" || fields[2] != "acm" {
			found.Add("EndpointProps.Certificate is %q, which is not an ARN of AWS Certificate Manager; it looks like arn:aws:acm:us-east-1:123456789012:certificate/...", *id)
			return
		}
		region = &fields[3]
	}
	if !*awscdk.Token_IsUnresolved(region) && *region != edgeRegion {
		found.Add("EndpointProps.Certificate is in %s, but CloudFront accepts certificates from us-east-1 only; request it there, in a stack of that region with StackProps.CrossRegionReferences set on both stacks", *region)
	}
}

func validateDomainName(found *problems.List, name string, zone awsroute53.IHostedZone) {
	if *awscdk.Token_IsUnresolved(&name) {
		if zone != nil {
			// The name is part of the construct id of its records, which cannot contain a token.
			found.Add("EndpointProps.DomainNames has a token, whose value is not known yet, and HostedZone asks for records; pass the name itself, or leave HostedZone out and make the records yourself")
		}
		return
	}
	if name == "" || strings.ContainsAny(name, "/: ") || strings.HasSuffix(name, ".") || !strings.Contains(name, ".") {
		found.Add("EndpointProps.DomainNames has %q; pass only a name, such as chat.example.com, without scheme, port, path or final dot", name)
		return
	}
	if zone == nil || *awscdk.Token_IsUnresolved(zone.ZoneName()) {
		return
	}
	if parent := strings.TrimSuffix(*zone.ZoneName(), "."); name != parent && !strings.HasSuffix(name, "."+parent) {
		found.Add("EndpointProps.DomainNames has %q, which is not in HostedZone %q; leave HostedZone out and make the records yourself", name, parent)
	}
}

// quoted lists names in an error.
func quoted(names []*string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = fmt.Sprintf("%q", *name)
	}
	return strings.Join(list, ", ")
}

// setDomain writes the domain into the props of the distribution, which are a copy.
func (p *EndpointProps) setDomain(d *awscloudfront.DistributionProps) {
	if p.DomainNames != nil && len(*p.DomainNames) > 0 {
		d.DomainNames, d.Certificate = p.DomainNames, p.Certificate
	}
	// The CDK's default is from 2021. Of the policies from 2025 this one still admits TLS 1.2, which
	// older HTTP clients in build systems and appliances need.
	if d.Certificate != nil && d.MinimumProtocolVersion == "" {
		d.MinimumProtocolVersion = awscloudfront.SecurityPolicyProtocol_TLS_V1_2_2025
	}
}

// newRecords points the domain names to the distribution. The HTTPS record saves HTTP/3 viewers the
// first round trips over HTTP/2, and aliases of any type are free of charge.
func (e *endpoint) newRecords(p *EndpointProps) {
	if p.HostedZone == nil {
		return
	}
	types := []string{"A", "HTTPS"}
	if d := p.DistributionProps; d == nil || d.EnableIpv6 == nil || *d.EnableIpv6 {
		types = []string{"A", "AAAA", "HTTPS"}
	}
	for _, name := range *p.DomainNames {
		for _, typ := range types {
			// Not the L2: its alias target is in a package that imports every service with
			// alias targets, which each importer of this package would have to compile.
			e.records = append(e.records, awsroute53.NewCfnRecordSet(e, jsii.String(typ+" "+*name), &awsroute53.CfnRecordSetProps{
				HostedZoneId: p.HostedZone.HostedZoneId(),
				Name:         jsii.String(*name + "."),
				Type:         jsii.String(typ),
				AliasTarget: &awsroute53.CfnRecordSet_AliasTargetProperty{
					DnsName:      e.distribution.DistributionDomainName(),
					HostedZoneId: jsii.String(cloudFrontZone),
				},
			}))
		}
	}
}

// cloudFrontZone is the hosted zone of every distribution.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-route53-recordset-aliastarget.html
const cloudFrontZone = "Z2FDTNDATAQYW2"
