package awsenv

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// An Operation is an operation of a service that speaks AWS JSON: a signed POST.
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
type Operation struct {
	Service Service
	Target  string // of the header X-Amz-Target, such as "AmazonSSM.GetParameter"
	Version string // of the protocol: 1.0 or 1.1
}

// maxAnswer is above the size of every answer: a secret has at most 64 KiB, an item of DynamoDB 400 KB.
const maxAnswer = 1 << 20

// Call sends the operation once. The error is about the connection or the signature. Status and text
// have what the service answered.
func (o Operation) Call(ctx context.Context, config aws.Config, request any) (status int, text []byte, err error) {
	body, err := json.Marshal(request)
	if err != nil {
		return 0, nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, o.Service.Endpoint(config)+"/", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-"+o.Version)
	r.Header.Set("X-Amz-Target", o.Target)
	if err := o.Service.Sign(ctx, config, r, body); err != nil {
		return 0, nil, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, &UnreachableError{Host: r.URL.Host, Err: err}
	}
	defer resp.Body.Close()
	text, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return 0, nil, &UnreachableError{Host: r.URL.Host, Err: err}
	}
	return resp.StatusCode, text, nil
}

// An UnreachableError reports a call without an answer. Another attempt may help.
type UnreachableError struct {
	Host string
	Err  error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("%s cannot be reached: %v; a function in a VPC needs a NAT gateway or an interface endpoint for it", e.Host, e.Err)
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// Refusal reads the code and the message of a service's error.
func Refusal(text []byte) (code, message string) {
	var answer struct {
		Type    string `json:"__type"`
		Message string
	}
	_ = json.Unmarshal(text, &answer) // other texts have no type
	return answer.Type[strings.LastIndexByte(answer.Type, '#')+1:], answer.Message
}
