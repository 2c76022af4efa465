package edge

import "time"

// An Origin is what functions see of the origin that a request goes to.
type Origin struct {
	DomainName        string
	Path              string
	Headers           map[string]string // custom headers, sent with every request
	ReadTimeout       time.Duration
	KeepAliveTimeout  time.Duration
	CompletionTimeout time.Duration // 0: none
	SSLProtocols      []string
}
