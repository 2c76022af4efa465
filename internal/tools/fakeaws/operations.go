package fakeaws

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

type object = map[string]any

// operations are what the account answers, by service and name.
var operations = map[string]func(*Account, *call) (any, *failure){
	"sts:GetCallerIdentity": func(a *Account, _ *call) (any, *failure) {
		return fmt.Sprintf("<Arn>arn:aws:iam::%[1]s:user/me</Arn><UserId>AIDA</UserId><Account>%[1]s</Account>", a.ID), nil
	},
	"ssm:GetParameter": func(a *Account, c *call) (any, *failure) {
		var in struct{ Name string }
		c.in(&in)
		value, found := a.Parameters[c.region+" "+in.Name]
		if !found {
			return nil, failed("ParameterNotFound", "")
		}
		return object{"Parameter": object{"Name": in.Name, "Value": value, "Type": "String"}}, nil
	},
	"secretsmanager:GetSecretValue": func(a *Account, c *call) (any, *failure) {
		var in struct {
			ID string `json:"SecretId"`
		}
		c.in(&in)
		value, found := a.Secrets[in.ID]
		if !found {
			return nil, failed("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
		}
		return object{"ARN": in.ID, "SecretString": value}, nil
	},
	"servicequotas:GetServiceQuota": func(a *Account, c *call) (any, *failure) {
		var in struct{ ServiceCode, QuotaCode string }
		c.in(&in)
		if in.ServiceCode != "lambda" || in.QuotaCode != "L-B99A9384" {
			return nil, failed("NoSuchResourceException", "no quota %s of %s", in.QuotaCode, in.ServiceCode)
		}
		return object{"Quota": object{"QuotaName": "Concurrent executions", "Value": a.concurrency(c.region)}}, nil
	},
	"servicequotas:ListServiceQuotas": listQuotas,
	"lambda:GetAccountSettings": func(a *Account, c *call) (any, *failure) {
		return object{"AccountLimit": object{"ConcurrentExecutions": a.concurrency(c.region)}}, nil
	},
	"acm:ListCertificates":                   listCertificates,
	"bedrock:GetFoundationModelAvailability": modelAvailability,
	"bedrock:GetInferenceProfile": func(a *Account, c *call) (any, *failure) {
		id := path.Base(c.path)
		model, found := a.Profiles[id]
		if !found {
			return nil, failed("ResourceNotFoundException", "The inference profile %s does not exist", id)
		}
		return object{"inferenceProfileId": id, "status": "ACTIVE", "type": "SYSTEM_DEFINED", "models": []object{
			{"modelArn": "arn:aws:bedrock:" + c.region + "::foundation-model/" + model},
		}}, nil
	},
	"account:ListRegions": func(a *Account, _ *call) (any, *failure) {
		var regions []object
		for _, region := range a.Regions {
			regions = append(regions, object{"RegionName": region, "RegionOptStatus": "ENABLED_BY_DEFAULT"})
		}
		return object{"Regions": regions}, nil
	},
	"lambda:ListFunctions": listFunctions,
	"lambda:ListTags": func(a *Account, c *call) (any, *failure) {
		_, name, _ := strings.Cut(c.path, ":function:")
		if a.Functions[name] == nil {
			return nil, failed("ResourceNotFoundException", "Function not found: %s", name)
		}
		return object{"Tags": a.Functions[name].Tags}, nil
	},
	"lambda:DeleteFunction": func(a *Account, c *call) (any, *failure) {
		name := path.Base(c.path)
		switch f := a.Functions[name]; {
		case c.region != "us-east-1" || f == nil:
			return nil, failed("ResourceNotFoundException", "Function not found: %s", name)
		case f.Replicated:
			// Documented: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-delete-replicas.html
			return nil, failed("InvalidParameterValueException", "Lambda was unable to delete %s because it is a replicated function. Please see our documentation for Deleting Lambda@Edge Functions and Replicas.", functionARN(a, name))
		}
		delete(a.Functions, name)
		return nil, nil
	},
	"cloudformation:DescribeStackResources": func(a *Account, c *call) (any, *failure) {
		name := c.form.Get("PhysicalResourceId")
		stack, found := a.Stacks[name]
		if !found {
			return nil, failed("ValidationError", "Stack for %s does not exist", name)
		}
		return fmt.Sprintf("<StackResources><member><StackName>%s</StackName><PhysicalResourceId>%s</PhysicalResourceId>"+
			"<LogicalResourceId>Fn</LogicalResourceId><ResourceType>AWS::Lambda::Function</ResourceType><ResourceStatus>%s</ResourceStatus>"+
			"<Timestamp>2026-11-28T12:00:00Z</Timestamp></member></StackResources>", stack.Name, name, stack.ResourceStatus), nil
	},
	"logs:DescribeLogGroups": func(a *Account, c *call) (any, *failure) {
		var in struct{ LogGroupNamePrefix string }
		c.in(&in)
		groups := []object{}
		for _, g := range a.LogGroups {
			if g.Region == c.region && strings.HasPrefix(g.Name, in.LogGroupNamePrefix) {
				groups = append(groups, object{"logGroupName": g.Name, "storedBytes": g.Bytes})
			}
		}
		return object{"logGroups": groups}, nil
	},
	"logs:DeleteLogGroup": func(a *Account, c *call) (any, *failure) {
		var in struct{ LogGroupName string }
		c.in(&in)
		left := slices.DeleteFunc(slices.Clone(a.LogGroups), func(g LogGroup) bool { return g.Region == c.region && g.Name == in.LogGroupName })
		if len(left) == len(a.LogGroups) {
			return nil, failed("ResourceNotFoundException", "The specified log group does not exist.")
		}
		a.LogGroups = left
		return object{}, nil
	},
}

func (a *Account) concurrency(region string) int { return cmp.Or(a.Concurrency[region], 1000) }

// listQuotas gives one in a page, so that a client that reads only the first one fails.
func listQuotas(a *Account, c *call) (any, *failure) {
	var in struct{ ServiceCode, NextToken string }
	c.in(&in)
	if in.ServiceCode != "cloudfront" || c.region != "us-east-1" {
		return nil, failed("NoSuchResourceException", "no quotas of %s in %s", in.ServiceCode, c.region)
	}
	at := 0
	_, _ = fmt.Sscan(in.NextToken, &at)
	if at >= len(a.Quotas) {
		return object{"Quotas": []object{}}, nil
	}
	q := a.Quotas[at]
	answer := object{"Quotas": []object{{"QuotaCode": q.Code, "QuotaName": q.Name, "Value": q.Value}}}
	if at+1 < len(a.Quotas) {
		answer["NextToken"] = fmt.Sprint(at + 1)
	}
	return answer, nil
}

// listCertificates leaves out keys that nobody asked for, as AWS does: without a filter these
// are all but RSA with 1024 and 2048 bits.
func listCertificates(a *Account, c *call) (any, *failure) {
	var in struct{ Includes struct{ KeyTypes []string } }
	c.in(&in)
	keys := in.Includes.KeyTypes
	if len(keys) == 0 {
		keys = []string{"RSA_1024", "RSA_2048"}
	}
	list := []object{}
	for i, cert := range a.Certificates[c.region] {
		if slices.Contains(keys, cmp.Or(cert.Key, "RSA_2048")) {
			list = append(list, object{
				"CertificateArn": fmt.Sprintf("arn:aws:acm:%s:%s:certificate/%d", c.region, a.ID, i),
				"DomainName":     cert.Domain, "SubjectAlternativeNameSummaries": append([]string{cert.Domain}, cert.Names...), "Status": cert.Status,
			})
		}
	}
	return object{"CertificateSummaryList": list}, nil
}

func modelAvailability(a *Account, c *call) (any, *failure) {
	id := path.Base(c.path)
	m, found := a.Models[id]
	if !found {
		return nil, failed("ValidationException", "The provided model identifier is invalid.")
	}
	return object{
		"modelId": id, "agreementAvailability": object{"status": m.Agreement}, "authorizationStatus": m.Authorization,
		"entitlementAvailability": m.Entitlement, "regionAvailability": m.Region,
	}, nil
}

// listFunctions gives one in a page.
func listFunctions(a *Account, c *call) (any, *failure) {
	names := slices.Sorted(maps.Keys(a.Functions))
	at := 0
	_, _ = fmt.Sscan(c.query.Get("Marker"), &at)
	if c.region != "us-east-1" || at >= len(names) {
		return object{"Functions": []object{}}, nil
	}
	name := names[at]
	answer := object{"Functions": []object{{"FunctionName": name, "FunctionArn": functionARN(a, name), "Description": a.Functions[name].Description}}}
	if at+1 < len(names) {
		answer["NextMarker"] = fmt.Sprint(at + 1)
	}
	return answer, nil
}

func functionARN(a *Account, name string) string {
	return "arn:aws:lambda:us-east-1:" + a.ID + ":function:" + name
}
