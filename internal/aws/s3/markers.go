package s3

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/streamfront/streamfront/internal/regular"
	"github.com/streamfront/streamfront/internal/template"
)

// How a value is written into a file in place of its marker.
//
// Source: AWS CDK, the handler of aws_s3_deployment's custom resource (documented by its code).
const (
	literal           = "LITERAL"
	unquotedJSONValue = "UNQUOTED_JSON_VALUE" // between quotes that the file has
	jsonValue         = "JSON_VALUE"
	yamlString        = "YAML_STRING"
)

// readMarkers returns the texts that stand in place of the markers of one source. CDK
// makes markers of the tokens in Source.data, Source.jsonData and Source.yamlData.
func readMarkers(values *template.Reader, encodings map[string]string, otherwise string) map[string]string {
	texts := map[string]string{}
	for _, name := range values.Names() {
		texts[name] = encoded(values.Text(name, template.Carried).V, cmp.Or(encodings[name], otherwise))
	}
	return texts
}

// readEncodings returns how single markers of a source are written, and how the others are.
func readEncodings(config *template.Reader) (encodings map[string]string, otherwise string) {
	otherwise = literal
	if config.Bool("jsonEscape", template.Quiet).Is(true) {
		otherwise = unquotedJSONValue
	}
	encodings = map[string]string{}
	markers := config.Object("markerEncodings", template.Quiet)
	for _, name := range markers.Names() {
		encodings[name] = markers.Text(name, template.Quiet, template.Models(literal, unquotedJSONValue, jsonValue, yamlString)).V
	}
	return encodings, otherwise
}

var plainYAML = regexp.MustCompile(`\A[A-Za-z][A-Za-z0-9._-]*\z`)

func encoded(value, encoding string) string {
	switch encoding {
	case unquotedJSONValue:
		quoted := inASCII(value)
		return quoted[1 : len(quoted)-1]
	case jsonValue:
		return inASCII(value)
	case yamlString:
		words := []string{"y", "n", "yes", "no", "true", "false", "on", "off", "null"} // which YAML takes for something else
		if plainYAML.MatchString(value) && !slices.Contains(words, strings.ToLower(value)) {
			return value
		}
		return inASCII(value)
	}
	return value
}

// inASCII quotes a text as Python's json.dumps does: all but printable ASCII is escaped.
func inASCII(text string) string {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\b': `\b`, '\f': `\f`}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch s, ok := short[r]; {
		case ok:
			b.WriteString(s)
		case r >= ' ' && r <= '~':
			b.WriteRune(r)
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
		}
	}
	b.WriteByte('"')
	return b.String()
}

// replaceMarkers returns the file, or where a copy of it is that has the values in the place
// of the markers. An address may be made of several values, so that here sees all of the text.
func (s *DeploymentSource) replaceMarkers(file, dir string, here *strings.Replacer) (string, error) {
	if len(s.Markers) == 0 {
		return file, nil
	}
	text, err := regular.Read(file, regular.MaxText)
	if err != nil {
		return "", err
	}
	var pairs []string
	for marker, value := range s.Markers {
		pairs = append(pairs, marker, value)
	}
	replaced := []byte(here.Replace(strings.NewReplacer(pairs...).Replace(string(text))))
	if bytes.Equal(replaced, text) {
		return file, nil
	}
	out, err := os.CreateTemp(dir, "deployed-")
	if err != nil {
		return "", err
	}
	_, err = out.Write(replaced)
	return out.Name(), errors.Join(err, out.Close())
}
