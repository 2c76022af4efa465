package local_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/streamfront/streamfront/local"
)

// A lines collects what functions print.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// With LogFormat JSON the runtimes write objects, of the levels that the function has.
func TestLogFormatJSON(t *testing.T) {
	t.Parallel()
	for runtime, code := range map[string]string{
		"nodejs24.x": `exports.handler = async () => { console.debug('low'); console.log('seen %d', 1); console.warn({ a: 1 }); console.error(new TypeError('no')); return 'ok' }`,
		"python3.13": "import logging\ndef handler(event, context):\n    log = logging.getLogger()\n    log.debug('low')\n    log.info('seen %d', 1)\n    log.warning('{\"a\": 1}')\n    try:\n        raise TypeError('no')\n    except TypeError:\n        log.exception('failed')\n    return 'ok'\n",
	} {
		t.Run(runtime, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			p := f.properties("Function")
			p["Runtime"], p["Handler"], p["Code"] = runtime, "index.handler", object{"ZipFile": code}
			p["LoggingConfig"] = object{"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "LogGroup": "g"}
			f.properties("Url")["InvokeMode"] = "BUFFERED"
			log := &lines{}
			chain := f.start(t, local.Options{Log: log})
			if resp, body := send(t, "GET", chain.URL()+"/", ""); resp.StatusCode != 200 {
				t.Fatalf("%d %s", resp.StatusCode, body)
			}
			chain.Close() // all is printed
			var levels []string
			for line := range strings.Lines(log.text.String()) {
				var entry struct {
					Timestamp, Level, RequestID, ErrorType string
					Message                                any
				}
				if err := json.Unmarshal([]byte(line), &entry); err != nil {
					t.Errorf("%q: %v, want JSON", line, err)
				}
				if entry.Timestamp == "" || entry.RequestID == "" || entry.Message == nil {
					t.Errorf("%q has no timestamp, request id or message", line)
				}
				levels = append(levels, entry.Level)
			}
			if got := strings.Join(levels, " "); got != "INFO WARN ERROR" && got != "INFO WARNING ERROR" {
				t.Errorf("levels = %s in\n%s", got, log.text.String())
			}
			if !strings.Contains(log.text.String(), `"errorType"`) {
				t.Errorf("the error is not told: %s", log.text.String())
			}
		})
	}
}
