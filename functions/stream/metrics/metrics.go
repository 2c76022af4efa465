// Package metrics writes metrics of answers in CloudWatch's embedded metric format, a line
// of JSON for each:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html.
// What a Lambda function writes to its standard output becomes metrics that way, without
// a call to CloudWatch.
//
//	Requests         Count         1 for each answer, with dimension Model
//	Errors           Count         1 if it failed, else 0; also with dimensions Model and ErrorType
//	ClientErrors     Count         1 if the request was at fault, else 0; likewise. Errors are
//	                               what to be woken for: these are not among them
//	TimeToFirstToken Milliseconds  from the request to the first piece of the answer
//	LongestGap       Milliseconds  the longest silence between two pieces
//	Duration         Milliseconds  from the request to the end of the answer
//	InputTokens      Count         as the model counts them
//	OutputTokens     Count
package metrics

import (
	"encoding/json"
	"io"
	"sync"
	"time"
)

// Namespace is that of the metrics in CloudWatch.
const Namespace = "Streamfront"

// Answer is what there is to know about an answer.
type Answer struct {
	Model        string
	Stream       bool
	Start        time.Time
	Duration     time.Duration
	FirstToken   time.Duration // 0 if there was none
	LongestGap   time.Duration // 0 if there were less than two pieces
	InputTokens  int           // 0 if they are not known
	OutputTokens int
	Error        string // a word of few; "" if there was none
	ClientError  bool   // the Error is that of the request
}

// Writer writes metrics. It is safe for concurrent use.
type Writer struct {
	mu sync.Mutex
	w  io.Writer
}

// NewWriter returns a Writer to w, which on Lambda is os.Stdout.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// document is the root object of the format. Its members are targets of the metrics and
// dimensions that the metadata names.
type document struct {
	AWS metadata `json:"_aws"`

	Model     string `json:"Model"`
	ErrorType string `json:"ErrorType,omitempty"`
	Stream    bool   `json:"Stream"` // a property, for queries in CloudWatch Logs Insights

	Requests         int      `json:"Requests"`
	Errors           int      `json:"Errors"`
	ClientErrors     int      `json:"ClientErrors"`
	TimeToFirstToken *float64 `json:"TimeToFirstToken,omitempty"`
	LongestGap       *float64 `json:"LongestGap,omitempty"`
	Duration         *float64 `json:"Duration"`
	InputTokens      int      `json:"InputTokens"`
	OutputTokens     int      `json:"OutputTokens"`
}

type metadata struct {
	Timestamp         int64       `json:"Timestamp"` // milliseconds since 1970
	CloudWatchMetrics []directive `json:"CloudWatchMetrics"`
}

type directive struct {
	Namespace  string       `json:"Namespace"`
	Dimensions [][]string   `json:"Dimensions"`
	Metrics    []definition `json:"Metrics"`
}

type definition struct {
	Name string `json:"Name"`
	Unit string `json:"Unit"`
}

// Write writes the metrics of an answer. Its error is that of the writer.
func (w *Writer) Write(a Answer) error {
	d := document{
		Model: a.Model, ErrorType: a.Error, Stream: a.Stream,
		Requests: 1, Duration: milliseconds(a.Duration), InputTokens: a.InputTokens, OutputTokens: a.OutputTokens,
	}
	defined := []definition{
		{"Requests", "Count"},
		{"Errors", "Count"},
		{"ClientErrors", "Count"},
		{"Duration", "Milliseconds"},
		{"InputTokens", "Count"},
		{"OutputTokens", "Count"},
	}
	// A silence that there was not would lower the average.
	if a.FirstToken > 0 {
		d.TimeToFirstToken = milliseconds(a.FirstToken)
		defined = append(defined, definition{"TimeToFirstToken", "Milliseconds"})
	}
	if a.LongestGap > 0 {
		d.LongestGap = milliseconds(a.LongestGap)
		defined = append(defined, definition{"LongestGap", "Milliseconds"})
	}
	directives := []directive{{Namespace, [][]string{{"Model"}}, defined}}
	if a.Error != "" {
		name, counter := "Errors", &d.Errors
		if a.ClientError {
			name, counter = "ClientErrors", &d.ClientErrors
		}
		*counter = 1
		directives = append(directives, directive{Namespace, [][]string{{"Model", "ErrorType"}}, []definition{{name, "Count"}}})
	}
	d.AWS = metadata{a.Start.Add(a.Duration).UnixMilli(), directives}

	line, err := json.Marshal(d)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err = w.w.Write(append(line, '\n'))
	return err
}

func milliseconds(d time.Duration) *float64 {
	value := float64(d.Microseconds()) / 1000
	return &value
}
