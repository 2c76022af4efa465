package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/streamfront/streamfront/local"
)

type object = map[string]any

// start runs a copy of the assembly whose distribution has so many routes, of which the
// last one serves everything, and whose model waits before each word.
func start(ctx context.Context, assembly, dir string, routes int, delay string) (*local.Chain, error) {
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
		if err := edit(file, func(resources object) {
			for _, r := range resources {
				properties, _ := r.(object)["Properties"].(object)
				switch r.(object)["Type"] {
				case "AWS::CloudFront::Distribution":
					addRoutes(properties["DistributionConfig"].(object), routes-1)
				case "AWS::Lambda::Function":
					if properties["Runtime"] == "provided.al2023" {
						properties["Environment"] = object{"Variables": object{"MODEL_DELAY": delay}}
					}
				}
			}
		}); err != nil {
			return nil, err
		}
	}
	return local.Start(ctx, local.Options{Assembly: copied})
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
