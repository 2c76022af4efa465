package cdk

import (
	"fmt"
	"slices"
	"strings"
)

// A Language is what an app is written in. The zero value stands for one that is not known.
type Language string

// The languages of the CDK, and CloudFormation for templates that no CDK app makes. An app in
// JavaScript is one in TypeScript here: both spell names alike.
const (
	TypeScript     Language = "typescript"
	Python         Language = "python"
	Go             Language = "go"
	Java           Language = "java"
	CSharp         Language = "csharp"
	CloudFormation Language = "cloudformation"
)

// Languages are all of them.
var Languages = []Language{TypeScript, Python, Go, Java, CSharp, CloudFormation}

// Names are the names of all languages, separated by commas.
func Names() string {
	names := make([]string, len(Languages))
	for i, l := range Languages {
		names[i] = string(l)
	}
	return strings.Join(names, ", ")
}

// ParseLanguage reads the name of a language, in upper or lower case.
func ParseLanguage(name string) (Language, error) {
	l := Language(strings.ToLower(name))
	if !slices.Contains(Languages, l) {
		return "", fmt.Errorf("the language is %q: want one of %s", name, Names())
	}
	return l, nil
}

// Title is how prose writes the language; that of TypeScript if it is not known.
func (l Language) Title() string {
	switch l {
	case Python:
		return "Python"
	case Go:
		return "Go"
	case Java:
		return "Java"
	case CSharp:
		return "C#"
	case CloudFormation:
		return "CloudFormation"
	default:
		return "TypeScript"
	}
}
