package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/fronts"
	"github.com/streamfront/streamfront/infra/operations"
	"github.com/streamfront/streamfront/infra/streamfront"
)

// newFront puts the function behind the chosen front door, and returns its address. Behind CloudFront it
// also returns the address of the function itself.
func newFront(stack awscdk.Stack, fn awslambda.Function, props *stackProps, signIn *signIn) (url, functionURL *string) {
	id := jsii.String("Front")
	switch props.front {
	case "url":
		// The sample checks the key of every request that costs anything.
		return fronts.NewUrl(stack, id, &fronts.UrlProps{Function: fn, AuthType: awslambda.FunctionUrlAuthType_NONE}).Url(), nil
	case "rest":
		return fronts.NewRestApi(stack, id, &fronts.RestApiProps{Function: fn}).Url(), nil
	case "http":
		return fronts.NewHttpApi(stack, id, &fronts.HttpApiProps{Function: fn}).Url(), nil
	case "websocket":
		return fronts.NewWebSocketApi(stack, id, &fronts.WebSocketApiProps{Function: fn}).Url(), nil
	case "alb":
		p := &fronts.LoadBalancerProps{Function: fn}
		p.Certificate, p.DomainName = tls(stack, props)
		return fronts.NewLoadBalancer(stack, id, p).Url(), nil
	default:
		return newEndpoint(stack, fn, props, signIn)
	}
}

func newEndpoint(stack awscdk.Stack, fn awslambda.Function, props *stackProps, signIn *signIn) (url, functionURL *string) {
	p := &streamfront.EndpointProps{Function: fn, Authorizer: signIn.edge()}
	var release operations.Release
	var firewall streamfront.Firewall
	if props.isFull() {
		release = operations.NewRelease(stack, jsii.String("Release"), &operations.ReleaseProps{Function: fn})
		firewall = newFirewall(stack, props)
		p.Function, p.WebAclId = release.Alias(), firewall.WebAclArn()
	}
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Endpoint"), p)
	signIn.openPages(endpoint, p.Function)
	if props.sample == "go" && props.uploads == "true" {
		streamfront.NewUploads(stack, jsii.String("Uploads"), &streamfront.UploadsProps{
			AllowedOrigins: endpoint.Origins(), Function: fn, OnUploaded: p.Function, // the alias, where there is one
		})
	}
	if props.isFull() {
		operate(stack, endpoint, fn, release, firewall, props)
	}
	return endpoint.Url(), endpoint.FunctionUrl().Url()
}

// tls are the certificate and the name of a load balancer, nil for plain HTTP.
func tls(stack awscdk.Stack, props *stackProps) (awscertificatemanager.ICertificate, *string) {
	if props.certificate == "" {
		return nil, nil
	}
	return awscertificatemanager.Certificate_FromCertificateArn(stack, jsii.String("Certificate"), &props.certificate), &props.domainName
}

func description(front string) string {
	switch front {
	case "url":
		return "A streaming Lambda function behind its function URL"
	case "rest":
		return "A streaming Lambda function behind a REST API"
	case "http":
		return "A Lambda function behind an HTTP API"
	case "websocket":
		return "A streaming Lambda function behind a WebSocket API"
	case "alb":
		return "A Lambda function behind a load balancer"
	case "ecs":
		return "A streaming server in tasks of Fargate behind a load balancer"
	default:
		return "A streaming Lambda function behind CloudFront"
	}
}

func tryDescription(front string) string {
	switch front {
	case "websocket":
		return "A message that is answered by a stream of messages, to paste into a shell"
	case "http", "alb":
		return "A request whose answer comes whole, when it is complete, to paste into a shell"
	default:
		return "A request that streams, to paste into a shell"
	}
}

// try returns a shell command with a request that the sample answers. The key is in a shell variable.
func try(props *stackProps, url, key string) string {
	model := "streamfront-echo"
	if props.bedrockModel != "" {
		model = props.bedrockModel[strings.LastIndexByte(props.bedrockModel, '/')+1:] // of an ARN, as callers know it
	}
	if props.upstream != "" {
		model, _, _ = strings.Cut(cmp.Or(props.upstreamModels, "MODEL"), ",")
	}
	body := fmt.Sprintf(`{"model":"%s","stream":true,"messages":[{"role":"user","content":"Why is the sky blue?"}]}`, model)
	if props.front == "websocket" {
		return fmt.Sprintf(`npx --yes wscat@6.0.1 -c %s -w 30 -x '{"id":1,"path":"/v1/chat/completions","headers":{"authorization":"Bearer '"$%s"'"},"body":%s}'`, url, key, body)
	}
	return fmt.Sprintf(`curl -N %s/v1/chat/completions -H 'content-type: application/json' -d '%s' -H "authorization: Bearer $%s"`, url, body, key)
}
