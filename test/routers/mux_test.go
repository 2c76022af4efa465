package routers

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

func newMux(next <-chan struct{}) http.Handler {
	stream := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range streamed {
			fmt.Fprintf(w, "data: %d\n\n", i)
			_ = http.NewResponseController(w).Flush()
			<-next
		}
		abort(r)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{id}", muxItem)
	mux.HandleFunc("POST /items", muxCreate)
	mux.HandleFunc("GET /stream", stream)
	mux.Handle("GET /zipped", compressed(http.HandlerFunc(stream)))
	mux.HandleFunc("GET /sse", serveSSE)
	mux.HandleFunc("GET /socket", serveSocket)
	mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("sorry") })
	mux.Handle("GET /moved", http.RedirectHandler("/items/1", http.StatusFound))
	mux.HandleFunc("GET /empty", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return named("mux", recovered(mux))
}

func muxItem(w http.ResponseWriter, r *http.Request) {
	user, _, _ := r.BasicAuth()
	fmt.Fprintf(w, "%s, %s, %s", r.PathValue("id"), r.FormValue("q"), user)
}

func muxCreate(w http.ResponseWriter, r *http.Request) {
	var item struct{ Name string }
	if err := json.NewDecoder(r.Body).Decode(&item); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, item.Name)
}

func compressed(handler http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(0), gzhttp.ContentTypes([]string{"text/event-stream"}))
	if err != nil {
		panic(err)
	}
	return wrap(handler)
}

// named is a middleware of the kind that wraps no ResponseWriter.
func named(name string, handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connectionHeader(r)
		w.Header().Set("X-Middleware", name)
		handler.ServeHTTP(w, r)
	})
}

// recovered does what the frameworks bring along.
func recovered(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v == any(http.ErrAbortHandler) {
				panic(v)
			} else if v != nil {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		handler.ServeHTTP(w, r)
	})
}
