package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/streamfront/streamfront/functions/stream/apikey"
	"github.com/streamfront/streamfront/functions/stream/awsenv"
	"github.com/streamfront/streamfront/functions/stream/bedrock"
	"github.com/streamfront/streamfront/functions/stream/echo"
	"github.com/streamfront/streamfront/functions/stream/metrics"
	"github.com/streamfront/streamfront/functions/stream/model"
	"github.com/streamfront/streamfront/functions/stream/openai"
	"github.com/streamfront/streamfront/functions/stream/probe"
	"github.com/streamfront/streamfront/functions/stream/quota"
	"github.com/streamfront/streamfront/functions/stream/signin"
	"github.com/streamfront/streamfront/functions/stream/uploads"
	"github.com/streamfront/streamfront/functions/stream/upstream"
)

// config is the configuration in the environment, which the package comment describes.
type config struct {
	keys      gate          // of all but the page and /healthz
	signIn    *signin.Guard // nil: API keys are asked for
	model     model.Model
	upstream  *upstream.Options // in place of model; nil if there is none
	maxTokens int
	metrics   *metrics.Writer // nil writes none
	quota     *quota.Quota    // nil: no limits
	longest   time.Duration   // of an answer; 0: as long as the function may run
	uploads   *uploads.Store  // nil if there are none
	probes    bool
	origins   []string // of other pages that may call
}

// A gate decides which requests pass.
type gate interface {
	Require(next http.Handler) http.Handler
}

// readGuard returns the guard for tokens if there is an issuer, and else for API keys.
func readGuard(getenv func(string) string, log *slog.Logger) (gate, *signin.Guard, error) {
	signIn, err := signin.FromEnvironment(getenv)
	if err != nil || signIn != nil {
		return signIn, signIn, err
	}
	keys, err := apikey.FromEnvironment(getenv, log)
	return keys, nil, err
}

// readConfig reads no secrets and makes no calls. Its error has a line for each variable that is
// wrong.
func readConfig(getenv func(string) string, log *slog.Logger) (*config, error) {
	c := new(config)
	var errs [10]error
	c.keys, c.signIn, errs[0] = readGuard(getenv, log)
	c.model, errs[1] = readModel(getenv)
	c.maxTokens, errs[2] = readMaxTokens(getenv("MAX_TOKENS"))
	c.metrics, errs[3] = readMetrics(getenv)
	c.uploads, errs[4] = readUploads(getenv("UPLOADS_BUCKET"), getenv("UPLOADS_REGISTERED"))
	c.probes, errs[5] = probe.Wanted(getenv("PROBES"))
	c.origins, errs[6] = readOrigins(getenv("ALLOWED_ORIGINS"))
	c.upstream, errs[7] = readUpstream(getenv)
	c.quota, errs[8] = quota.FromEnvironment(getenv, log)
	c.longest, errs[9] = readLongest(getenv("MAX_DURATION"))
	return c, errors.Join(errs[:]...)
}

func readModel(getenv func(string) string) (model.Model, error) {
	delay, err := readDelay(getenv("MODEL_DELAY"))
	if err != nil {
		return nil, err
	}
	id := getenv("BEDROCK_MODEL_ID")
	if id == "" {
		return echo.Model{Delay: delay}, nil
	}
	aws, err := awsenv.Config()
	if err != nil {
		return nil, fmt.Errorf("BEDROCK_MODEL_ID is set: %w", err)
	}
	return bedrock.New(aws, id), nil
}

func readDelay(value string) (time.Duration, error) {
	if value == "" {
		return 50 * time.Millisecond, nil
	}
	delay, err := time.ParseDuration(value)
	if err != nil || delay < 0 {
		return 0, fmt.Errorf("MODEL_DELAY is %q: want a Go duration of at least 0, such as 20ms", value)
	}
	return delay, nil
}

func readLongest(value string) (time.Duration, error) {
	if value == "" {
		return 0, nil
	}
	longest, err := time.ParseDuration(value)
	if err != nil || longest < time.Second {
		return 0, fmt.Errorf("MAX_DURATION is %q: want a Go duration of at least 1s, such as 5m", value)
	}
	return longest, nil
}

func readMaxTokens(value string) (int, error) {
	if value == "" {
		return openai.DefaultMaxTokens, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("MAX_TOKENS is %q: want a number of at least 1, such as 4096", value)
	}
	return n, nil
}

func readMetrics(getenv func(string) string) (*metrics.Writer, error) {
	value := getenv("METRICS")
	if value == "" {
		onAWS := getenv("AWS_LAMBDA_FUNCTION_NAME") != "" && getenv("STREAMFRONT_LOCAL") != "true"
		value = strconv.FormatBool(onAWS)
	}
	switch value {
	case "true":
		return metrics.NewWriter(os.Stdout), nil
	case "false":
		return nil, nil
	}
	return nil, fmt.Errorf("METRICS is %q: want true or false", value)
}

func readUploads(bucket, registered string) (*uploads.Store, error) {
	if registered != "" && registered != "true" && registered != "false" {
		return nil, fmt.Errorf("UPLOADS_REGISTERED is %q: want true or false", registered)
	}
	if bucket == "" {
		if registered == "true" {
			return nil, errors.New("UPLOADS_REGISTERED is true, and UPLOADS_BUCKET is not set: set it to the bucket that notifies the function")
		}
		return nil, nil
	}
	aws, err := awsenv.Config()
	if err != nil {
		return nil, fmt.Errorf("UPLOADS_BUCKET is set: %w", err)
	}
	store := uploads.New(aws, bucket, openai.MaxFileBytes)
	store.Registers = registered == "true"
	return store, nil
}
