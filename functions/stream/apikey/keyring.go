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
	fresh   = 4 * time.Minute // keys older than this are read again, behind the request
	old     = 5 * time.Minute // keys older than this are read again before the request
	limit   = time.Hour       // keys older than this are not valid even in an outage
	pause   = 5 * time.Second // between two reads
	timeout = 4 * time.Second // of a read with all its attempts
)

// minLength is the least length of a key in a secret. It does not measure how hard a key is to guess. It
// distinguishes a key from a word, a placeholder, or what a script writes for an unset variable.
const minLength = 16

// A keyring keeps the keys of one secret.
type keyring struct {
	name string
	read func(context.Context) (string, error)
	log  *slog.Logger

	mu      sync.Mutex
	keys    []digest // nil: never read, or withdrawn
	fetched time.Time
	latest  *fetch // the one that runs, or the last
}

// A fetch is one attempt to read the secret. All requests that need it share it.
type fetch struct {
	done  chan struct{}
	ended time.Time
	err   error
}

// remembers reports, without waiting, whether a key is among those that were read lately.
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

// holds returns an error if it cannot know: the key is not among those known, and the secret
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

// known returns no keys that are older than the limit.
func (k *keyring) known() (keys []digest, age time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if age = since(k.fetched); age >= limit {
		return nil, age
	}
	return k.keys, age
}

// fetch starts to read the secret, unless a read is in progress or has just ended.
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
	began := wallTime() // what is withdrawn from here on may still be read
	text, err := k.read(ctx)
	var keys []digest
	if err == nil {
		if keys, err = parse(text); err != nil {
			err = &answerError{err}
		}
	}

	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		k.keys, k.fetched = keys, began
		k.log.Info("API keys read", "from", k.name, "keys", len(keys))
	} else {
		k.failed(err)
	}
	f.err, f.ended = err, wallTime()
	close(f.done)
}

// failed decides whether the keys that were read before stay valid. They do in an outage. They do not if
// the service answered: whoever deletes a secret, or revokes the permission to read it, also means its
// keys.
func (k *keyring) failed(err error) {
	answer := new(answerError)
	had, age := len(k.keys), since(k.fetched)
	if errors.As(err, &answer) || age >= limit {
		k.keys = nil
	}
	switch {
	case had == 0:
		k.log.Error("API keys not read, requests are answered by 503", "from", k.name, "error", err)
	case k.keys != nil:
		k.log.Error("API keys not read, those read before stay valid for now", "from", k.name,
			"age", age.String(), "until", k.fetched.Add(limit).UTC().Format(time.RFC3339), "error", err)
	case age >= limit:
		k.log.Error("API keys not read for too long, those read before are no longer valid and requests are answered by 503",
			"from", k.name, "dropped", had, "age", age.String(), "error", err)
	default:
		k.log.Error("API keys withdrawn: the secret cannot be used any more, and requests are answered by 503",
			"from", k.name, "dropped", had, "age", age.String(), "error", err)
	}
}

// An answerError is an answer of the service that will not change: the secret does not exist, this
// function may not read it, or it has no key. Every other error is an outage.
type answerError struct{ error }

func (e *answerError) Unwrap() error { return e.error }

// wallTime returns the time without the monotonic clock, which may stop while Lambda keeps an execution
// environment frozen between two requests. Keys would then be older than they seem.
func wallTime() time.Time { return time.Now().Round(0) }

func since(t time.Time) time.Duration { return wallTime().Sub(t) }

// parse returns the keys in a secret. Its errors do not quote it.
func parse(text string) ([]digest, error) {
	text = strings.TrimSpace(text)
	var texts []string
	switch {
	case strings.HasPrefix(text, "["):
		if err := json.Unmarshal([]byte(text), &texts); err != nil {
			return nil, errors.New("it starts with [ but is not a JSON array of strings: store one plain key, or several as [\"new\",\"old\"]")
		}
	case strings.HasPrefix(text, "{"):
		var named map[string]string
		if err := json.Unmarshal([]byte(text), &named); err != nil {
			return nil, errors.New("it starts with { but is not a JSON object of strings: store one plain key, or several as {\"current\":\"...\",\"previous\":\"...\"}")
		}
		for name, key := range named {
			if len(named) > 1 && name != "current" && name != "previous" { // a user name would be a key
				return nil, errors.New("it is a JSON object with members other than current and previous: store these two, or a single one under any name")
			}
			texts = append(texts, key)
		}
	case strings.HasPrefix(text, `"`), json.Valid([]byte(text)): // "", null, false, 0
		return nil, errors.New("it is a JSON scalar, such as null or a string in quotes: store one plain key without quotes, or several as [\"new\",\"old\"]")
	default:
		texts = []string{text}
	}
	keys := make([]digest, len(texts))
	for i, key := range texts {
		key = strings.TrimSpace(key) // files end in a line break, bearer tokens do not
		if fault := unfit(key); fault != "" {
			return nil, fmt.Errorf("key %d of %d in it %s", i+1, len(texts), fault)
		}
		keys[i] = sha256.Sum256([]byte(key))
	}
	if len(keys) == 0 {
		return nil, errors.New("there are no keys in it")
	}
	return keys, nil
}

// unfit says why a text cannot be a key; "" if it can. It does not quote it.
func unfit(key string) string {
	switch {
	case key == "":
		return "is empty"
	case strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "has spaces or characters other than ASCII, which no bearer token has"
	case len(key) < minLength:
		return fmt.Sprintf("has %d characters: want %d or more, such as openssl rand -hex 20 makes", len(key), minLength)
	}
	return ""
}
