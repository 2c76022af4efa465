package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/functions/stream/echo"
)

func from(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func TestConfigDefaults(t *testing.T) {
	c, err := readConfig(from(nil), discard)
	if err != nil {
		t.Fatal(err)
	}
	if want := (echo.Model{Delay: 50 * time.Millisecond}); !reflect.DeepEqual(c.model, want) {
		t.Errorf("model = %+v, want %+v", c.model, want)
	}
	if c.maxTokens != 4096 || c.metrics != nil || c.uploads != nil || !c.probes {
		t.Errorf("config = %+v", c)
	}
}

func TestConfig(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	for name, test := range map[string]struct {
		environment map[string]string
		ok          func(*config) bool
	}{
		"no pause":           {map[string]string{"MODEL_DELAY": "0"}, func(c *config) bool { return c.model.(echo.Model).Delay == 0 }},
		"pause":              {map[string]string{"MODEL_DELAY": "1s"}, func(c *config) bool { return c.model.(echo.Model).Delay == time.Second }},
		"a day's requests":   {map[string]string{"QUOTA_REQUESTS": "7"}, func(c *config) bool { return c.quota != nil }},
		"longest answer":     {map[string]string{"MAX_DURATION": "5m"}, func(c *config) bool { return c.longest == 5*time.Minute }},
		"tokens":             {map[string]string{"MAX_TOKENS": "7"}, func(c *config) bool { return c.maxTokens == 7 }},
		"metrics on Lambda":  {map[string]string{"AWS_LAMBDA_FUNCTION_NAME": "f", "API_KEY": "k"}, func(c *config) bool { return c.metrics != nil }},
		"metrics locally":    {map[string]string{"AWS_LAMBDA_FUNCTION_NAME": "f", "STREAMFRONT_LOCAL": "true"}, func(c *config) bool { return c.metrics == nil }},
		"metrics wanted":     {map[string]string{"METRICS": "true"}, func(c *config) bool { return c.metrics != nil }},
		"metrics not wanted": {map[string]string{"AWS_LAMBDA_FUNCTION_NAME": "f", "API_KEY": "k", "METRICS": "false"}, func(c *config) bool { return c.metrics == nil }},
		"Bedrock":            {map[string]string{"BEDROCK_MODEL_ID": "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0"}, func(c *config) bool { return c.model.ID() == "amazon.nova-lite-v1:0" }},
		"uploads":            {map[string]string{"UPLOADS_BUCKET": "bucket"}, func(c *config) bool { return c.uploads != nil && !c.uploads.Registers }},
		"registered uploads": {map[string]string{"UPLOADS_BUCKET": "bucket", "UPLOADS_REGISTERED": "true"}, func(c *config) bool { return c.uploads.Registers }},
		"origins": {map[string]string{"ALLOWED_ORIGINS": "https://a.example, http://localhost:3000"}, func(c *config) bool {
			return slices.Equal(c.origins, []string{"https://a.example", "http://localhost:3000"})
		}},
		"no probes": {map[string]string{"PROBES": "false"}, func(c *config) bool { return !c.probes }},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := readConfig(from(test.environment), discard)
			if err != nil || !test.ok(c) {
				t.Errorf("config = %+v, %v", c, err)
			}
		})
	}
}

// All that is wrong is said at once, with the value and what to do.
func TestConfigErrors(t *testing.T) {
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	for name, value := range map[string]string{
		"MODEL_DELAY": "fast", "MAX_TOKENS": "0", "METRICS": "yes", "PROBES": "maybe", "UPLOADS_BUCKET": "bucket", "BEDROCK_MODEL_ID": "m",
		"ALLOWED_ORIGINS": "https://a.example/", "MAX_DURATION": "5", "QUOTA_REQUESTS": "many", "QUOTA_TABLE": "t", "UPLOADS_REGISTERED": "true",
	} {
		_, err := readConfig(from(map[string]string{name: value}), discard)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: error = %v, want one that names it", name, value, err)
		}
	}
	if _, err := readConfig(from(map[string]string{"UPLOADS_REGISTERED": "1"}), discard); err == nil || !strings.Contains(err.Error(), `UPLOADS_REGISTERED is "1": want true or false`) {
		t.Errorf("UPLOADS_REGISTERED=1: error = %v", err)
	}
	_, err := readConfig(from(map[string]string{"MODEL_DELAY": "-1s", "MAX_TOKENS": "many"}), discard)
	if err == nil || !strings.Contains(err.Error(), "such as 20ms") || !strings.Contains(err.Error(), "such as 4096") {
		t.Errorf("error = %v, want both", err)
	}
}
