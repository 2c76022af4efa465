package functionurl

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/answer"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/trace"
)

// buffered answers with the function's response once all of it is there.
func buffered(w http.ResponseWriter, response *lambda.Response, hop *trace.OpenHop, kept []string) {
	head, body, err := answer.Whole2(response)
	if err != nil {
		cause := causes.FunctionFailed
		if errors.Is(err, answer.ErrStreamed) {
			cause = causes.InvokeModeMismatch
		}
		hop.Refuse(cause, "", "502: %v", err)
		badGateway(w)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	writeHead(w, head, kept)
	if size := int64(len(body)); hop.Detailed() {
		hop.Changed(head.Recorded(size), trace.NewResponseHead(head.StatusCode, w.Header(), size))
	}
	_, _ = w.Write(body)
	hop.Pass("%d, %d bytes at once", head.StatusCode, len(body))
}
