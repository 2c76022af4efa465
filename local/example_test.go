package local_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"

	"github.com/streamfront/streamfront/local"
)

// A test of a stack: synthesize it into cdk.out, serve it, call it as a viewer would.
func Example() {
	ctx := context.Background() // t.Context() in a test
	chain, err := local.Start(ctx, local.Options{
		Assembly: "cdk.out",
		Trace: func(t local.Trace) {
			for _, hop := range t.Hops {
				fmt.Println(hop.Name, hop.Decision)
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer chain.Close()

	resp, err := http.Get(chain.URL() + "/healthz")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(resp.StatusCode, string(body), err)
}
