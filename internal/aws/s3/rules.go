package s3

import (
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// Rules are those about a bucket on the way of a request.
//
// Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage",
// "Controlling ownership of objects" and "Using cross-origin resource sharing (CORS)".
var Rules = []template.Rule[*Bucket]{
	{ID: causes.BucketOpen, Kind: template.Hole, Level: template.Error, Look: openBucket},
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: unpermittedNotification},
	{ID: causes.RecursiveInvocation, Kind: template.Hole, Level: template.Warning, Look: recursiveNotification},
}

// PermissionRules are those about a function that Amazon S3 may invoke.
//
// Source: AWS Lambda Developer Guide, "Process Amazon S3 event notifications with Lambda"; AWS
// Security Hub, control Lambda.1. Documented.
var PermissionRules = []template.Rule[*lambda.Permission]{
	{ID: causes.GrantAnyBucket, Kind: template.Hole, Level: template.Error, Look: anyBucket},
}

// JudgePermissions finds what is wrong with the permissions of Amazon S3 to invoke functions.
func JudgePermissions(a *assembly.Assembly, log *template.Log) {
	for _, p := range lambda.Permissions(a, servicePrincipal) {
		template.Judge(PermissionRules, p, log)
	}
}

// UseRules are those about a bucket that a function uses, of which there are presigned URLs.
var UseRules = []template.Rule[*Bucket]{
	{ID: causes.BucketOpen, Kind: template.Hole, Level: template.Warning, Look: openCORS},
	{ID: causes.BucketPlainHTTP, Kind: template.Hole, Level: template.Note, Look: plainBucket},
}

// Judge finds what is wrong with the bucket.
func (b *Bucket) Judge(log *template.Log) {
	template.Judge(Rules, b, log)
	log.Take(b.Log, template.Refused)
	if b.used {
		template.Judge(UseRules, b, log)
	}
}

// An access is who gets at a bucket beside the functions.
type access struct {
	acl      template.Text
	block    template.Place
	flags    []template.Bool // of the block of public access; none: it is whole, by default
	everyone []template.Place
	others   []template.Place // statements for other accounts
	deputies []template.Place // those for a service on behalf of anybody
	tls      bool             // plain HTTP is denied
	unknown  bool             // there may be more in policies
}

// publicACLs are those that let everybody in, or everybody who has an AWS account.
var publicACLs = []string{"PublicRead", "PublicReadWrite", "AuthenticatedRead"}

func openBucket(b *Bucket, r *template.Report) {
	open := false
	for _, at := range b.access.everyone {
		open = true
		r.Error(at, "gives everyone access to %s", b.Name)
	}
	for _, at := range b.access.deputies {
		r.Error(at, "lets the distributions of every account read %s: want a condition on AWS:SourceArn", b.Name)
	}
	for _, at := range b.access.others {
		r.Warn(at, "lets another account at %s", b.Name)
	}
	if acl := b.access.acl; slices.Contains(publicACLs, acl.V) {
		open = true
		r.Error(acl.Place, "is %s: want none", acl.V)
	}
	var off []string
	for _, flag := range b.access.flags {
		if flag.IsNot(true) {
			off = append(off, flag.Property[strings.LastIndexByte(flag.Property, '.')+1:])
		}
	}
	if len(off) > 0 && !open { // which is reported as what lets people in
		r.Warn(b.access.block, "has no %s: nothing keeps a policy or an ACL from opening the bucket", strings.Join(off, ", "))
	}
}

func openCORS(b *Bucket, r *template.Report) {
	for _, rule := range b.CORS {
		for _, origin := range rule.Origins.Items {
			if slices.Contains([]string{"*", "https://*", "http://*"}, origin.V) {
				r.Warn(origin.Place, "is %s: any page may use a presigned URL of the bucket", origin.V)
			}
		}
	}
}

func plainBucket(b *Bucket, r *template.Report) {
	if !b.access.tls && !b.access.unknown {
		r.Note(b.Place, "no policy denies requests by plain HTTP")
	}
}

// readAllow notes an Allow for everybody without a condition, and one for another account.
func (a *access) readAllow(at template.Place, raw map[string]any, s statement) {
	stack := at.Resource.Stack
	switch {
	case raw["NotPrincipal"] != nil:
		a.everyone = append(a.everyone, at.At("NotPrincipal"))
		return
	case conditional(stack, raw["Condition"]):
		return // somebody, or who knows
	}
	for _, p := range s.principals {
		account, named := accountOf(p.name)
		switch {
		case p.kind == "*":
			a.everyone = append(a.everyone, at.At("Principal"))
			return
		case p.kind == "Service" && p.name == "cloudfront.amazonaws.com":
			// Documented: the service acts for everyone who has a distribution.
			a.deputies = append(a.deputies, at.At("Condition"))
			return
		case p.kind == "AWS" && named && stack.Own(account) != stack.Account:
			a.others = append(a.others, at.At("Principal"))
			return
		}
	}
}

// conditional reports whether a statement has a condition: an empty one is none.
func conditional(stack *assembly.Stack, raw any) bool {
	condition, err := stack.Resolve(raw)
	operators, _ := condition.(map[string]any)
	for _, keys := range operators {
		if keys, ok := keys.(map[string]any); !ok || len(keys) > 0 {
			return true
		}
	}
	return err != nil
}

// accountOf returns the account that a principal is, or is of.
func accountOf(principal string) (account string, ok bool) {
	if parts := strings.SplitN(principal, ":", 6); len(parts) == 6 && parts[2] == "iam" {
		principal = parts[4]
	}
	return principal, len(principal) == 12 && strings.Trim(principal, "0123456789") == ""
}

// Admits reports whether the caller may do something with an object of the bucket; true where
// its policies are not understood.
func (b *Bucket) Admits(c Caller, action string) bool {
	if b.access.unknown || len(b.Notes) > 0 || b.allows(c, action, b.ARN("object")) || b.allows(c, action, b.ARN("*")) {
		return true
	}
	return c.Service == "" && c.Identity == "" && slices.Contains(publicACLs, b.access.acl.V)
}

// readDeny notes a Deny of all that comes by plain HTTP.
func (a *access) readDeny(b *Bucket, stack *assembly.Stack, raw map[string]any) {
	part := func(name string) any {
		v, err := stack.Resolve(raw[name])
		a.unknown = a.unknown || err != nil
		return v
	}
	condition, actions, resources := part("Condition"), listed(part("Action")), listed(part("Resource"))
	principal := part("Principal")
	if object, ok := principal.(map[string]any); ok {
		principal = object["AWS"]
	}
	covered := func(arn string) bool {
		return slices.ContainsFunc(resources, func(r string) bool { return r == "*" || r == arn })
	}
	a.tls = a.tls || refusesPlainHTTP(condition) && slices.Contains(listed(principal), "*") &&
		(slices.Contains(actions, "s3:*") || slices.Contains(actions, "*")) && covered(b.ARN("*")) && covered(b.ARN(""))
}
