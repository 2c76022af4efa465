package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"
)

// lookAtCertificate wants one for the domain that was issued, in us-east-1, where CloudFront
// looks for it.
func lookAtCertificate(ctx context.Context, e *examination) Finding {
	request := fmt.Sprintf("aws acm request-certificate --region %s --domain-name %s --validation-method DNS", edgeRegion, e.Domain)
	found, err := e.certificates(ctx, edgeRegion)
	if err != nil {
		return e.refused("acm:ListCertificates", edgeRegion, err)
	}
	if i := slices.IndexFunc(found, issued); i >= 0 {
		return Finding{State: OK, Says: aws.ToString(found[i].CertificateArn)}
	}
	if len(found) > 0 {
		arn := aws.ToString(found[0].CertificateArn)
		return Finding{
			State: Fail, Says: fmt.Sprintf("%s is %s", arn, found[0].Status),
			Fix: fmt.Sprintf("aws acm describe-certificate --region %s --certificate-arn %s --query Certificate.DomainValidationOptions, which has the DNS record to make", edgeRegion, arn),
		}
	}
	if e.Region != edgeRegion {
		if elsewhere, err := e.certificates(ctx, e.Region); err == nil && slices.ContainsFunc(elsewhere, issued) {
			return Finding{State: Fail, Says: fmt.Sprintf("there is one for %s in %s, and CloudFront accepts those of %s only", e.Domain, e.Region, edgeRegion), Fix: request}
		}
	}
	return Finding{State: Fail, Says: fmt.Sprintf("there is none for %s in %s", e.Domain, edgeRegion), Fix: request}
}

func issued(c types.CertificateSummary) bool { return c.Status == types.CertificateStatusIssued }

// certificates are those of a region that have the domain among their names.
func (e *examination) certificates(ctx context.Context, region string) (found []types.CertificateSummary, err error) {
	pages := acm.NewListCertificatesPaginator(acm.NewFromConfig(e.in(region)), &acm.ListCertificatesInput{
		// Without it, certificates with keys of ECDSA are not listed.
		Includes: &types.Filters{KeyTypes: types.KeyAlgorithm("").Values()},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, c := range page.CertificateSummaryList {
			names := append([]string{aws.ToString(c.DomainName)}, c.SubjectAlternativeNameSummaries...)
			if slices.ContainsFunc(names, func(name string) bool { return covers(name, e.Domain) }) {
				found = append(found, c)
			}
		}
	}
	return found, nil
}

// covers compares a name of a certificate, where * stands for one label, with a domain.
func covers(name, domain string) bool {
	name, domain = strings.ToLower(name), strings.ToLower(domain)
	if parent, wild := strings.CutPrefix(name, "*."); wild {
		label, rest, _ := strings.Cut(domain, ".")
		return label != "" && rest == parent
	}
	return name == domain
}
