package metrics

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"
)

var start = time.UnixMilli(1795299220123)

var answers = map[string]Answer{
	"whole":       {Model: "m", Start: start, Duration: 2500 * time.Millisecond, FirstToken: 250 * time.Millisecond, LongestGap: 1500 * time.Microsecond, InputTokens: 7, OutputTokens: 9},
	"failed":      {Model: "m", Start: start, Duration: time.Second, Error: "throttled"},
	"refused":     {Model: "m", Start: start, Error: "invalid_request_error", ClientError: true},
	"one piece":   {Model: "m", Start: start, Duration: time.Second, FirstToken: time.Second, Stream: true},
	"all at zero": {Model: "m", Start: start},
}

func write(t *testing.T, a Answer) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := NewWriter(&out).Write(a); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestValues(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]map[string]any{
		"whole": {
			"Model": "m", "Stream": false, "Requests": 1.0, "Errors": 0.0, "ClientErrors": 0.0, "Duration": 2500.0,
			"TimeToFirstToken": 250.0, "LongestGap": 1.5, "InputTokens": 7.0, "OutputTokens": 9.0,
		},
		"failed": {
			"Model": "m", "Stream": false, "Requests": 1.0, "Errors": 1.0, "ClientErrors": 0.0, "Duration": 1000.0, "ErrorType": "throttled",
			"InputTokens": 0.0, "OutputTokens": 0.0,
		},
		"refused": {
			"Model": "m", "Stream": false, "Requests": 1.0, "Errors": 0.0, "ClientErrors": 1.0, "Duration": 0.0, "ErrorType": "invalid_request_error",
			"InputTokens": 0.0, "OutputTokens": 0.0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			line := write(t, answers[name])
			var got map[string]any
			if err := json.Unmarshal(line, &got); err != nil {
				t.Fatal(err)
			}
			if at, want := got["_aws"].(map[string]any)["Timestamp"], float64(start.Add(answers[name].Duration).UnixMilli()); at != want {
				t.Errorf("Timestamp = %v, want the end of the answer, %v", at, want)
			}
			delete(got, "_aws")
			for key := range want {
				if got[key] != want[key] {
					t.Errorf("%s = %v, want %v", key, got[key], want[key])
				}
			}
			if len(got) != len(want) {
				t.Errorf("%d members, want %d: %s", len(got), len(want), line)
			}
		})
	}
}

// The rules are those of the specification, section by section.
func TestSpecification(t *testing.T) {
	t.Parallel()
	units := []string{"Count", "Milliseconds"} // of those that MetricDatum allows
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			line := write(t, answer)
			if n := bytes.Count(line, []byte("\n")); n != 1 || line[len(line)-1] != '\n' {
				t.Errorf("%d line breaks in %q, want one, at the end", n, line)
			}
			if len(line) > 1<<18 { // a log event of CloudWatch has 256 KB
				t.Errorf("%d bytes", len(line))
			}
			var root map[string]any
			if err := json.Unmarshal(line, &root); err != nil {
				t.Fatal(err)
			}
			aws := root["_aws"].(map[string]any)
			if timestamp, ok := aws["Timestamp"].(float64); !ok || timestamp != float64(int64(timestamp)) || timestamp < 1e12 {
				t.Errorf("Timestamp = %v, want milliseconds since 1970", aws["Timestamp"])
			}
			for _, d := range aws["CloudWatchMetrics"].([]any) {
				directive := d.(map[string]any)
				if namespace := directive["Namespace"].(string); len(namespace) < 1 || len(namespace) > 1024 {
					t.Errorf("Namespace = %q, want 1 to 1024 characters", namespace)
				}
				for _, set := range directive["Dimensions"].([]any) {
					if n := len(set.([]any)); n > 30 {
						t.Errorf("%d dimensions in a set, want at most 30", n)
					}
					for _, dimension := range set.([]any) {
						if target, ok := root[dimension.(string)].(string); !ok || target == "" || len(target) > 1024 {
							t.Errorf("dimension %v has the target %v, want a string of 1 to 1024 characters at the root", dimension, root[dimension.(string)])
						}
					}
				}
				metrics := directive["Metrics"].([]any)
				if len(metrics) == 0 || len(metrics) > 100 {
					t.Errorf("%d metrics, want 1 to 100", len(metrics))
				}
				for _, m := range metrics {
					metric := m.(map[string]any)
					if _, ok := root[metric["Name"].(string)].(float64); !ok {
						t.Errorf("metric %v has the target %v, want a number at the root", metric["Name"], root[metric["Name"].(string)])
					}
					if !slices.Contains(units, metric["Unit"].(string)) {
						t.Errorf("unit = %v", metric["Unit"])
					}
				}
			}
		})
	}
}

func TestErrorsByTypeHaveTheirOwnDimensions(t *testing.T) {
	t.Parallel()
	for answer, metric := range map[string]string{"failed": "Errors", "refused": "ClientErrors"} {
		var root document
		if err := json.Unmarshal(write(t, answers[answer]), &root); err != nil {
			t.Fatal(err)
		}
		last := root.AWS.CloudWatchMetrics[len(root.AWS.CloudWatchMetrics)-1]
		if !slices.Equal(last.Dimensions[0], []string{"Model", "ErrorType"}) || len(last.Metrics) != 1 || last.Metrics[0].Name != metric {
			t.Errorf("%s: last directive = %+v, want %s by model and type", answer, last, metric)
		}
	}
}

// lines fails on a write that is not a whole line.
type lines struct {
	t *testing.T
	n int
}

func (l *lines) Write(p []byte) (int, error) {
	if !json.Valid(p) || p[len(p)-1] != '\n' {
		l.t.Errorf("write of %q, want a line of JSON", p)
	}
	l.n++
	return len(p), nil
}

func TestConcurrentWritesDoNotMix(t *testing.T) {
	t.Parallel()
	out := &lines{t: t}
	w := NewWriter(out)
	var group sync.WaitGroup
	for range 32 {
		group.Go(func() {
			if err := w.Write(answers["whole"]); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if out.n != 32 {
		t.Errorf("%d lines, want 32", out.n)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken") }

func TestWriteFails(t *testing.T) {
	t.Parallel()
	if err := NewWriter(broken{}).Write(Answer{}); err == nil {
		t.Error("Write succeeds, want the error of the writer")
	}
}
