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
	others map[string]admitted        // by access key
}

type admitted struct {
	Caller
	iam.Credentials
}

// Admit lets a caller that is not a function sign with credentials.
func (k *Keys) Admit(caller Caller, c iam.Credentials) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.others == nil {
		k.others = map[string]admitted{}
	}
	k.others[c.AccessKey] = admitted{caller, c}
}

// caller returns the owner of the access key.
func (k *Keys) caller(accessKey string) Caller {
	if function := k.holder(accessKey); function != "" {
		return Caller{Name: function, Function: function}
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.others[accessKey].Caller
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

// Function returns the function that has the access key, and its credentials.
func (k *Keys) Function(accessKey string) (name string, c iam.Credentials, ok bool) {
	if name = k.holder(accessKey); name == "" {
		return "", c, false
	}
	return name, k.Issue(name), true
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
		k.mu.RLock()
		defer k.mu.RUnlock()
		other, ok := k.others[accessKey]
		return other.Credentials, ok
	}
	return k.Issue(function), true
}
