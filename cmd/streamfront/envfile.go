package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// readEnvFile reads lines NAME=VALUE. Blank lines, and those that begin with #, are passed over;
// "export" may stand before a name, and quotes around a value.
func readEnvFile(name string) (map[string]string, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	variables := map[string]string{}
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimPrefix(strings.TrimSpace(lines.Text()), "export ")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		variable, value, ok := strings.Cut(line, "=")
		if variable = strings.TrimSpace(variable); !ok || !variableName.MatchString(variable) {
			return nil, fmt.Errorf("%s:%d: want NAME=VALUE", name, n)
		}
		variables[variable] = unquote(strings.TrimSpace(value))
	}
	return variables, lines.Err()
}

func unquote(value string) string {
	for _, quote := range []string{`"`, "'"} {
		if len(value) > 1 && strings.HasPrefix(value, quote) && strings.HasSuffix(value, quote) {
			return value[1 : len(value)-1]
		}
	}
	return value
}
