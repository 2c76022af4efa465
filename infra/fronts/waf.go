package fronts

import (
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awswafv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

var regionalWebAcl = regexp.MustCompile(`^arn:[a-z-]+:wafv2:[a-z0-9-]+:[0-9]{12}:regional/webacl/[^/]+/[^/]+$`)

func validateWebAcl(found *problems.List, property string, webAcl *string) {
	if webAcl != nil && !*awscdk.Token_IsUnresolved(webAcl) && !regionalWebAcl.MatchString(*webAcl) {
		found.Add("%s is %q; use the ARN of a web ACL with scope REGIONAL, such as arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/name/id", property, *webAcl)
	}
}

// associate puts a web ACL in front of a stage or a load balancer.
func associate(scope constructs.Construct, webAcl, resource *string) {
	if webAcl == nil {
		return
	}
	awswafv2.NewCfnWebACLAssociation(scope, jsii.String("WebAcl"), &awswafv2.CfnWebACLAssociationProps{
		WebAclArn: webAcl, ResourceArn: resource,
	})
}
