package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/streamfront/streamfront/functions/stream/apikey"
	"github.com/streamfront/streamfront/functions/stream/awsenv"
	"github.com/streamfront/streamfront/functions/stream/upstream"
)

// readUpstream returns nil if there is none.
func readUpstream(getenv func(string) string) (*upstream.Options, error) {
	address := getenv("UPSTREAM_URL")
	if address == "" {
		return nil, nil
	}
	if getenv("BEDROCK_MODEL_ID") != "" {
		return nil, errors.New("UPSTREAM_URL and BEDROCK_MODEL_ID are set: want one of them; UPSTREAM_MODELS names the models of an upstream")
	}
	base, err := url.Parse(address)
	if err != nil || base.Host == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" || base.Scheme != "https" && !isLoopback(base) {
		if strings.ContainsAny(address, "@?#") {
			address = "(not shown, since it has a user, a query or a fragment, where keys are)"
		}
		return nil, fmt.Errorf("UPSTREAM_URL is %q: want the base URL of an endpoint that speaks OpenAI's API, by https, such as https://api.openai.com/v1", address)
	}
	authorize, err := readAuthorize(getenv, base)
	if err != nil {
		return nil, err
	}
	o := &upstream.Options{URL: strings.TrimSuffix(base.String(), "/"), Authorize: authorize}
	if models := getenv("UPSTREAM_MODELS"); models != "" {
		for _, name := range strings.Split(models, ",") {
			if name = strings.TrimSpace(name); name == "" {
				return nil, fmt.Errorf("UPSTREAM_MODELS is %q: want names of models with commas in between", models)
			}
			o.Models = append(o.Models, name)
		}
	}
	return o, nil
}

// readAuthorize signs what goes to Amazon Bedrock, and sends a key to others.
func readAuthorize(getenv func(string) string, base *url.URL) (upstream.Authorize, error) {
	key, secret := getenv("UPSTREAM_KEY"), getenv("UPSTREAM_KEY_SECRET_ARN")
	switch region, ok := upstream.BedrockRegion(base); {
	case key != "" && secret != "":
		return nil, errors.New("UPSTREAM_KEY and UPSTREAM_KEY_SECRET_ARN are set: want one of them")
	case key != "":
		return upstream.ByKey(func(context.Context) (string, error) { return key, nil }), nil
	case secret != "":
		return upstream.ByKey(apikey.Secret(getenv, secret)), nil
	case ok:
		aws, err := awsenv.Of(getenv, region)
		return upstream.BySignature(aws, region), err
	case isLoopback(base):
		return upstream.Open, nil
	}
	return nil, errors.New("UPSTREAM_URL is set, but there is no key for it: set UPSTREAM_KEY_SECRET_ARN (Secrets Manager) or, for a trial, UPSTREAM_KEY; only Amazon Bedrock accepts the function's role")
}

func isLoopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}
