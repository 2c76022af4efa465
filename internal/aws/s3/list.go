package s3

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxList is how many keys one answer has. Documented.
const maxList = 1000

// listParameters are those of ListObjectsV2 that are modelled.
var listParameters = []string{"list-type", "prefix", "max-keys", "start-after", "continuation-token", "encoding-type"}

// lists reports whether a function asks for the list of objects.
func (r *request) lists() bool {
	return !r.hosted && r.key == "" && r.Method == http.MethodGet && r.URL.Query().Get("list-type") == "2"
}

// A listing is the answer of ListObjectsV2.
type listing struct {
	XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name                  string
	Prefix                string
	StartAfter            string `xml:",omitempty"`
	ContinuationToken     string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
	KeyCount              int
	MaxKeys               int
	EncodingType          string `xml:",omitempty"`
	IsTruncated           bool
	Contents              []entry
}

type entry struct {
	Key          string
	LastModified string
	ETag         string
	Size         int64
	StorageClass string
}

// list answers with the objects whose keys have the prefix, in the order of the bytes of their
// keys, a page at a time.
func (s *Server) list(w http.ResponseWriter, r *request) (string, *Error) {
	empty := sha256.Sum256(nil)
	if err := r.verifyBody(empty[:]); err != nil {
		return "", err
	}
	q := r.URL.Query()
	answer := listing{
		Name: r.bucket.BucketName, Prefix: q.Get("prefix"), StartAfter: q.Get("start-after"), ContinuationToken: q.Get("continuation-token"),
		MaxKeys: maxList, EncodingType: q.Get("encoding-type"),
	}
	if text := q.Get("max-keys"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return "", &Error{Code: "InvalidArgument", Message: "Provided max-keys not an integer or within integer range"}
		}
		answer.MaxKeys = min(n, maxList)
	}
	after := answer.StartAfter
	if answer.ContinuationToken != "" { // which goes before start-after
		last, err := base64.URLEncoding.DecodeString(answer.ContinuationToken)
		if err != nil {
			return "", &Error{Code: "InvalidArgument", Message: "The continuation token provided is incorrect"}
		}
		after = string(last)
	}
	encode := func(key string) string { return key }
	switch answer.EncodingType {
	case "":
	case "url":
		encode = func(key string) string { return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/") }
	default:
		return "", &Error{Code: "InvalidArgument", Message: "Invalid Encoding Method specified in Request"}
	}

	objects := maps.Clone(s.deployed[r.bucket.BucketName])
	if objects == nil {
		objects = map[string]object{}
	}
	s.Store.list(r.bucket.BucketName, objects)
	keys := slices.Sorted(maps.Keys(objects))
	keys = slices.DeleteFunc(keys, func(key string) bool { return !strings.HasPrefix(key, answer.Prefix) || after != "" && key <= after })
	if answer.IsTruncated = len(keys) > answer.MaxKeys && answer.MaxKeys > 0; answer.IsTruncated {
		answer.NextContinuationToken = base64.URLEncoding.EncodeToString([]byte(keys[answer.MaxKeys-1]))
	}
	for _, key := range keys[:min(len(keys), answer.MaxKeys)] {
		o := objects[key]
		answer.Contents = append(answer.Contents, entry{encode(key), o.modified.Format("2006-01-02T15:04:05.000Z"), o.etag, o.size, "STANDARD"})
	}
	answer.KeyCount = len(answer.Contents)
	answer.Prefix, answer.StartAfter = encode(answer.Prefix), encode(answer.StartAfter)
	body, err := xml.Marshal(answer)
	if err != nil {
		return "", internal(err)
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write([]byte(xml.Header + string(body)))
	return fmt.Sprintf("%d keys with the prefix %q, asked for by %s", answer.KeyCount, q.Get("prefix"), r.caller.Name), nil
}
