package s3

import (
	"crypto/rand"
	"sync"

	"github.com/streamfront/streamfront/internal/aws/sigv4"
)

// Keys are the made-up credentials of functions, for one run of the chain. A function has
// the same ones after a reload, so that what it presigned stays good.
type Keys struct {
	mu     sync.RWMutex
	issued map[string]Credentials // by function
}

// Credentials are what Lambda puts into the environment of a function: those of its role.
type Credentials struct {
	AccessKey string
	SecretKey string
	Token     string
}

// Issue returns the credentials of a function.
func (k *Keys) Issue(function string) Credentials {
	k.mu.Lock()
	defer k.mu.Unlock()
	if c, ok := k.issued[function]; ok {
		return c
	}
	if k.issued == nil {
		k.issued = map[string]Credentials{}
	}
	c := Credentials{
		AccessKey: "ASIA" + rand.Text()[:16],
		SecretKey: rand.Text() + rand.Text()[:14],
		Token:     "local-" + rand.Text() + rand.Text(),
	}
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

func (k *Keys) credential(accessKey string) (sigv4.Credential, bool) {
	function := k.holder(accessKey)
	if function == "" {
		return sigv4.Credential{}, false
	}
	c := k.Issue(function)
	return sigv4.Credential{SecretKey: c.SecretKey, Token: c.Token}, true
}
