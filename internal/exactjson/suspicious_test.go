package exactjson

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
)

type node struct {
	Key   string            `json:"key"`
	Next  *node             `json:"next"`
	List  []node            `json:"list"`
	Named map[string][]node `json:"named"`
}

// Property: what is decoded differently is suspicious, whatever strings are in it.
func TestNothingIsOverlooked(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	texts := []string{`""`, `"key"`, `"\""`, `"\\"`, `"\\\"Key\":"`, `"Key:"`, `"ü\u0000"`}
	names := []string{`"key"`, `"Key"`, `"next"`, `"NEXT"`, `"list"`, `"liſt"`, `"named"`, `"Named"`, `"other"`, `"Other\\"`, `"\u004bey"`, `"k\u0065y"`}
	var object func(depth int) string
	object = func(depth int) string {
		var b bytes.Buffer
		b.WriteString("{ ")
		for i := range random.IntN(4) {
			if i > 0 {
				b.WriteString(" ,\n")
			}
			var value string
			switch kind := random.IntN(4); {
			case depth == 0 || kind == 0:
				value = texts[random.IntN(len(texts))]
			case kind == 1:
				value = object(depth - 1)
			case kind == 2:
				value = "[" + object(depth-1) + "," + object(depth-1) + "]"
			default:
				value = fmt.Sprintf(`{%s : [%s]}`, texts[random.IntN(len(texts))], object(depth-1))
			}
			fmt.Fprintf(&b, "%s\t: %s", names[random.IntN(len(names))], value)
		}
		b.WriteString("}")
		return b.String()
	}
	changed := 0
	for range 20_000 {
		data := []byte(object(3))
		exact, err := value(data, reflect.TypeFor[node](), false)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(exact, data) {
			continue
		}
		changed++
		if !suspicious(data, namesOf(reflect.TypeFor[*node]())) {
			t.Fatalf("%s is decoded as %s, and is not suspicious", data, exact)
		}
	}
	if changed == 0 {
		t.Error("nothing was changed")
	}
}
