package main

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/functions/stream/echo"
)

// BenchmarkFirstToken takes the time from the handler's start to the first word of the
// built-in model, with the pause between words that it has by default.
func BenchmarkFirstToken(b *testing.B) {
	c, err := readConfig(from(nil), discard)
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(newHandler(c, discard))
	defer server.Close()
	for _, path := range []string{"/v1/chat/completions", "/v1/responses"} {
		body := `{"model":"` + echo.ID + `","stream":true,"input":"Hello"}`
		if strings.HasSuffix(path, "completions") {
			body = `{"model":"` + echo.ID + `","stream":true,"messages":[{"role":"user","content":"Hello"}]}`
		}
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				response, err := server.Client().Post(server.URL+path, "application/json", strings.NewReader(body))
				if err != nil {
					b.Fatal(err)
				}
				text := ""
				for buffer := make([]byte, 4096); !strings.Contains(text, `"You"`); {
					n, err := response.Body.Read(buffer)
					if err != nil && err != io.EOF || n == 0 {
						b.Fatal(text, err)
					}
					text += string(buffer[:n])
				}
				response.Body.Close()
			}
		})
	}
}
