package routers

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

func newChi(next <-chan struct{}) http.Handler {
	stream := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range streamed {
			fmt.Fprintf(w, "data: %d\n\n", i)
			w.(http.Flusher).Flush()
			<-next
		}
		abort(r)
	}
	router := chi.NewRouter()
	router.Use(middleware.RequestID, middleware.GetHead, middleware.Recoverer)
	router.Use(func(handler http.Handler) http.Handler { return named("chi", handler) })
	router.Get("/items/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, _ := url.PathUnescape(chi.URLParam(r, "id")) // chi leaves that to its users
		user, _, _ := r.BasicAuth()
		fmt.Fprintf(w, "%s, %s, %s", id, r.URL.Query().Get("q"), user)
	})
	router.Post("/items", muxCreate)
	router.Get("/stream", stream)
	router.With(middleware.Compress(5, "text/event-stream")).Get("/zipped", stream)
	router.Get("/sse", serveSSE)
	router.Get("/socket", serveSocket)
	router.Get("/panic", func(http.ResponseWriter, *http.Request) { panic("sorry") })
	router.Get("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/items/1", http.StatusFound) })
	router.Get("/empty", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return router
}
