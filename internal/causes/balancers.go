package causes

const balancerGuide = "Elastic Load Balancing, User Guide for Application Load Balancers, "

// What Application Load Balancers do, before functions and before tasks of Amazon ECS.
var balancers = []Cause{
	{
		ID:         BalancerGrantMissing,
		Title:      "The load balancer may not invoke the function",
		Answer:     "the deployment fails when the function is registered; 502 from the load balancer if the permission was removed later",
		Why:        "A target group of the type lambda invokes its function as elasticloadbalancing.amazonaws.com. The function's resource policy must allow that, for this target group if it names one, before the function is registered.",
		Confidence: Documented, Source: balancerGuide + "\"Use Lambda functions as targets\"",
		Diagnose: "aws lambda get-policy --function-name \"$FUNCTION\" --query Policy --output text  # no lambda:InvokeFunction for elasticloadbalancing.amazonaws.com\n" +
			"streamfront check cdk.out",
		Fix: Fix{
			Do:             "Let the CDK make the target, by LambdaTarget of aws-elasticloadbalancingv2-targets: it grants the permission.",
			Streamfront:    "`fronts.NewLoadBalancer` grants it.",
			CloudFormation: "Add an AWS::Lambda::Permission {Action: lambda:InvokeFunction, FunctionName: !GetAtt Function.Arn, Principal: elasticloadbalancing.amazonaws.com}, and let the target group depend on it.",
		},
	},
	{
		ID:         BalancerPlainHTTP,
		Title:      "The load balancer passes on requests that it got in clear text",
		Answer:     "200: nothing shows",
		Why:        "A listener with the protocol HTTP has no TLS. Anybody on the network path can read and change keys and answers.",
		Confidence: Documented, Source: balancerGuide + "\"Create an HTTPS listener for your Application Load Balancer\"",
		Diagnose: "aws elbv2 describe-listeners --load-balancer-arn \"$BALANCER\" --query 'Listeners[].[Port,Protocol,DefaultActions[0].Type]' --output text  # HTTP and forward in one line",
		Fix: Fix{
			Do:             "Give the load balancer a listener with HTTPS and a certificate for a name of your own, and let the one with HTTP redirect to it.",
			Streamfront:    "Set `fronts.LoadBalancerProps.Certificate` and `fronts.LoadBalancerProps.DomainName`, or those of `fronts.LoadBalancedServiceProps`.",
			CloudFormation: "Set Protocol: HTTPS, Port: 443 and Certificates in the AWS::ElasticLoadBalancingV2::Listener, and add one with Protocol: HTTP, Port: 80 and a DefaultActions of Type: redirect to HTTPS.",
		},
	},
	{
		ID:         IdleTimeoutShort,
		Title:      "The function may take longer than its load balancer waits",
		Answer:     "504 Gateway Time-out from the load balancer, after 60 seconds by default",
		Why:        "A load balancer closes a connection that is silent for its idle timeout. A function answers only at its end, so its connection is silent until then. The function keeps running and is billed.",
		Confidence: Assumed, Source: balancerGuide + "\"Edit attributes for your Application Load Balancer\", connection idle timeout; that it bounds functions is a conclusion from reports of 504",
		Diagnose: "aws elbv2 describe-load-balancer-attributes --load-balancer-arn \"$BALANCER\" --query 'Attributes[?Key==`idle_timeout.timeout_seconds`]'  # less than:\n" +
			"aws lambda get-function-configuration --function-name \"$FUNCTION\" --query Timeout",
		Fix: Fix{
			Do:             "Raise the idle timeout, to 4000 seconds at most, or lower the timeout of the function.",
			Streamfront:    "Set `fronts.LoadBalancerProps.IdleTimeout`.",
			CloudFormation: "Set {Key: idle_timeout.timeout_seconds, Value: \"900\"} in LoadBalancerAttributes of the AWS::ElasticLoadBalancingV2::LoadBalancer.",
		},
	},
	{
		ID:         IdleTimeoutExceeded,
		Title:      "Nothing went over the connection for the load balancer's idle timeout",
		Answer:     "504 Gateway Time-out from the load balancer; in the middle of a stream it breaks off",
		Why:        "A load balancer closes a connection that is silent for its idle timeout, 60 seconds by default. A function is silent until its whole answer is complete, a task that streams only between two chunks.",
		Confidence: Documented, Source: balancerGuide + "\"Troubleshoot your Application Load Balancers\", HTTP 504; that it holds for functions is assumed",
		Diagnose: "aws elbv2 describe-load-balancer-attributes --load-balancer-arn \"$BALANCER\" --query 'Attributes[?Key==`idle_timeout.timeout_seconds`]'  # as long as the request took",
		Fix: Fix{
			Do:             "Send something within the timeout, such as a comment of server-sent events, or raise it to up to 4000 seconds.",
			Streamfront:    "Set `fronts.LoadBalancerProps.IdleTimeout` or `fronts.LoadBalancedServiceProps.IdleTimeout`; package sse sends heartbeats.",
			CloudFormation: "Set {Key: idle_timeout.timeout_seconds, Value: \"900\"} in LoadBalancerAttributes of the AWS::ElasticLoadBalancingV2::LoadBalancer.",
		},
	},
	{
		ID:         OverBalancerLimit,
		Title:      "More than 1 MB through a load balancer to or from a function",
		Answer:     "413 for a request, 502 for a response, both from the load balancer",
		Why:        "A load balancer accepts a body of 1 MB for a function, and JSON of 1 MB from it, in which binary bodies are in base64.",
		Confidence: Documented, Source: balancerGuide + "\"Use Lambda functions as targets\"",
		Diagnose: "curl -sS -o /dev/null -w '%{http_code} %{size_upload}\\n' --data-binary @body \"$URL\"  # 413 and over 1048576",
		Fix:      Fix{Do: "Upload to Amazon S3 by a presigned URL, and answer with one. Or use a front door that accepts more: docs/which-front.md compares them."},
	},
	{
		ID:         ValuesLost,
		Title:      "Only one of repeated headers or parameters arrives",
		Answer:     "200, with one of several cookies",
		Why:        "Unless a target group has lists of values, its events have only the last value of each name, and so have the answers of the function: only one of several Set-Cookie is left.",
		Confidence: Documented, Source: balancerGuide + "\"Use Lambda functions as targets\", multi-value headers",
		Diagnose: "aws elbv2 describe-target-group-attributes --target-group-arn \"$GROUP\" --query 'Attributes[?Key==`lambda.multi_value_headers.enabled`]'  # false",
		Fix: Fix{
			Do:             "Turn on lists of values. The function must then answer with multiValueHeaders, as streamhttp does.",
			Streamfront:    "`fronts.NewLoadBalancer` turns them on.",
			CloudFormation: "Set {Key: lambda.multi_value_headers.enabled, Value: \"true\"} in TargetGroupAttributes of the AWS::ElasticLoadBalancingV2::TargetGroup.",
		},
	},
	{
		ID:         UpgradeRefused,
		Title:      "A load balancer does not upgrade connections to a function",
		Answer:     "400 Bad Request from the load balancer",
		Why:        "A function gets one event and answers once, so a WebSocket has nothing to connect to.",
		Confidence: Documented, Source: balancerGuide + "\"Use Lambda functions as targets\", limits",
		Diagnose: "curl -sS -o /dev/null -w '%{http_code}\\n' -H 'connection: upgrade' -H 'upgrade: websocket' \"$URL\"  # 400, and without the headers another status",
		Fix:      Fix{Do: "Stream server-sent events from tasks, or use a WebSocket API of Amazon API Gateway."},
	},
	{
		ID:         TaskUnwell,
		Title:      "The task behind the load balancer does not run, or breaks off",
		Answer:     "502 Bad Gateway or 503 Service Unavailable from the load balancer; in the middle of a stream it breaks off",
		Why:        "A load balancer sends requests to tasks that pass its health check. There are none if the start failed, if the program keeps crashing, or if it listens on a port other than the service's.",
		Confidence: Documented, Source: balancerGuide + "\"Troubleshoot your Application Load Balancers\", HTTP 502 and 503",
		Diagnose: "aws elbv2 describe-target-health --target-group-arn \"$GROUP\"  # no target is healthy, and why\n" +
			"aws ecs describe-services --cluster \"$CLUSTER\" --services \"$SERVICE\" --query 'services[0].events[:5].message'  # says what became of the tasks",
		Fix: Fix{
			Do:             "Read the log of the task. Let the program listen on all interfaces, on the port that the service names, and answer the path of the health check with 200 and without a key.",
			Streamfront:    "`streamhttp.Serve` listens on the port in PORT.",
			CloudFormation: "Set HealthCheckPath of the AWS::ElasticLoadBalancingV2::TargetGroup, and ContainerPort in LoadBalancers of the AWS::ECS::Service.",
		},
	},
}
