// Command stream is the sample function behind the endpoint: an OpenAI-compatible chat backend that
// streams. Its built-in model needs neither an account nor a key. For real use, let it call a model of
// Amazon Bedrock or another endpoint.
//
// Routes:
//
//	GET  /                     a chat page, without a key
//	GET  /healthz              200 when up, without a key
//	GET  /v1/models            the models; /v1/models/{id} is one of them
//	POST /v1/responses         OpenAI's responses, streamed if "stream" is true; nothing is stored
//	POST /v1/chat/completions  OpenAI's chat completions, streamed if "stream" is true
//	POST /uploads              a presigned URL for a file of up to 8 MB, which messages can name
//	GET  /uploads              the caller's files that have come, the newest first
//	ANY  /echo                 what arrived, as JSON, without credentials
//	ANY  /probe/...            for 'streamfront smoke', described by package probe
//
// Environment:
//
//	API_KEY_SECRET_ARN  Secret in Secrets Manager with the bearer token that /v1/, /uploads,
//	                    /echo and /probe/ require. This, API_KEY_PARAMETER (SSM) and API_KEY
//	                    (plain text) are described by package apikey. Default: outside
//	                    Lambda they are open; on Lambda it does not start.
//	AUTH_ISSUER         OpenID Connect issuer whose tokens are required instead of
//	                    keys; this, AUTH_AUDIENCE, AUTH_TOKEN_USE, AUTH_CLIENT_ID,
//	                    AUTH_ISSUER_ORIGINS, AUTH_URL and AUTH_SCOPE are described by package signin. Default: none.
//	BEDROCK_MODEL_ID    Model of Amazon Bedrock: the id or ARN of a foundation model or of an
//	                    inference profile. Default: the built-in model, streamfront-echo.
//	UPSTREAM_URL        Base URL of another endpoint that speaks OpenAI's API and then answers
//	                    /v1/, as package upstream describes: Amazon Bedrock's, such as
//	                    https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1, by the
//	                    function's role, others by a key. Default: none.
//	UPSTREAM_KEY_SECRET_ARN  Secret in Secrets Manager with the key for the upstream; or
//	                    UPSTREAM_KEY, the key in plain text: for trials.
//	UPSTREAM_MODELS     Models of the upstream that may be used, separated by commas.
//	                    Default: all.
//	ALLOWED_ORIGINS     Origins of pages that may call from a browser, separated by commas,
//	                    such as https://app.example.com; no wildcards.
//	                    Default: only the page at /, whose origin is the endpoint's.
//	MAX_TOKENS          Most tokens of an answer. Default: 4096.
//	MAX_DURATION        Longest time of an answer, such as 5m, after which it ends with the
//	                    reason "length". Default: the function's own timeout.
//	QUOTA_REQUESTS      Requests for answers a day, of each key; this, QUOTA_TOKENS, QUOTA_TABLE
//	                    and QUOTA_FAILURE are described by package quota. Default: no limit.
//	METRICS             true writes metrics to standard output, as package metrics describes;
//	                    false does not. Default: true on AWS, false elsewhere.
//	MODEL_DELAY         Pause of the built-in model between two words, such as 20ms.
//	                    Default: 50ms.
//	UPLOADS_BUCKET      Bucket of Amazon S3 for uploads. Default: there are none.
//	UPLOADS_REGISTERED  true if the bucket notifies the function of what has come, so that
//	                    callers can list it. Default: false.
//	PROBES              false leaves /probe/ out. Default: true.
//	PORT                Port outside Lambda, on all interfaces; in the local chain on
//	                    127.0.0.1. Default: 127.0.0.1:8080.
//
// On Lambda it works behind every door that package streamhttp supports, such as a function URL that
// streams. Elsewhere it is an ordinary HTTP server:
//
//	go run ./functions/stream
//	curl -N localhost:8080/v1/chat/completions -d '{
//		"model": "streamfront-echo", "stream": true,
//		"messages": [{"role": "user", "content": "Hello"}]}'
package main

import (
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/streamfront/streamfront/functions/streamhttp"
	"github.com/streamfront/streamfront/functions/streamhttp/websocket"
)

// messagePause is the pause between two messages of an answer to a client of a WebSocket API. It is
// short for a reader, and lets a message carry many tokens of a fast model.
const messagePause = 100 * time.Millisecond

func main() {
	log := newLog(os.Stderr)
	slog.SetDefault(log)
	if err := run(log); err != nil {
		log.Error("stopped", "error", err)
		os.Exit(1)
	}
}

func run(log *slog.Logger) error {
	c, err := readConfig(os.Getenv, log)
	if err != nil {
		return err
	}
	options := []lambda.Option{streamhttp.WithConnections(websocket.New(), messagePause)}
	if c.uploads != nil && c.uploads.Registers {
		options = append(options, streamhttp.WithS3(c.uploads.Register))
	}
	return streamhttp.Serve(newHandler(c, log), options...)
}
