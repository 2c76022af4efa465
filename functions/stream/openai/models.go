package openai

import (
	"net/http"
	"slices"

	"github.com/streamfront/streamfront/functions/stream/model"
)

// model returns the one that a request names.
func (h *handler) model(id string) (model.Model, *model.Error) {
	for _, m := range h.Models {
		if m.ID() == id {
			return m, nil
		}
	}
	return nil, UnknownModel(id, h.Models[0].ID())
}

// UnknownModel is the error for a model that is not served, where another one is.
func UnknownModel(id, other string) *model.Error {
	e := model.Invalid("model", "The model %.100q does not exist: use %q.", id, other)
	e.Status, e.Code = http.StatusNotFound, "model_not_found"
	return e
}

// modelInfo describes a model.
type modelInfo struct {
	ID      string `json:"id"`
	Object  string `json:"object"` // "model"
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

type modelList struct {
	Object string      `json:"object"` // "list"
	Data   []modelInfo `json:"data"`
}

// describe has a constant time, for models do not say theirs and clients want one.
func describe(id string) modelInfo {
	return modelInfo{ID: id, Object: "model", Created: 1767225600, OwnedBy: "streamfront"}
}

// ServeModels serves the list of models, and the one that the value {id} of the path names.
func ServeModels(ids []string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("id")
		if id == "" {
			list := modelList{Object: "list"}
			for _, id := range ids {
				list.Data = append(list.Data, describe(id))
			}
			writeJSON(w, http.StatusOK, list)
			return
		}
		if !slices.Contains(ids, id) {
			WriteError(w, UnknownModel(id, ids[0]))
			return
		}
		writeJSON(w, http.StatusOK, describe(id))
	}
}
