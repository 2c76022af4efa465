package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// signIn is what to do without good credentials.
const signIn = "aws sso login, or aws configure; then aws sts get-caller-identity"

// identify finds out whose account it is. Nothing else of AWS can be looked at before.
func (e *examination) identify(ctx context.Context) []Finding {
	ctx, cancel := context.WithTimeout(ctx, e.Timeout)
	defer cancel()
	if err := e.load(ctx); err != nil {
		return []Finding{
			{"credentials", Fail, "the AWS configuration cannot be read: " + inOneLine(err), signIn},
			{"account", Skip, "needs credentials", ""},
			{"region", OK, e.Region, ""},
		}
	}
	region := Finding{"region", OK, e.Region, ""}
	credentials, err := e.aws.Credentials.Retrieve(ctx)
	if err != nil {
		return []Finding{
			{"credentials", Fail, "there are none, or they cannot be read: " + inOneLine(err), signIn},
			{"account", Skip, "needs credentials", ""},
			region,
		}
	}
	from := Finding{"credentials", OK, "from " + credentials.Source, ""}
	answer, err := sts.NewFromConfig(e.aws).GetCallerIdentity(ctx, nil)
	if err != nil {
		account := e.refused("sts:GetCallerIdentity", e.Region, err)
		account.Check = "account"
		if account.State == Fail {
			account.Fix = signIn
		}
		return []Finding{from, account, region}
	}
	e.account = aws.ToString(answer.Account)
	account := Finding{"account", OK, e.account + ", as " + aws.ToString(answer.Arn), ""}
	if strings.HasSuffix(aws.ToString(answer.Arn), ":root") {
		account.State, account.Says, account.Fix = Warn, account.Says+": the root user, whose keys can do everything", "sign in as a user of IAM Identity Center"
	}
	return []Finding{from, account, region}
}

// refused says what an error of a call means.
func (e *examination) refused(operation, region string, err error) Finding {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return Finding{State: Unknown, Says: operation + " in " + region + " gets no answer: " + inOneLine(err), Fix: "is this machine online, and does a proxy let it reach AWS?"}
	}
	code := api.ErrorCode()
	switch {
	case strings.HasPrefix(code, "AccessDenied"), strings.HasPrefix(code, "Unauthorized"):
		return Finding{State: Unknown, Says: "may not be looked at: " + operation + " is denied", Fix: "allow " + operation + " to these credentials"}
	case strings.HasPrefix(code, "ExpiredToken"), code == "InvalidClientTokenId", code == "SignatureDoesNotMatch", code == "InvalidSignatureException":
		return Finding{State: Fail, Says: "the credentials are not, or no longer, good: " + code, Fix: signIn}
	case code == "UnrecognizedClientException" && e.account != "":
		// Good elsewhere, so that it is the region that does not know the account.
		return Finding{State: Fail, Says: region + " is not enabled for the account", Fix: "aws account enable-region --region-name " + region}
	case code == "UnrecognizedClientException":
		return Finding{State: Fail, Says: "the credentials are not valid, or " + region + " is not enabled for the account: " + code, Fix: signIn}
	}
	return Finding{State: Unknown, Says: fmt.Sprintf("%s in %s answers %s: %s", operation, region, code, api.ErrorMessage())}
}

// inOneLine is an error as one line, of a request that failed without the SDK's words around it.
func inOneLine(err error) string {
	if failed := (*url.Error)(nil); errors.As(err, &failed) {
		err = failed
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}

// Versions of the bootstrap stack: the first that templates of the CDK deploy with, by their
// rule CheckBootstrapVersion.
const bootstrapVersion = 6

// bootstrapIn looks for the bootstrap stack of a region, without which the CDK has nowhere to
// put its assets. The signer of an endpoint elsewhere is in us-east-1.
func bootstrapIn(region string) func(context.Context, *examination) Finding {
	return func(ctx context.Context, e *examination) Finding {
		fix := fmt.Sprintf("npx cdk bootstrap aws://%s/%s", e.account, region)
		if e.Qualifier != "hnb659fds" {
			fix += " --qualifier " + e.Qualifier
		}
		name := "/cdk-bootstrap/" + e.Qualifier + "/version"
		answer, err := ssm.NewFromConfig(e.in(region)).GetParameter(ctx, &ssm.GetParameterInput{Name: &name})
		var missing *types.ParameterNotFound
		switch {
		case errors.As(err, &missing):
			return Finding{State: Fail, Says: "there is none: no parameter " + name, Fix: fix}
		case err != nil:
			return e.refused("ssm:GetParameter", region, err)
		}
		text := aws.ToString(answer.Parameter.Value)
		version, err := strconv.Atoi(text)
		switch {
		case err != nil:
			return Finding{State: Unknown, Says: fmt.Sprintf("%s is %q, which is not a version", name, text), Fix: fix}
		case version < bootstrapVersion:
			return Finding{State: Fail, Says: fmt.Sprintf("version %d, want %d or newer", version, bootstrapVersion), Fix: fix}
		}
		return Finding{State: OK, Says: "version " + text}
	}
}
