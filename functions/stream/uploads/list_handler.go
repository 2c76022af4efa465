package uploads

import (
	"fmt"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/streamfront/streamfront/functions/stream/caller"
)

const defaultListed = 20

// ListHandler serves GET /uploads, for a caller that was let in: the caller's own uploads, the
// newest first, as {"object":"list","data":[...],"has_more":...} with an [Upload] in each
// place. ?limit=N asks for at most 100, ?after=ID for those after one. Errors are OpenAI's error
// objects. Where nothing is registered all answers are 501, and say what to configure.
func ListHandler(s *Store) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		switch {
		case s == nil:
			writeError(w, notConfigured)
			return
		case !s.Registers:
			writeError(w, failure{
				http.StatusNotImplemented, "uploads_not_registered", "",
				"Uploads are taken here, but not listed: set UPLOADS_REGISTERED to true and let the bucket notify the function, as UploadsProps.OnUploaded of the construct NewUploads does, and deploy again.",
			})
			return
		}
		after, limit, refused := readPage(r)
		if refused != nil {
			writeError(w, *refused)
			return
		}
		uploads, more, err := s.List(r.Context(), OwnerOf(caller.Of(r)), after, limit)
		if err != nil {
			slog.ErrorContext(r.Context(), "no list of uploads", "error", err)
			writeError(w, failure{http.StatusInternalServerError, "list_failed", "", "The uploads could not be listed: see the function's log."})
			return
		}
		if uploads == nil {
			uploads = []Upload{}
		}
		writeJSON(w, http.StatusOK, list{Object: "list", Data: uploads, HasMore: more})
	})
}

// A list is a page of uploads, as OpenAI's API has lists.
type list struct {
	Object  string   `json:"object"`
	Data    []Upload `json:"data"`
	HasMore bool     `json:"has_more"`
}

// readPage reads which uploads are asked for.
func readPage(r *http.Request) (after string, limit int, _ *failure) {
	query := r.URL.Query()
	limit = defaultListed
	if text := query.Get("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxListed {
			return "", 0, &failure{http.StatusBadRequest, "invalid_limit", "limit", fmt.Sprintf("limit is %.100q: want a number from 1 to %d.", text, maxListed)}
		}
	}
	if after = query.Get("after"); after != "" && !isID(after) {
		return "", 0, &failure{http.StatusBadRequest, "invalid_after", "after", fmt.Sprintf("after is %.100q: want the id of an upload, such as that of the last one in the list.", after)}
	}
	return after, limit, nil
}
