package streamfront_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

const certificateArn = "arn:aws:acm:us-east-1:123456789012:certificate/a"

func importCertificate(stack awscdk.Stack, arn string) awscertificatemanager.ICertificate {
	return awscertificatemanager.Certificate_FromCertificateArn(stack, jsii.String("Certificate"), &arn)
}

func importZone(stack awscdk.Stack) awsroute53.IHostedZone {
	return awsroute53.HostedZone_FromHostedZoneAttributes(stack, jsii.String("Zone"), &awsroute53.HostedZoneAttributes{
		HostedZoneId: jsii.String("Z1"), ZoneName: jsii.String("example.com"),
	})
}

// withOptions is an endpoint with a domain, a firewall and access logs in front of a web
// application.
var withOptions = sync.OnceValue(func() *assembly {
	stack := newStack("us-east-1")
	web := newWebFunction(stack, awslambda.Architecture_ARM_64(), awslambda.Runtime_NODEJS_24_X())
	streamfront.AddWebAdapter(web, &streamfront.WebAdapterProps{ReadinessPath: jsii.String("/healthz")})
	streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function:    web,
		DomainNames: jsii.Strings("chat.example.com"),
		Certificate: importCertificate(stack, certificateArn),
		HostedZone:  importZone(stack),
		WebAclId:    streamfront.NewFirewall(stack, jsii.String("Firewall"), nil).WebAclArn(),
		AccessLogs:  jsii.Bool(true),
		DistributionProps: &awscloudfront.DistributionProps{
			GeoRestriction: awscloudfront.GeoRestriction_Denylist(jsii.String("AQ")),
			PriceClass:     awscloudfront.PriceClass_PRICE_CLASS_100,
		},
	})
	return synth(stack)
})

// A name without its record does not resolve, and a record whose name the distribution
// does not have answers 403.
func TestDomainNamesHaveCertificateAndRecords(t *testing.T) {
	for _, region := range []string{"us-east-1", "eu-west-1"} {
		t.Run(region, func(t *testing.T) {
			stack := newStack(region)
			streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
				Function:    newFunction(stack, "Function"),
				DomainNames: jsii.Strings("example.com", "chat.example.com"),
				Certificate: importCertificate(stack, certificateArn),
				HostedZone:  importZone(stack),
			})
			main := synth(stack).main
			distribution := main.Only(t, "AWS::CloudFront::Distribution")
			wantJSON(t, "Aliases", distribution.At(t, "DistributionConfig", "Aliases"), `["example.com", "chat.example.com"]`)
			wantJSON(t, "ViewerCertificate", distribution.At(t, "DistributionConfig", "ViewerCertificate"), `{
				"AcmCertificateArn": "`+certificateArn+`",
				"MinimumProtocolVersion": "TLSv1.2_2025",
				"SslSupportMethod": "sni-only"
			}`)
			got := map[string]bool{}
			for _, record := range main.All("AWS::Route53::RecordSet") {
				got[fmt.Sprint(record.At(t, "Name"), " ", record.At(t, "Type"))] = true
				wantJSON(t, "HostedZoneId", record.At(t, "HostedZoneId"), `"Z1"`)
				wantJSON(t, "AliasTarget", record.At(t, "AliasTarget"),
					fmt.Sprintf(`{"DNSName": {"Fn::GetAtt": [%q, "DomainName"]}, "HostedZoneId": "Z2FDTNDATAQYW2"}`, distribution.ID))
			}
			for _, want := range []string{"example.com. A", "example.com. AAAA", "example.com. HTTPS", "chat.example.com. A", "chat.example.com. AAAA", "chat.example.com. HTTPS"} {
				if !got[want] {
					t.Errorf("records = %v, want %s among them", got, want)
				}
			}
			if len(got) != 6 {
				t.Errorf("%d records, want 6", len(got))
			}
		})
	}
}

// An AAAA record of a distribution without IPv6 sends those viewers nowhere.
func TestNoAddressRecordWithoutIPv6(t *testing.T) {
	stack := newStack("us-east-1")
	streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function:          newFunction(stack, "Function"),
		DomainNames:       jsii.Strings("chat.example.com"),
		Certificate:       importCertificate(stack, certificateArn),
		HostedZone:        importZone(stack),
		DistributionProps: &awscloudfront.DistributionProps{EnableIpv6: jsii.Bool(false)},
	})
	for _, record := range synth(stack).main.All("AWS::Route53::RecordSet") {
		if record.At(t, "Type") == "AAAA" {
			t.Errorf("%s is an AAAA record", record.ID)
		}
	}
}

func TestDomainWithoutZoneMakesNoRecords(t *testing.T) {
	stack := newStack("us-east-1")
	streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function:          newFunction(stack, "Function"),
		DomainNames:       jsii.Strings("chat.example.com"),
		Certificate:       importCertificate(stack, certificateArn),
		DistributionProps: &awscloudfront.DistributionProps{MinimumProtocolVersion: awscloudfront.SecurityPolicyProtocol_TLS_V1_3_2025},
	})
	main := synth(stack).main
	if n := len(main.All("AWS::Route53::RecordSet")); n != 0 {
		t.Errorf("%d records, want none", n)
	}
	wantJSON(t, "the user's security policy", main.Only(t, "AWS::CloudFront::Distribution").
		At(t, "DistributionConfig", "ViewerCertificate", "MinimumProtocolVersion"), `"TLSv1.3_2025"`)
}

// The certificate of an app for another region is in a stack of its own.
func TestCertificateOfAStackInUsEast1(t *testing.T) {
	stack := newStack("eu-west-1")
	streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function:    newFunction(stack, "Function"),
		DomainNames: jsii.Strings("chat.example.com"),
		Certificate: newCertificate(stack, "us-east-1"),
	})
	certificate := synth(stack).main.Only(t, "AWS::CloudFront::Distribution").At(t, "DistributionConfig", "ViewerCertificate", "AcmCertificateArn")
	if !strings.Contains(fmt.Sprint(certificate), "ExportsReader") {
		t.Errorf("AcmCertificateArn = %v, want what a cross-region reference reads", certificate)
	}
}

// newCertificate defines a certificate in a second stack.
func newCertificate(stack awscdk.Stack, region string) awscertificatemanager.ICertificate {
	other := awscdk.NewStack(awscdk.App_Of(stack), jsii.String("Certificates"), &awscdk.StackProps{
		Env:                   &awscdk.Environment{Account: stack.Account(), Region: &region},
		CrossRegionReferences: jsii.Bool(true),
	})
	return awscertificatemanager.NewCertificate(other, jsii.String("Certificate"), &awscertificatemanager.CertificateProps{
		DomainName: jsii.String("chat.example.com"),
	})
}

func TestDomainRefuses(t *testing.T) {
	type props = streamfront.EndpointProps
	for name, test := range map[string]struct {
		edit func(awscdk.Stack, *props)
		want string
	}{
		"certificate alone": {
			func(stack awscdk.Stack, p *props) {
				p.DomainNames, p.Certificate = nil, importCertificate(stack, certificateArn)
			},
			"streamfront: EndpointProps.Certificate is set without DomainNames; pass the names that it is for",
		},
		"zone alone": {
			func(stack awscdk.Stack, p *props) {
				p.DomainNames, p.HostedZone = nil, importZone(stack)
			},
			"streamfront: EndpointProps.HostedZone is set without DomainNames; pass the names to make records for",
		},
		"names alone": {
			func(_ awscdk.Stack, p *props) { p.DomainNames = jsii.Strings("a.example.com", "b.example.com") },
			`streamfront: EndpointProps.DomainNames is set without Certificate; pass a certificate of AWS Certificate Manager in us-east-1 that covers "a.example.com", "b.example.com"`,
		},
		"names in both places": {
			func(_ awscdk.Stack, p *props) {
				p.DistributionProps = &awscloudfront.DistributionProps{DomainNames: jsii.Strings("b.example.com")}
			},
			"streamfront: EndpointProps.DomainNames and DistributionProps.DomainNames or Certificate are set; keep those of EndpointProps",
		},
		"ARN of another region": {
			func(stack awscdk.Stack, p *props) {
				p.Certificate = importCertificate(stack, "arn:aws:acm:eu-west-1:123456789012:certificate/a")
			},
			"streamfront: EndpointProps.Certificate is in eu-west-1, but CloudFront accepts certificates from us-east-1 only; request it there, in a stack of that region with StackProps.CrossRegionReferences set on both stacks",
		},
		"certificate in a stack of another region": {
			func(stack awscdk.Stack, p *props) { p.Certificate = newCertificate(stack, "eu-west-1") },
			"streamfront: EndpointProps.Certificate is in eu-west-1, but CloudFront accepts certificates from us-east-1 only; request it there, in a stack of that region with StackProps.CrossRegionReferences set on both stacks",
		},
		"IAM certificate": {
			func(stack awscdk.Stack, p *props) {
				p.Certificate = importCertificate(stack, "arn:aws:iam::123456789012:server-certificate/a")
			},
			`streamfront: EndpointProps.Certificate is "arn:aws:iam::123456789012:server-certificate/a", which is not an ARN of AWS Certificate Manager; it looks like arn:aws:acm:us-east-1:123456789012:certificate/...`,
		},
		"URL": {
			func(stack awscdk.Stack, p *props) {
				p.DomainNames, p.Certificate = jsii.Strings("https://chat.example.com"), importCertificate(stack, certificateArn)
			},
			`streamfront: EndpointProps.DomainNames has "https://chat.example.com"; pass only a name, such as chat.example.com, without scheme, port, path or final dot`,
		},
		"name twice": {
			func(stack awscdk.Stack, p *props) {
				p.DomainNames, p.Certificate = jsii.Strings("chat.example.com", "chat.example.com"), importCertificate(stack, certificateArn)
			},
			`streamfront: EndpointProps.DomainNames has "chat.example.com" twice; remove one`,
		},
		"name of another zone": {
			func(stack awscdk.Stack, p *props) {
				p.DomainNames, p.Certificate, p.HostedZone = jsii.Strings("chat.badexample.com"), importCertificate(stack, certificateArn), importZone(stack)
			},
			`streamfront: EndpointProps.DomainNames has "chat.badexample.com", which is not in HostedZone "example.com"; leave HostedZone out and make the records yourself`,
		},
		"token with records": {
			func(stack awscdk.Stack, p *props) {
				parameter := awscdk.NewCfnParameter(stack, jsii.String("Name"), nil)
				p.DomainNames, p.Certificate, p.HostedZone = &[]*string{parameter.ValueAsString()}, importCertificate(stack, certificateArn), importZone(stack)
			},
			"streamfront: EndpointProps.DomainNames has a token, whose value is not known yet, and HostedZone asks for records; pass the name itself, or leave HostedZone out and make the records yourself",
		},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack("us-east-1")
			p := &props{Function: newFunction(stack, "Function"), DomainNames: jsii.Strings("chat.example.com")}
			test.edit(stack, p)
			mustPanic(t, test.want, func() { streamfront.NewEndpoint(stack, jsii.String("Api"), p) })
		})
	}
}

// What is not known before deployment must not be refused.
func TestTokensOfADomainPass(t *testing.T) {
	stack := newStack("us-east-1")
	name := awscdk.NewCfnParameter(stack, jsii.String("Name"), nil)
	arn := awscdk.NewCfnParameter(stack, jsii.String("CertificateArn"), nil)
	streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function:    newFunction(stack, "Function"),
		DomainNames: &[]*string{name.ValueAsString()},
		Certificate: importCertificate(stack, *arn.ValueAsString()),
	})
	config := synth(stack).main.Only(t, "AWS::CloudFront::Distribution").At(t, "DistributionConfig").(map[string]any)
	wantJSON(t, "Aliases", config["Aliases"], `[{"Ref": "Name"}]`)
	wantJSON(t, "AcmCertificateArn", config["ViewerCertificate"].(map[string]any)["AcmCertificateArn"], `{"Ref": "CertificateArn"}`)
}
