package edge

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/regular"
	"github.com/streamfront/streamfront/internal/template"
)

// A StoreDefinition is a key-value store as a template defines it.
type StoreDefinition struct {
	template.Place

	Name      string // "Stack/LogicalId"
	StoreName string
	File      string // what it is filled from when it is made; "": it is empty then

	Log *template.Log
}

// Is reports whether somebody means the store by a name.
func (s *StoreDefinition) Is(name string) bool {
	return name == s.Name || name == s.StoreName || name == s.Resource.LogicalID
}

func (ds *Definitions) store(arn string) *StoreDefinition {
	if s, known := ds.stores[arn]; known {
		return s
	}
	var s *StoreDefinition
	if res, _ := ds.assembly.Find("AWS::CloudFront::KeyValueStore", "Arn", arn); res != nil {
		s = readStore(res)
	}
	ds.stores[arn] = s
	return s
}

func readStore(res *assembly.Resource) *StoreDefinition {
	s := &StoreDefinition{Place: template.Place{Resource: res}, Name: res.Name(), Log: &template.Log{}}
	template.Read(res, s.Log, func(r *template.Reader) {
		r.Skip("Comment", "Tags")
		s.StoreName = r.Text("Name", template.Required, template.Quiet).V
		source := r.Object("ImportSource", template.Quiet)
		source.Text("SourceType", template.Required, template.OneOf("S3"), template.Quiet)
		arn := source.Text("SourceArn", template.Required, template.Quiet)
		if arn.V == "" {
			return
		}
		_, path, _ := strings.Cut(arn.V, ":::")
		_, key, _ := strings.Cut(path, "/")
		var err error
		if s.File, err = res.Stack.AssetPath(key); err != nil {
			source.Unmodelled("SourceArn", ": %v; give its values with --kvs %s=file.json", err, res.LogicalID)
		}
	})
	return s
}

// Bounds of key-value stores, in bytes.
//
// Source: Amazon CloudFront Developer Guide, "Quotas on key value stores". Documented.
const (
	maxStore      = 5 << 20
	maxStoreKey   = 512
	maxStoreValue = 1 << 10
)

// ReadStore reads the values of a key-value store, in the form that CloudFront imports:
// {"data": [{"key": "k", "value": "v"}]}; or as one object, {"k": "v"}.
func ReadStore(file string) (map[string]string, error) {
	text, err := regular.Read(file, regular.MaxText)
	if err != nil {
		return nil, err
	}
	var imported struct {
		Data []struct{ Key, Value *string }
	}
	values := map[string]string{}
	if err := json.Unmarshal(text, &imported); err == nil && imported.Data != nil {
		for i, item := range imported.Data {
			if item.Key == nil || item.Value == nil {
				return nil, fmt.Errorf("%s: data[%d] does not have a key and a value", file, i)
			}
			values[*item.Key] = *item.Value
		}
	} else if err := json.Unmarshal(text, &values); err != nil {
		return nil, fmt.Errorf(`%s: %w: want {"data": [{"key": "k", "value": "v"}]}`, file, err)
	}
	size := 0
	for key, value := range values {
		size += len(key) + len(value)
		if key == "" || len(key) > maxStoreKey || len(value) > maxStoreValue {
			return nil, fmt.Errorf("%s: the key %.50q has %d bytes and its value %d: CloudFront accepts 1 to %d and %d", file, key, len(key), len(value), maxStoreKey, maxStoreValue)
		}
	}
	if size > maxStore {
		return nil, fmt.Errorf("%s has %d bytes of keys and values: CloudFront accepts %d", file, size, maxStore)
	}
	return values, nil
}
