package edge

import "time"

// An Origin is what functions see of the origin that a request goes to.
type Origin struct {
	S3                bool // a bucket; else a custom origin
	Region            string
	AuthMethod        string // of a bucket
	Protocol          string // of a custom origin
	Port              int
	DomainName        string
	Path              string
	Headers           map[string]string // custom headers, sent with every request
	ReadTimeout       time.Duration
	KeepAliveTimeout  time.Duration
	CompletionTimeout time.Duration // 0: none
	SSLProtocols      []string
}
