package local

import (
	_ "github.com/aws/smithy-go/aws-http-auth/sigv4"
)
