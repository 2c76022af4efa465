package script

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/dop251/goja"
)

// maxMade is how many characters the language's own functions may make in a run, one after the
// other: they may call each other without a step of the function's own in between, at which it
// could be interrupted.
const maxMade = 256 << 20

// boundCalls has the functions that walk along an array, or make a text of texts, look at sizes
// first. An array may say that it is long and have little in it: a[Date.now()] = true is enough.
func (h *host) boundCalls() {
	h.boundArrays(h.member("Array", "prototype"))
	h.boundTexts()
	h.beforeNamed("from", h.checkLength, "Array")
	last := func(call *goja.FunctionCall) {
		if n := len(call.Arguments); n > 0 {
			h.check(h.length(call.Arguments[n-1]))
		}
	}
	h.beforeNamed("apply", last, "Function", "prototype")
	if h.reach.has("Reflect") {
		h.beforeNamed("apply", last, "Reflect")
		h.beforeNamed("construct", func(call *goja.FunctionCall) { h.check(h.length(call.Argument(1))) }, "Reflect")
	}
}

// called are the functions of arrays that the language calls without their names: for the text
// of an array, and to go through one.
var called = []string{"join", "toString", "values"}

// ofArrays are the names of the functions of arrays.
var ofArrays = sync.OnceValue(func() []string {
	vm := goja.New()
	return vm.Get("Array").ToObject(vm).Get("prototype").ToObject(vm).GetOwnPropertyNames()
})

func (h *host) boundArrays(array *goja.Object) {
	for _, name := range ofArrays() {
		if !h.reach.has(name) && !slices.Contains(called, name) {
			continue
		}
		switch name {
		case "constructor", "length", "push", "pop":
		case "join", "toString", "toLocaleString":
			h.before(array, name, h.checkJoined)
		case "flat":
			h.before(array, name, func(call *goja.FunctionCall) { h.checkFlat(call.This, maxLevels, map[flatKey]int64{}) })
		case "concat":
			h.before(array, name, func(call *goja.FunctionCall) {
				size := h.length(call.This)
				for _, argument := range call.Arguments {
					size += h.length(argument)
				}
				h.check(size)
			})
		default:
			h.before(array, name, func(call *goja.FunctionCall) { h.check(h.length(call.This)) })
		}
	}
	must(array.DefineDataPropertySymbol(goja.SymIterator, array.Get("values"), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE))
}

func (h *host) boundTexts() {
	h.beforeNamed("raw", func(call *goja.FunctionCall) {
		if strings, ok := call.Argument(0).(*goja.Object); ok {
			h.checkJoined(&goja.FunctionCall{This: strings.Get("raw")})
		}
	}, "String")
	h.beforeNamed("repeat", func(call *goja.FunctionCall) {
		call.This = call.This.ToString()
		h.checkNumber(float64(characters(call.This)) * h.number(call))
	}, "String", "prototype")
	for _, name := range []string{"padStart", "padEnd"} {
		h.beforeNamed(name, func(call *goja.FunctionCall) { h.checkNumber(h.number(call)) }, "String", "prototype")
	}
	for _, name := range []string{"replace", "replaceAll"} {
		h.beforeNamed(name, h.checkReplaced, "String", "prototype")
	}
}

// boundBuffers has what makes a buffer look at the sizes that it is given.
func (h *host) boundBuffers(buffers *goja.Object) {
	for _, name := range buffers.GetOwnPropertyNames() {
		if name == "prototype" {
			continue
		}
		h.before(buffers, name, func(call *goja.FunctionCall) {
			for _, argument := range call.Arguments {
				if _, isObject := argument.(*goja.Object); isObject {
					h.check(h.length(argument))
				} else if _, isText := argument.(goja.String); !isText {
					h.checkNumber(argument.ToFloat())
				}
			}
		})
	}
}

// dropBigInts takes away what makes BigInts beside literals.
func (h *host) dropBigInts() {
	for _, name := range []string{"BigInt", "BigInt64Array", "BigUint64Array"} {
		if h.reach.has(name) {
			must(h.vm.GlobalObject().Delete(name))
		}
	}
	for _, name := range []string{"getBigInt64", "getBigUint64"} {
		if h.reach.has(name) {
			must(h.member("DataView", "prototype").Delete(name))
		}
	}
}

// member is an object of the language itself, by the way to it.
func (h *host) member(way ...string) *goja.Object {
	object := h.vm.GlobalObject()
	for _, name := range way {
		object = object.Get(name).ToObject(h.vm)
	}
	return object
}

// beforeNamed is before for a function that the language does not call by itself.
func (h *host) beforeNamed(name string, look func(*goja.FunctionCall), way ...string) {
	if h.reach.has(name) {
		h.before(h.member(way...), name, look)
	}
}

// before puts a look at the arguments before a function, and counts what text it makes.
func (h *host) before(object *goja.Object, name string, look func(*goja.FunctionCall)) {
	original, ok := goja.AssertFunction(object.Get(name))
	if !ok {
		return
	}
	must(object.DefineDataProperty(name, h.vm.ToValue(func(call goja.FunctionCall) goja.Value {
		look(&call)
		value, err := original(call.This, call.Arguments...)
		if err != nil {
			panic(err) // thrown in the function
		}
		if h.made += characters(value); h.made > maxMade {
			h.tooLarge(h.made)
		}
		return value
	}), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE))
}

// checkLength is for functions that walk along what they are given.
func (h *host) checkLength(call *goja.FunctionCall) { h.check(h.length(call.Argument(0))) }

func (h *host) check(size int64) {
	if size > maxSize {
		h.tooLarge(size)
	}
}

// number makes a number of the first argument, once: a valueOf may say something else each time.
func (h *host) number(call *goja.FunctionCall) float64 {
	if len(call.Arguments) == 0 {
		return 0
	}
	value := call.Arguments[0].ToNumber()
	call.Arguments = append([]goja.Value{value}, call.Arguments[1:]...)
	return value.ToFloat()
}

// checkNumber takes what is beyond all integers, too; what is not a number is another's to refuse.
func (h *host) checkNumber(size float64) {
	if size > maxSize {
		h.tooLarge(int64(min(size, 1<<62)))
	}
}

func (h *host) tooLarge(size int64) {
	value, err := h.vm.New(h.vm.Get("RangeError"), h.vm.ToValue(fmt.Sprintf("a value of %d characters or items is too large: CloudFront Functions have 2 MB of memory", size)))
	must(err)
	panic(value)
}

// length is that of an array, or of what is like one; 0 for other values.
func (h *host) length(value goja.Value) int64 {
	object, ok := value.(*goja.Object)
	if !ok {
		return 0
	}
	if length := object.Get("length"); length != nil {
		return length.ToInteger()
	}
	return 0
}

// characters counts those of a text; other values have none.
func characters(value goja.Value) int64 {
	if text, ok := value.(goja.String); ok {
		return int64(text.Length())
	}
	return 0
}

// checkJoined adds up the texts and the separators of what is made one text. What an item that
// is an object becomes is counted when it is made.
func (h *host) checkJoined(call *goja.FunctionCall) {
	object, ok := call.This.(*goja.Object)
	if !ok {
		return
	}
	length := h.length(object)
	h.check(length)
	separator := int64(1)
	if given := call.Argument(0); !goja.IsUndefined(given) {
		text := given.ToString()
		separator, call.Arguments = characters(text), []goja.Value{text}
	}
	size := length * separator
	h.check(size)
	for i := range length {
		size += characters(object.Get(fmt.Sprint(i)))
		h.check(size)
	}
}

// A flatKey is an array, and how many levels of arrays in it are made flat.
type flatKey struct {
	array  *goja.Object
	levels int
}

// checkFlat bounds the items of arrays within arrays, and returns how many there are. The same
// array may be there many times, and is counted once.
func (h *host) checkFlat(value goja.Value, levels int, known map[flatKey]int64) int64 {
	object, ok := value.(*goja.Object)
	if !ok || object.ClassName() != "Array" || levels == 0 {
		return 0
	}
	key := flatKey{object, levels}
	if items, ok := known[key]; ok {
		return items
	}
	length := h.length(object)
	items := length
	for i := range length {
		h.check(items)
		items += h.checkFlat(object.Get(strconv.FormatInt(i, 10)), levels-1, known)
	}
	h.check(items)
	known[key] = items
	return items
}

// checkReplaced bounds what a replacement makes: its own text once for each match, of which there
// is at most one for each character, and what its patterns put in. Matches do not overlap, and are
// together no longer than the text; what stands before or behind a match, and what a lookaround
// captures, may be as long as the text each time.
func (h *host) checkReplaced(call *goja.FunctionCall) {
	replacement, ok := call.Argument(1).(goja.String)
	if !ok {
		return
	}
	matches := int64(len(call.This.String())) + 1
	with := replacement.String()
	whole := strings.Count(with, "$`") + strings.Count(with, "$'")
	if pattern, ok := call.Argument(0).(*goja.Object); ok && strings.Contains(pattern.String(), "(?") {
		whole = strings.Count(with, "$")
	}
	h.check(matches * int64(len(with)))
	h.check(matches * matches * int64(whole))
}
