package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/streamfront/streamfront/local"
)

type object = map[string]any

// A change says how a copy of the assembly differs from it.
type change struct {
	routes   int    // of the distribution, of which the last one serves everything
	delay    string // of the model before each word; "": its default
	function string // a program in place of the function; "": its own
	details  bool   // of the trace, to the page
	shared   int    // invocations in an execution environment at once; 0: one
}

// start runs a changed copy of the assembly.
func start(ctx context.Context, assembly, dir string, c change) (*local.Chain, error) {
	copied, err := os.MkdirTemp(dir, "cdk.out-")
	if err != nil {
		return nil, err
	}
	if err := os.CopyFS(copied, os.DirFS(assembly)); err != nil {
		return nil, fmt.Errorf("copying %s: %w (run 'make synth' first)", assembly, err)
	}
	templates, err := filepath.Glob(filepath.Join(copied, "*.template.json"))
	if err != nil {
		return nil, err
	}
	for _, file := range templates {
		if err := edit(file, c.apply); err != nil {
			return nil, err
		}
	}
	if c.function != "" {
		if err := c.replaceFunction(copied); err != nil {
			return nil, err
		}
	}
	return local.Start(ctx, local.Options{Assembly: copied, EnvironmentConcurrency: c.shared, TracePage: c.details})
}

func (c change) apply(resources object) {
	for _, r := range resources {
		properties, _ := r.(object)["Properties"].(object)
		switch r.(object)["Type"] {
		case "AWS::CloudFront::Distribution":
			addRoutes(properties["DistributionConfig"].(object), c.routes-1)
		case "AWS::Lambda::Function":
			if properties["Runtime"] != "provided.al2023" {
				continue
			}
			if c.delay != "" {
				properties["Environment"] = object{"Variables": object{"MODEL_DELAY": c.delay}}
			}
			if c.function != "" { // it is built for this host
				properties["Architectures"] = []any{map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]}
			}
		}
	}
}

func (c change) replaceFunction(assembly string) error {
	bootstraps, err := filepath.Glob(filepath.Join(assembly, "asset.*", "bootstrap"))
	if err != nil {
		return err
	}
	program, err := os.ReadFile(c.function)
	if err != nil {
		return err
	}
	for _, file := range bootstraps {
		if err := os.WriteFile(file, program, 0o700); err != nil {
			return err
		}
	}
	return nil
}

// addRoutes puts behaviors in front of the default one, as it is but for their paths.
func addRoutes(config object, n int) {
	behaviors := []any{}
	for i := range n {
		b := object{"PathPattern": fmt.Sprintf("/route-%d/*", i)}
		for key, value := range config["DefaultCacheBehavior"].(object) {
			b[key] = value
		}
		behaviors = append(behaviors, b)
	}
	if n > 0 {
		config["CacheBehaviors"] = behaviors
	}
}

func edit(file string, change func(resources object)) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var template object
	if err := json.Unmarshal(text, &template); err != nil {
		return err
	}
	change(template["Resources"].(object))
	if text, err = json.Marshal(template); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}
