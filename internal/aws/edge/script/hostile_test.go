package script

import (
	"errors"
	"testing"
)

// Whatever a function does, this process goes on, and learns that the function failed.
func TestHostileFunctions(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"a longer text":               returning("'x'.repeat(2 ** 52)"),
		"a text for no memory":        returning("'x'.repeat(2 ** 46)"),
		"a size that changes":         "function handler() { let n = 1; return 'x'.repeat({ valueOf: () => (n *= 2 ** 45) }) }",
		"a separator to be made":      "function handler() { return 'x'.repeat(1e6).split('').join({ toString: () => 'x'.repeat(1e6) }) }",
		"by another name":             returning("'x'['re' + 'peat'](2 ** 46)"),
		"by a text that is made":      returning("'x'[`re${'peat'}`](2 ** 46)"),
		"by a pattern":                "function handler() { const { ['re' + 'peat']: f } = 'x'; return f.call('x', 2 ** 46) }",
		"out of a list":               returning("Object.values(Object.getOwnPropertyDescriptors(''.__proto__)).find((d) => d.value?.name === 're' + 'peat').value.call('x', 2 ** 46)"),
		"of a module":                 "const all = require('querystring'); function handler() { const a = []; a[2 ** 31] = 1; return all.stringify({ a }) }",
		"of a module by another name": "const r = require; function handler() { const a = []; a[2 ** 31] = 1; return r('querystring').stringify({ a }) }",
		"a longest text":              returning("'x'.repeat(2 ** 1000)"),
		"long bytes, joined":          returning("new Uint8Array(1e6).join('x'.repeat(1e6))"),
		"a padded text":               returning("'x'.padStart(2 ** 46, 'ab') + 'x'.padEnd(2 ** 46)"),
		"a size with a valueOf":       returning("'x'.repeat({ valueOf: () => 2 ** 46 })"),
		"a buffer":                    returning("new ArrayBuffer(2 ** 46)"),
		"a typed array":               returning("new Float64Array(2 ** 43)"),
		"by its constructor":          returning("new (new Uint8Array(1).constructor)(2 ** 46)"),
		"a subclass":                  "class Big extends Uint8Array {}; function handler() { return new Big(2 ** 46) }",
		"of an array-like":            returning("Uint8Array.from({ length: 2 ** 46 })"),
		"a long array, filled":        returning("Array(2 ** 32 - 1).fill()"),
		"a long array, joined":        returning("Array(2 ** 32 - 1).join('x')"),
		"a long array, spread":        returning("[...Array(2 ** 32 - 1)]"),
		"its length set":              "function handler() { const a = []; a.length = 2 ** 32 - 1; return a.map(() => 1) }",
		"long arrays, joined":         "function handler() { const a = []; a[2 ** 31] = 1; return a.concat(a) }",
		"an array of a length":        returning("Array.from({ length: 2 ** 46 })"),
		"an array-like":               returning("[].indexOf.call({ length: 2 ** 52 }, 1)"),
		"a sparse array":              "function handler() { const a = []; a[2 ** 31] = 1; return a }",
		"a sparse array, asked":       "function handler() { const a = []; a[2 ** 31] = 1; return a.indexOf(5) }",
		"a sparse array, spread":      "function handler() { const a = []; a[2 ** 31] = 1; return [...a].length }",
		"a sparse array, text":        "function handler() { const a = []; a[2 ** 31] = 1; return a + '' }",
		"a sparse array, sorted":      "function handler() { const a = []; a[2 ** 31] = 1; a.sort() }",
		"arguments like a list":       returning("Math.max.apply(null, { length: 2 ** 31 })"),
		"reflected arguments":         returning("Reflect.apply(Math.max, null, { length: 2 ** 31 })"),
		"reflected, new":              returning("Reflect.construct(Date, { length: 2 ** 31 })"),
		"a long separator":            returning("'x'.repeat(1e6).split('').join('x'.repeat(1e6))"),
		"one text many times":         returning("new Array(1e6).fill('x'.repeat(1e6)).join()"),
		"one list many times":         "function handler() { let a = ['x'.repeat(1e4)]; for (let i = 0; i < 60; i++) a = [a, a]; return a.join() }",
		"one list, flat":              "function handler() { let a = [1]; for (let i = 0; i < 60; i++) a = [a, a]; return a.flat(1 / 0) }",
		"one text, as JSON":           returning("new Array(1e5).fill('x'.repeat(1e6))"),
		"replaced by itself":          "function handler() { const s = 'x'.repeat(1e6); return s.replace(/x/g, s) }",
		"all replaced":                "function handler() { const s = 'x'.repeat(1e6); return s.replaceAll('x', s) }",
		"replaced by the rest":        "function handler() { return 'x'.repeat(1e6).replaceAll('x', \"$'\") }",
		"replaced by what is to come": "function handler() { return 'x'.repeat(1e6).replace(/(?=(.*))/g, '$1') }",
		"raw":                         "function handler() { return String.raw({ raw: { length: 2 ** 31 } }) }",
		"a large buffer":              returning("Buffer.alloc(2 ** 40)"),
		"a BigInt":                    returning("2n ** (2n ** 36n) > 0"),
		"a BigInt by name":            returning("globalThis['Big' + 'Int'](2)"),
		"a BigInt of bytes":           returning("new DataView(new Uint8Array(8).buffer).getBigInt64(0)"),
		"a doubled text":              "function handler() { let s = 'x'; for (;;) s += s }",
		"a frozen global":             "Object.freeze(globalThis); function handler() { return Buffer.from('a') }",
		"without Object":              "const q = require; globalThis.Object = undefined; function handler() { return q('querystring').stringify({ a: 1 }) }",
		"a getter that throws":        "function handler() { return require('crypto').createHash({ toString() { throw 1 } }) }",
		"no origin":                   "import cf from 'cloudfront'; function handler() { cf.updateRequestOrigin(null) }",
		"undefined origin":            "import cf from 'cloudfront'; function handler() { cf.updateRequestOrigin() }",
		"circular origin":             "import cf from 'cloudfront'; function handler() { const o = {}; o.o = o; cf.updateRequestOrigin(o) }",
		"deep JSON":                   "function handler() { let o = {}; for (let i = 0; i < 1e6; i++) o = { o }; return o }",
		"deep log":                    "function handler() { let o = {}; for (let i = 0; i < 1e6; i++) o = { o }; console.log(o); throw 1 }",
		"deep text":                   "function handler() { return JSON.parse('['.repeat(1e6) + ']'.repeat(1e6)) }",
		"backtracking":                returning(`/^(?=a)(a+)+$/.test('a'.repeat(64) + 'b') && /x/.nowhere.x || null.x`),
		"throws at its text":          "function handler() { throw { get stack() { throw { toString() { throw 1 } } } } }",
		"async code of text":          returning("(async () => {}).constructor('return 1')()"),
		"generator of text":           returning("[...(function* () {}).constructor('yield 1')()]"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _, err := run(t, source, Options{})
			var failed *Error
			if !errors.As(err, &failed) {
				t.Errorf("%.100s, %v, want an *Error", got, err)
			}
		})
	}
}

// What the language does with an array by itself, without the name of a function, is bounded in
// every interpreter.
func TestArraysWithoutNames(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{
		"`${a}`", "a + ''", "a == ''", "a < 1", "-a", "String(a)", "Number(a)", "parseInt(a)", "isNaN(a)", "Math.abs(a)", "new Date(a)", "Symbol(a)",
		"({ [a]: 1 })", "Error(a)", "RegExp(a)", "/x/.test(a)", "'x'.indexOf(a)", "'x'.split(a)", "encodeURIComponent(a)", "JSON.parse(a)", "JSON.stringify(a)",
		"[...a]", "((...all) => 1)(...a)", "new Set(a)", "new WeakSet(a)", "new Map(a)", "Object.fromEntries(a)", "Promise.all(a)", "Promise.race(a)",
		"(([...all]) => 1)(a)", "((all) => { for (const one of all); })(a)",
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			got, _, err := run(t, "function handler() { const a = []; a[2 ** 31] = 1; return "+expression+" }", Options{})
			var failed *Error
			if !errors.As(err, &failed) {
				t.Errorf("%.100s, %v, want an *Error", got, err)
			}
		})
	}
}
