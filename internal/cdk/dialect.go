package cdk

import (
	"strings"
	"unicode"
)

// A dialect is how a language writes code of the CDK. Its formats are those of package fmt.
type dialect struct {
	pack    string              // the name of the package aws-cdk-lib
	name    func(string) string // of a method, a property or a variable
	modules map[string]string   // what stands before a type of the module; none: nothing

	text, number, boolean string // a literal
	yes                   string
	list                  string // type of an element, elements
	structure             string // type, fields
	field, separator      string // name, value; what stands between fields
	lifted                bool   // the fields of a last argument are arguments themselves

	enum, constant, static string // type, name
	construct              string // module, type, arguments
	property               string // variable, name
	omitted                string // an argument that is left out; "": no argument
	this                   string
}

var dialects = map[Language]*dialect{
	TypeScript: {
		pack: "aws-cdk-lib", name: same,
		modules: map[string]string{"experimental": "cloudfront.experimental.", "CfnWebACL": "CfnWebACL."},
		text:    "'%s'", number: "%s", boolean: "%s", yes: "true", list: "[%[2]s]",
		structure: "{ %[2]s }", field: "%s: %s", separator: ", ",
		enum: "%s.%s", constant: "%s.%s", static: "%s.%s", construct: "new %s%s(%s)", property: "%s.%s", this: "this",
	},
	Python: {
		pack: "aws-cdk-lib", name: snake, modules: map[string]string{
			"cloudfront": "cloudfront.", "experimental": "cloudfront.experimental.", "origins": "origins.", "apigateway": "apigateway.", "lambda": "lambda_.", "iam": "iam.", "s3": "s3.",
			"CfnWebACL": "wafv2.CfnWebACL.",
		},
		text: `"%s"`, number: "%s", boolean: "%s", yes: "True", list: "[%[2]s]",
		structure: "%s(%s)", field: "%s=%s", separator: ", ", lifted: true,
		enum: "%s.%s", constant: "%s.%s", static: "%s.%s", construct: "%s%s(%s)", property: "%s.%s", this: "self",
	},
	Go: {
		pack: "aws-cdk-go", name: pascal, modules: map[string]string{
			"core": "awscdk.", "cloudfront": "awscloudfront.", "experimental": "experimental.", "origins": "awscloudfrontorigins.", "apigateway": "awsapigateway.",
			"lambda": "awslambda.", "iam": "awsiam.", "s3": "awss3.", "CfnWebACL": "awswafv2.CfnWebACL_",
		},
		text: `jsii.String("%s")`, number: "jsii.Number(%s)", boolean: "jsii.Bool(%s)", yes: "true", list: "&[]%s{%s}",
		structure: "&%s{%s}", field: "%s: %s", separator: ", ",
		enum: "%s_%s", constant: "%s_%s()", static: "%s_%s", construct: "%sNew%s(%s)", property: "%s.%s()", omitted: "nil", this: "stack",
	},
	Java: {
		pack: "aws-cdk-lib", name: same, modules: map[string]string{"CfnWebACL": "CfnWebACL."},
		text: `"%s"`, number: "%s", boolean: "%s", yes: "true", list: "List.of(%[2]s)",
		structure: "%s.builder()%s.build()", field: ".%s(%s)", separator: "",
		enum: "%s.%s", constant: "%s.%s", static: "%s.%s", construct: "new %s%s(%s)", property: "%s.%s()", this: "this",
	},
	CSharp: {
		pack: "Amazon.CDK.Lib", name: pascal, modules: map[string]string{"CfnWebACL": "CfnWebACL."},
		text: `"%s"`, number: "%s", boolean: "%s", yes: "true", list: "new[] { %[2]s }",
		structure: "new %s { %s }", field: "%s = %s", separator: ", ",
		enum: "%s.%s", constant: "%s.%s", static: "%s.%s", construct: "new %s%s(%s)", property: "%s.%s", this: "this",
	},
}

// getter is the name of a property as a method of Java.
func getter(name string) string { return "get" + pascal(name) }

func same(name string) string { return name }

func pascal(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// snake is a name in Python: distribution_arn of distributionArn.
func snake(name string) string {
	var b strings.Builder
	before := rune(0)
	for _, r := range name {
		if unicode.IsUpper(r) && before != 0 && !unicode.IsUpper(before) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
		before = r
	}
	return b.String()
}
