package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// outputs are those of the stack of the sample's app, as 'cdk deploy --outputs-file' writes them.
type outputs struct {
	URL         string `json:"Url"`
	FunctionURL string `json:"FunctionUrl"`
	// Key is the command of the AWS CLI that prints the API key, as infra writes it.
	Key string
}

// readOutputs finds the one stack with an output Url.
func readOutputs(file string) (*outputs, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var stacks map[string]json.RawMessage
	if err := json.Unmarshal(text, &stacks); err != nil {
		return nil, fmt.Errorf("%s is not what 'cdk deploy --outputs-file' writes: %w", file, err)
	}
	found := map[string]*outputs{}
	for name, text := range stacks {
		o := &outputs{}
		if json.Unmarshal(text, o) == nil && o.URL != "" {
			found[name] = o
		}
	}
	switch names := slices.Sorted(maps.Keys(found)); len(names) {
	case 0:
		return nil, fmt.Errorf("%s has no stack with an output Url: was the sample's app deployed?", file)
	case 1:
		return found[names[0]], nil
	default:
		return nil, fmt.Errorf("%s has several stacks with an output Url, %s: give the URL itself", file, strings.Join(names, ", "))
	}
}

// keyCommands are the two forms of the output Key.
var keyCommands = []*regexp.Regexp{
	regexp.MustCompile(`aws (secretsmanager) get-secret-value --region (\S+) --secret-id (\S+) `),
	regexp.MustCompile(`aws (ssm) get-parameter --region (\S+) --name (\S+) `),
}

// readKey does what the command of the output Key does; "" if there is none.
func (o *outputs) readKey(ctx context.Context) (string, error) {
	for _, form := range keyCommands {
		m := form.FindStringSubmatch(o.Key)
		if m == nil {
			continue
		}
		c, err := config.LoadDefaultConfig(ctx, config.WithRegion(m[2]))
		if err != nil {
			return "", err
		}
		stored := ""
		if m[1] == "ssm" {
			answer, err := ssm.NewFromConfig(c).GetParameter(ctx, &ssm.GetParameterInput{Name: &m[3], WithDecryption: aws.Bool(true)})
			if err != nil {
				return "", err
			}
			stored = aws.ToString(answer.Parameter.Value)
		} else {
			answer, err := secretsmanager.NewFromConfig(c).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &m[3]})
			if err != nil {
				return "", err
			}
			stored = aws.ToString(answer.SecretString)
		}
		return oneOf(stored)
	}
	if o.Key != "" {
		return "", errors.New("the output Key has another form than that of this version's app")
	}
	return "", nil
}

// oneOf takes one of the keys that a secret holds: the text itself, the first of a JSON array, or
// current of an object.
func oneOf(stored string) (string, error) {
	var list []string
	if json.Unmarshal([]byte(stored), &list) == nil && len(list) > 0 {
		return strings.TrimSpace(list[0]), nil
	}
	var named map[string]string
	if json.Unmarshal([]byte(stored), &named) == nil {
		if key := named["current"]; key != "" {
			return strings.TrimSpace(key), nil
		}
		for _, name := range slices.Sorted(maps.Keys(named)) {
			return strings.TrimSpace(named[name]), nil
		}
	}
	if key := strings.TrimSpace(stored); key != "" {
		return key, nil
	}
	return "", errors.New("the secret is empty")
}
