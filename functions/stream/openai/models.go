package openai

import (
	"net/http"

	"github.com/streamfront/streamfront/functions/stream/model"
)

func (h *handler) model(id string) (model.Model, *model.Error) {
	for _, m := range h.Models {
		if m.ID() == id {
			return m, nil
		}
	}
	e := model.Invalid("model", "The model %q does not exist: use %q.", id, h.Models[0].ID())
	e.Status, e.Code = http.StatusNotFound, "model_not_found"
	return nil, e
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

// describe has a constant time, for models do not tell theirs and clients want one.
func describe(m model.Model) modelInfo {
	return modelInfo{ID: m.ID(), Object: "model", Created: 1767225600, OwnedBy: "streamfront"}
}

func (h *handler) serveModels(w http.ResponseWriter, _ *http.Request) {
	list := modelList{Object: "list"}
	for _, m := range h.Models {
		list.Data = append(list.Data, describe(m))
	}
	writeJSON(w, http.StatusOK, list)
}

func (h *handler) serveModel(w http.ResponseWriter, r *http.Request) {
	m, refusal := h.model(r.PathValue("id"))
	if refusal != nil {
		WriteError(w, refusal)
		return
	}
	writeJSON(w, http.StatusOK, describe(m))
}
