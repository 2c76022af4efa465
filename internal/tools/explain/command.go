package explain

import (
	"errors"
	"regexp"
	"strings"

	"github.com/spf13/pflag"
)

// request reads a curl command and what a browser or curl shows of a request, which both
// may stand in front of the answer. It returns the lines that are left.
func (p *paste) request(lines []string) []string {
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if m := commandLine.FindStringSubmatch(line); m != nil {
			command, rest := m[1], i+1
			for strings.HasSuffix(line, `\`) && rest < len(lines) {
				line = strings.TrimSpace(lines[rest])
				command = strings.TrimSuffix(command, `\`) + " " + line
				rest++
			}
			p.curl(command)
			return append(lines[:i:i], lines[rest:]...)
		}
		if line != "" {
			break
		}
	}
	return lines
}

// commandLine is a call of curl, with or without a prompt in front of it. "curl : " is how
// PowerShell begins the message of an error.
var commandLine = regexp.MustCompile(`^(?:.{0,80}[$%#>❯] +)?curl(?:\.exe)? +([^: ].*)$`)

// curl takes over what a curl command says, without reading files for it.
func (p *paste) curl(command string) {
	flags := pflag.NewFlagSet("curl", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}
	f := BindCurl(flags)
	flags.StringP("output", "o", "", "")
	flags.StringP("write-out", "w", "", "")
	flags.StringP("dump-header", "D", "", "")
	flags.StringP("user", "u", "", "")
	flags.BoolP("include", "i", false, "")
	flags.BoolP("verbose", "v", false, "")
	flags.BoolP("silent", "s", false, "")
	flags.BoolP("show-error", "S", false, "")
	flags.BoolP("no-buffer", "N", false, "")
	flags.BoolP("location", "L", false, "")
	flags.BoolP("insecure", "k", false, "")
	flags.StringP("cookie", "b", "", "")
	flags.Bool("compressed", false, "")
	flags.Bool("path-as-is", false, "")
	flags.BoolP("globoff", "g", false, "") // needed for a URL with brackets
	if flags.Parse(words(command)) != nil || flags.NArg() == 0 {
		return
	}
	readFile := func(string) ([]byte, error) { return nil, errNotRead }
	if r, err := f.request(flags.Arg(0), readFile); err == nil {
		p.answer.Request = *r
	} else if errors.Is(err, errNotRead) {
		r.Body, r.Length = nil, -1
		p.answer.Request = *r
	}
}

var errNotRead = errors.New("a pasted command names the file of another machine, maybe")

// words splits a command as a shell does: quotes, $'...' without its escapes, backslashes.
func words(command string) []string {
	var out []string
	var word strings.Builder
	inWord := false
	for i := 0; i < len(command); i++ {
		c := command[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n':
			if inWord {
				out = append(out, word.String())
				word.Reset()
			}
			inWord = false
		case c == '$' && i+1 < len(command) && command[i+1] == '\'':
		case c == '\'':
			inWord = true
			end := strings.IndexByte(command[i+1:], '\'')
			if end < 0 {
				end = len(command) - i - 1
			}
			word.WriteString(command[i+1 : i+1+end])
			i += 1 + end
		case c == '"':
			inWord = true
			for i++; i < len(command) && command[i] != '"'; i++ {
				if command[i] == '\\' && i+1 < len(command) {
					i++
				}
				word.WriteByte(command[i])
			}
		case c == '\\' && i+1 < len(command):
			inWord = true
			i++
			word.WriteByte(command[i])
		case (c == '|' || c == ';' || c == '>' || c == '#') && !inWord:
			return out
		default:
			inWord = true
			word.WriteByte(c)
		}
	}
	if inWord {
		out = append(out, word.String())
	}
	return out
}
