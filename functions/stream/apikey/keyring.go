package apikey

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

const (
	fresh   = 5 * time.Minute  // keys older than this are read again, behind the request
	old     = 10 * time.Minute // keys older than this are read again before the request
	pause   = 5 * time.Second  // between two reads
	timeout = 4 * time.Second  // of a read with all its attempts
)

// A keyring keeps the keys of one secret.
type keyring struct {
	name string
	read func(context.Context) (string, error)
	log  *slog.Logger

	mu      sync.Mutex
	keys    []digest // nil: never read
	fetched time.Time
	latest  *fetch // the one that runs, or the last
}

// A fetch is one reading of the secret, which all requests share that need it.
type fetch struct {
	done  chan struct{}
	ended time.Time
	err   error
}

// remembers says whether a key is among those that were read lately, without waiting.
func (k *keyring) remembers(presented digest) bool {
	keys, age := k.known()
	if keys == nil || age >= old {
		return false
	}
	if age >= fresh {
		k.fetch()
	}
	return contains(keys, presented)
}

// holds returns an error if it cannot tell: the key is not among those known, and the secret
// cannot be read.
func (k *keyring) holds(ctx context.Context, presented digest) (bool, error) {
	if k.remembers(presented) {
		return true, nil
	}
	// There are none, they are old, or this may be a new one.
	f := k.fetch()
	select {
	case <-f.done:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	if keys, _ := k.known(); contains(keys, presented) {
		return true, nil
	}
	return false, f.err
}

func (k *keyring) known() (keys []digest, age time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys, since(k.fetched)
}

// fetch starts to read the secret, unless that is being done or was just now.
func (k *keyring) fetch() *fetch {
	k.mu.Lock()
	defer k.mu.Unlock()
	if f := k.latest; f != nil && (f.ended.IsZero() || since(f.ended) < pause) {
		return f
	}
	f := &fetch{done: make(chan struct{})}
	k.latest = f
	go k.run(f) // not in a request's context: others wait for it, too
	return f
}

func (k *keyring) run(f *fetch) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	text, err := k.read(ctx)
	var keys []digest
	if err == nil {
		keys, err = parse(text)
	}

	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case err == nil:
		k.keys, k.fetched = keys, wallTime()
		k.log.Info("API keys read", "from", k.name, "keys", len(keys))
	case k.keys != nil:
		k.log.Error("API keys not read, those read before stay good", "from", k.name, "age", since(k.fetched).String(), "error", err)
	default:
		k.log.Error("API keys not read, requests are answered by 503", "from", k.name, "error", err)
	}
	f.err, f.ended = err, wallTime()
	close(f.done)
}

// wallTime has no monotonic part, which may stand still while Lambda keeps an execution
// environment frozen between two requests: keys would be older than they look.
func wallTime() time.Time { return time.Now().Round(0) }

func since(t time.Time) time.Duration { return wallTime().Sub(t) }

// parse takes the keys out of a secret. Its errors do not quote it.
func parse(text string) ([]digest, error) {
	text = strings.TrimSpace(text)
	var texts []string
	switch {
	case strings.HasPrefix(text, "["):
		if err := json.Unmarshal([]byte(text), &texts); err != nil {
			return nil, errors.New("it starts with [ and is no JSON array of strings: want one key as it is, or several as [\"new\",\"old\"]")
		}
	case strings.HasPrefix(text, "{"):
		var named map[string]string
		if err := json.Unmarshal([]byte(text), &named); err != nil {
			return nil, errors.New("it starts with { and is no JSON object of strings: want one key as it is, or several as {\"current\":\"...\",\"previous\":\"...\"}")
		}
		for name, key := range named {
			if len(named) > 1 && name != "current" && name != "previous" { // a user name would be a key
				return nil, errors.New("it is a JSON object with other members than current and previous: want these two, or one alone under any name")
			}
			texts = append(texts, key)
		}
	default:
		texts = []string{text}
	}
	keys := make([]digest, len(texts))
	for i, key := range texts {
		if key = strings.TrimSpace(key); key == "" { // files end in a line break, bearer tokens do not
			return nil, fmt.Errorf("key %d of %d in it is empty", i+1, len(texts))
		}
		keys[i] = sha256.Sum256([]byte(key))
	}
	if len(keys) == 0 {
		return nil, errors.New("there are no keys in it")
	}
	return keys, nil
}
