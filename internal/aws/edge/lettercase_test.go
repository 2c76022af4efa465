package edge

import (
	"reflect"
	"testing"
)

// Names in other letters are not those of a request or a response.
func TestLetterCaseOfResults(t *testing.T) {
	t.Parallel()
	const result = `{"Status":"302","StatusCode":302,"URI":"/b","headers":{"location":[{"Value":"/x"}]}}`
	var origin originResult
	if err := decodeResult([]byte(result), &origin); err != nil || origin.Status != nil || origin.URI != "" || origin.Headers["location"][0].Value != "" {
		t.Errorf("Lambda@Edge: %+v, %v", origin, err)
	}
	var viewer viewerResult
	if err := decodeResult([]byte(`{"StatusCode":302,"Uri":"/b","headers":{"location":{"Value":"/x"}}}`), &viewer); err != nil || viewer.StatusCode != 0 || viewer.URI != "" || !reflect.DeepEqual(viewer.Headers["location"], viewerValue{}) {
		t.Errorf("CloudFront Functions: %+v, %v", viewer, err)
	}
}
