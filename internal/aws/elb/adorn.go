package elb

import "net/http"

// adorn adds the headers that the listener gives its answers.
func (l *Listener) adorn(w http.ResponseWriter) http.ResponseWriter {
	if len(l.Headers) == 0 {
		return w
	}
	return &adorned{ResponseWriter: w, headers: l.Headers}
}

type adorned struct {
	http.ResponseWriter
	headers map[string]string
	done    bool
}

func (a *adorned) WriteHeader(status int) {
	if !a.done && status >= http.StatusOK {
		a.done = true
		for name, value := range a.headers {
			a.Header().Set(name, value)
		}
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *adorned) Write(p []byte) (int, error) {
	if !a.done {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (a *adorned) Unwrap() http.ResponseWriter { return a.ResponseWriter }
