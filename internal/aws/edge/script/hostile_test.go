package script

import (
	"errors"
	"testing"
)

// Whatever a function does, this process goes on, and learns that the function failed.
func TestHostileFunctions(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"a longer text":        returning("'x'.repeat(2 ** 52)"),
		"a frozen global":      "Object.freeze(globalThis); function handler() { return Buffer.from('a') }",
		"without Object":       "const q = require; globalThis.Object = undefined; function handler() { return q('querystring').stringify({ a: 1 }) }",
		"a getter that throws": "function handler() { return require('crypto').createHash({ toString() { throw 1 } }) }",
		"no origin":            "import cf from 'cloudfront'; function handler() { cf.updateRequestOrigin(null) }",
		"undefined origin":     "import cf from 'cloudfront'; function handler() { cf.updateRequestOrigin() }",
		"circular origin":      "import cf from 'cloudfront'; function handler() { const o = {}; o.o = o; cf.updateRequestOrigin(o) }",
		"deep JSON":            "function handler() { let o = {}; for (let i = 0; i < 1e6; i++) o = { o }; return o }",
		"deep log":             "function handler() { let o = {}; for (let i = 0; i < 1e6; i++) o = { o }; console.log(o); throw 1 }",
		"deep text":            "function handler() { return JSON.parse('['.repeat(1e6) + ']'.repeat(1e6)) }",
		"backtracking":         returning(`/^(?=a)(a+)+$/.test('a'.repeat(64) + 'b') && /x/.nowhere.x || null.x`),
		"throws at its text":   "function handler() { throw { get stack() { throw { toString() { throw 1 } } } } }",
		"async code of text":   returning("(async () => {}).constructor('return 1')()"),
		"generator of text":    returning("[...(function* () {}).constructor('yield 1')()]"),
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
