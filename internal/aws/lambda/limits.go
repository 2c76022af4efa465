package lambda

import (
	"regexp"
	"strings"

	"github.com/streamfront/streamfront/internal/template"
)

// Bounds of every function.
//
// Source: AWS Lambda API Reference, "CreateFunction" (November 2026). Documented.
const (
	maxTimeout     = 900 // seconds
	defaultTimeout = 3
	minMemory      = 128 // MB
	maxMemory      = 10240
	minStorage     = 512 // MB of /tmp
	maxStorage     = 10240
	maxVariables   = 4 << 10 // bytes of all names and values
	maxLayers      = 5
	maxDescription = 256
)

// Forms of names.
//
// Source: AWS Lambda API Reference, "CreateFunction" and "FunctionCode"; AWS Lambda Developer
// Guide, "Create a Lambda function using a container image" (November 2026). Documented.
var (
	functionName = template.Bounded{Regexp: regexp.MustCompile(`^[a-zA-Z0-9_-]+$`), Most: 64}
	handlerName  = template.Bounded{Regexp: regexp.MustCompile(`^\S*$`), Most: 128}
	bucketName   = template.Bounded{Regexp: regexp.MustCompile(`^[0-9A-Za-z._-]{3,}$`), Most: 63}
	imageURI     = regexp.MustCompile(`^\d{12}\.dkr[.-]ecr(-fips)?\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|on\.aws)/\S+$`)
)

// runtimeName is the form of a runtime's name. Which ones there are changes with the years.
//
// Source: AWS Lambda Developer Guide, "Lambda runtimes".
var runtimeName = regexp.MustCompile(`^(nodejs\d*(\.\w+)?|python\d\.\d+|java\d+(\.al2)?|dotnet[a-z]*\d+(\.\d+)?|ruby\d\.\d+|go1\.x|provided(\.al2|\.al2023)?)$`)

// roleARN is the form of the ARN of a role.
var roleARN = regexp.MustCompile(`^arn:aws[a-zA-Z-]*:iam::\d{12}:role/.+$`)

// variableName is the form of a variable's name.
//
// Source: AWS Lambda Developer Guide, "Working with Lambda environment variables".
var variableName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]+$`)

// reserved are the variables that Lambda sets and takes from nobody else.
//
// Source: AWS Lambda Developer Guide, "Defined runtime environment variables".
var reserved = strings.Fields(`_HANDLER _X_AMZN_TRACE_ID AWS_DEFAULT_REGION AWS_REGION AWS_EXECUTION_ENV
	AWS_LAMBDA_FUNCTION_NAME AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_INITIALIZATION_TYPE
	AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME AWS_ACCESS_KEY AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	AWS_SESSION_TOKEN AWS_LAMBDA_RUNTIME_API LAMBDA_TASK_ROOT LAMBDA_RUNTIME_DIR AWS_LAMBDA_MAX_CONCURRENCY
	AWS_LAMBDA_METADATA_API AWS_LAMBDA_METADATA_TOKEN`)
