package s3

import (
	"sync"

	"github.com/streamfront/streamfront/internal/aws/iam"
)

// Keys are the made-up credentials of functions, for one run of the chain. A function has
// the same ones after a reload, so that what it presigned stays good.
type Keys struct {
	mu     sync.RWMutex
	issued map[string]iam.Credentials // by function
}

// Issue returns the credentials of a function: those of its role, which Lambda puts into its
// environment.
func (k *Keys) Issue(function string) iam.Credentials {
	k.mu.Lock()
	defer k.mu.Unlock()
	if c, ok := k.issued[function]; ok {
		return c
	}
	if k.issued == nil {
		k.issued = map[string]iam.Credentials{}
	}
	c := iam.NewCredentials()
	k.issued[function] = c
	return c
}

// holder returns the function that has the access key.
func (k *Keys) holder(accessKey string) string {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for function, c := range k.issued {
		if c.AccessKey == accessKey {
			return function
		}
	}
	return ""
}

func (k *Keys) credentials(accessKey string) (iam.Credentials, bool) {
	function := k.holder(accessKey)
	if function == "" {
		return iam.Credentials{}, false
	}
	return k.Issue(function), true
}
