package script

import (
	"crypto/hmac"
	"crypto/md5"  //nolint:gosec // CloudFront Functions have it
	"crypto/sha1" //nolint:gosec // CloudFront Functions have it
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"regexp"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja_nodejs/buffer"
	nodejs "github.com/dop251/goja_nodejs/require"
)

//go:embed querystring.js
var querystringSource string

var querystringProgram = goja.MustCompile("querystring.js", querystringSource, true)

//go:embed sizes.js
var sizesSource string

// sizes takes maxSize, and has the language's own functions refuse what is larger.
var sizes = goja.MustCompile("sizes.js", sizesSource, true)

// maxSize is in characters, bytes or items.
const maxSize = 16 << 20

// namesSizes finds the functions for which sizes.js is worth its time, several times that of a
// run: those that make arrays of bytes. One that hides the names from it is
// not kept from ending this process: functions are not in a sandbox here, see SECURITY.md.
var namesSizes = regexp.MustCompile(`Array|Buffer`)

// functionKinds are the prototypes of all functions, each with a constructor that takes text.
var functionKinds = goja.MustCompile("kinds.js", "[() => {}, async () => {}, function* () {}].map(Object.getPrototypeOf)", true)

// A host gives an interpreter what CloudFront Functions have beside the language.
type host struct {
	vm      *goja.Runtime
	reach   *reach
	options *Options
	result  *Result
	node    *nodejs.RequireModule
	loaded  map[string]goja.Value
	made    int64 // characters, by the language's own functions
}

// install puts console, Buffer and require into the interpreter, and takes out what makes
// code of text.
func install(vm *goja.Runtime, o *Options, result *Result, r *reach, sized bool) {
	h := &host{vm: vm, reach: r, options: o, result: result, loaded: map[string]goja.Value{}}
	global := vm.GlobalObject()
	h.boundStringify()
	h.boundCalls()
	if sized {
		h.boundSizes()
	}
	h.dropBigInts()
	must(vm.Set("console", map[string]any{"log": h.log}))
	must(vm.Set("require", h.require))
	if o.Runtime == Runtime2 {
		must(global.DefineAccessorProperty("Buffer", vm.ToValue(func() goja.Value { return h.buffer() }), nil, goja.FLAG_TRUE, goja.FLAG_FALSE))
	}
	if r.has("eval", "Function", "constructor") {
		h.refuseText()
	}
}

// refuseText takes out what makes code of text.
func (h *host) refuseText() {
	refuse := h.vm.ToValue(func(goja.ConstructorCall) *goja.Object {
		h.fail("code generation from text is not available to CloudFront Functions")
		return nil
	})
	must(h.vm.Set("eval", refuse))
	must(h.vm.Set("Function", refuse))
	value, err := h.vm.RunProgram(functionKinds)
	must(err)
	prototypes := value.ToObject(h.vm)
	for _, name := range prototypes.Keys() {
		must(prototypes.Get(name).ToObject(h.vm).DefineDataProperty("constructor", refuse, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE))
	}
}

// boundSizes has the language's own functions refuse what is longer than maxSize.
func (h *host) boundSizes() {
	value, err := h.vm.RunProgram(sizes)
	must(err)
	limit, _ := goja.AssertFunction(value)
	_, err = limit(goja.Undefined(), h.vm.ToValue(maxSize))
	must(err)
}

// must is for what fails only if the interpreter does.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Bounds of what is written as JSON. The interpreter looks for circles by comparing each object
// with all those around it, in one step that nothing can interrupt.
const (
	maxLevels  = 1000
	maxObjects = 100_000
)

// boundStringify has JSON.stringify refuse what is too deep or too large.
func (h *host) boundStringify() {
	object := h.vm.Get("JSON").ToObject(h.vm)
	original, _ := goja.AssertFunction(object.Get("stringify"))
	must(object.Set("stringify", func(call goja.FunctionCall) goja.Value {
		if value, ok := call.Argument(0).(*goja.Object); ok {
			h.refuseDeep(value)
		}
		text, err := original(object, call.Arguments...)
		if err != nil {
			panic(err) // thrown in the function
		}
		return text
	}))
}

func (h *host) refuseDeep(value *goja.Object) {
	left, size := maxObjects, int64(0)
	if h.tooDeep(value, maxLevels, &left, &size) {
		panic(h.vm.NewTypeError("a value is circular, or too deep or too large to be JSON"))
	}
}

func (h *host) tooDeep(value *goja.Object, levels int, left *int, size *int64) bool {
	*left--
	if levels == 0 || *left < 0 {
		return true
	}
	if value.ClassName() == "Array" { // whose holes are null in JSON
		*size += h.length(value)
	}
	if *size > maxSize {
		return true
	}
	for _, key := range value.Keys() {
		switch inner := value.Get(key).(type) {
		case *goja.Object:
			if h.tooDeep(inner, levels-1, left, size) {
				return true
			}
		case goja.String:
			if *size += int64(inner.Length()); *size > maxSize {
				return true
			}
		}
	}
	return false
}

// log writes values as text, and objects as JSON.
func (h *host) log(values ...goja.Value) {
	var parts []string
	for _, v := range values {
		text := v.String()
		if object, ok := v.(*goja.Object); ok {
			h.refuseDeep(object)
			if data, err := object.MarshalJSON(); err == nil {
				text = string(data)
			}
		}
		parts = append(parts, text)
	}
	fmt.Fprintln(h.options.Log, strings.Join(parts, " "))
}

func (h *host) require(name string) goja.Value {
	if module, ok := h.loaded[name]; ok {
		return module
	}
	var module goja.Value
	switch {
	case name == "crypto":
		module = h.vm.ToValue(map[string]any{"createHash": h.createHash, "createHmac": h.createHMAC})
	case name == "querystring":
		value, err := h.vm.RunProgram(querystringProgram)
		must(err)
		module = value
	case name == "buffer" && h.options.Runtime == Runtime2:
		module = h.vm.ToValue(map[string]any{"Buffer": h.buffer()})
	case name == "cloudfront" && h.options.Runtime == Runtime2:
		module = h.cloudfront()
	default:
		h.fail("module %s is not available to CloudFront Functions of %s", name, h.options.Runtime)
	}
	h.loaded[name] = module
	return module
}

// fail throws an error in the function.
func (h *host) fail(format string, args ...any) {
	panic(h.vm.NewGoError(fmt.Errorf(format, args...)))
}

func (h *host) buffer() goja.Value {
	if h.node == nil {
		h.node = new(nodejs.Registry).Enable(h.vm)
		must(h.vm.Set("require", h.require)) // Enable puts its own there
		value, err := h.node.Require(buffer.ModuleName)
		must(err)
		h.boundBuffers(value.ToObject(h.vm).Get("Buffer").ToObject(h.vm))
	}
	value, err := h.node.Require(buffer.ModuleName)
	must(err)
	return value.ToObject(h.vm).Get("Buffer")
}

// The module crypto: hashes and HMACs of md5, sha1 and sha256 (documented).

func (h *host) algorithm(name string) func() hash.Hash {
	switch name {
	case "md5":
		return md5.New
	case "sha1":
		return sha1.New
	case "sha256":
		return sha256.New
	}
	h.fail("the algorithm %q is not available to CloudFront Functions: md5, sha1 and sha256 are", name)
	return nil
}

func (h *host) createHash(algorithm string) *goja.Object { return h.digester(h.algorithm(algorithm)()) }

func (h *host) createHMAC(algorithm string, key goja.Value) *goja.Object {
	return h.digester(hmac.New(h.algorithm(algorithm), h.bytes(key)))
}

func (h *host) digester(state hash.Hash) *goja.Object {
	object := h.vm.NewObject()
	must(object.Set("update", func(data goja.Value) *goja.Object {
		_, _ = state.Write(h.bytes(data))
		return object
	}))
	must(object.Set("digest", func(encoding string) goja.Value {
		sum := state.Sum(nil)
		switch encoding {
		case "hex":
			return h.vm.ToValue(hex.EncodeToString(sum))
		case "base64":
			return h.vm.ToValue(base64.StdEncoding.EncodeToString(sum))
		case "base64url":
			return h.vm.ToValue(base64.RawURLEncoding.EncodeToString(sum))
		case "":
			if h.options.Runtime == Runtime2 {
				h.buffer()
				return buffer.WrapBytes(h.vm, sum)
			}
			var text strings.Builder // a byte string: one character for each byte
			for _, b := range sum {
				text.WriteRune(rune(b))
			}
			return h.vm.ToValue(text.String())
		}
		h.fail("the encoding %q is not available to CloudFront Functions: hex, base64 and base64url are", encoding)
		return nil
	}))
	return object
}

// bytes returns the bytes of text, in UTF-8, or of a buffer.
func (h *host) bytes(v goja.Value) []byte {
	if _, ok := v.(*goja.Object); !ok {
		return []byte(v.String())
	}
	switch data := v.Export().(type) {
	case []byte:
		return data
	case goja.ArrayBuffer:
		return data.Bytes()
	}
	h.buffer()
	return buffer.Bytes(h.vm, v)
}

// The module cloudfront: the key-value store, and what changes the origin.
//
// Source: Amazon CloudFront Developer Guide, "Helper methods for key value stores" and
// "Helper methods for origin modification".

func (h *host) cloudfront() goja.Value {
	return h.vm.ToValue(map[string]any{
		"kvs":                      h.kvs,
		"updateRequestOrigin":      h.updateRequestOrigin,
		"selectRequestOriginById":  h.selectRequestOriginByID,
		"createRequestOriginGroup": h.createRequestOriginGroup,
	})
}

func (h *host) updateRequestOrigin(parameters *goja.Object) {
	h.result.Update = h.parameters("updateRequestOrigin", "{ domainName: 'example.com' }", parameters)
}

func (h *host) selectRequestOriginByID(id string, overrides goja.Value) {
	h.result.ID, h.result.Overrides = id, nil
	if overrides != nil && !goja.IsUndefined(overrides) && !goja.IsNull(overrides) {
		h.result.Overrides = h.parameters("selectRequestOriginById", "'origin', { hostHeader: 'example.com' }", overrides.ToObject(h.vm))
	}
}

func (h *host) createRequestOriginGroup(parameters *goja.Object) {
	h.result.Group = h.parameters("createRequestOriginGroup", "{ originIds: [{ originId: 'a' }, { originId: 'b' }], failoverCriteria: { statusCodes: [500] } }", parameters)
}

// parameters are those of a method, as JSON.
func (h *host) parameters(method, example string, given *goja.Object) json.RawMessage {
	if given == nil {
		h.fail("cf.%[1]s takes an object, as in cf.%[1]s(%[2]s)", method, example)
	}
	h.refuseDeep(given)
	data, err := given.MarshalJSON()
	if err != nil {
		h.fail("cf.%s: %v", method, err)
	}
	return data
}

func (h *host) kvs() goja.Value {
	store := h.options.Store
	if store == nil {
		h.fail("cf.kvs: no key-value store is associated with the function")
	}
	size := 0
	for key, value := range store {
		size += len(key) + len(value)
	}
	return h.vm.ToValue(map[string]any{
		"get": func(key string, options *goja.Object) *goja.Promise {
			value, ok := store[key]
			if !ok {
				return h.settled(nil, fmt.Errorf("KeyNotFound: %s", key))
			}
			format := ""
			if options != nil {
				if given := options.Get("format"); given != nil {
					format = given.String()
				}
			}
			switch format {
			case "", "string":
				return h.settled(h.vm.ToValue(value), nil)
			case "bytes":
				h.buffer()
				return h.settled(buffer.WrapBytes(h.vm, []byte(value)), nil)
			case "json":
				var decoded any
				err := json.Unmarshal([]byte(value), &decoded)
				return h.settled(h.vm.ToValue(decoded), err)
			}
			return h.settled(nil, fmt.Errorf("the format %q is not known: string, json and bytes are", format))
		},
		"exists": func(key string) *goja.Promise {
			_, ok := store[key]
			return h.settled(h.vm.ToValue(ok), nil)
		},
		"count": func() *goja.Promise { return h.settled(h.vm.ToValue(len(store)), nil) },
		"meta": func() *goja.Promise {
			return h.settled(h.vm.ToValue(map[string]any{"keyCount": len(store), "bytes": size}), nil)
		},
	})
}

func (h *host) settled(value goja.Value, err error) *goja.Promise {
	promise, resolve, reject := h.vm.NewPromise()
	if err != nil {
		must(reject(h.vm.NewGoError(err)))
	} else {
		must(resolve(value))
	}
	return promise
}
