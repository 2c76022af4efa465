// Package settled is the file in which 'streamfront smoke --record' keeps which assumptions of the
// local chain an endpoint on AWS confirmed or refuted, and which the chain then follows. It
// contains nothing that identifies the endpoint: no hosts, no credentials, no account.
package settled

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// version is that of the form of the file.
const version = 1

// ID names an assumption. It never changes its meaning.
type ID string

// The assumptions that an endpoint can settle; smoke's table has what they say.
const (
	HashNeeded       ID = "hash-needed"
	RefusalWords     ID = "refusal-words"
	ChallengeRenamed ID = "challenge-renamed"
	BytesKept        ID = "bytes-kept"
	ServerRenamed    ID = "server-renamed"
	DateRenamed      ID = "date-renamed"
	EncodingRemoved  ID = "encoding-removed"
	ErrorsNotKept    ID = "errors-not-kept"
	GeneratedXCache  ID = "generated-x-cache"
	DeleteHidden     ID = "delete-body-hidden"
	SignatureWindow  ID = "signature-window"
	PathsKept        ID = "paths-kept"
	PlusIsSpace      ID = "plus-is-space"
	Base64Counts     ID = "base64-counts"
	BodyAloneCounts  ID = "body-alone-counts"
	UnsignedWords    ID = "unsigned-words"
	TooLargeWords    ID = "too-large-words"
	CrashCuts        ID = "crash-cuts"
	ReportedEnds     ID = "reported-error-ends"
	NoLineBreaks     ID = "no-line-breaks"
	EdgeMebibyte     ID = "edge-mebibyte"
	QueryEncoded     ID = "encoded-query-arrives"
	RawQueryRefused  ID = "raw-query-refused"
	EmptyEnds        ID = "empty-stream-ends"
)

// otherwise is what the chain does of each assumption once it is refuted; "" where it goes on as
// it does, for the reason in unfollowed.
var otherwise = map[ID]string{
	HashNeeded:       "",
	RefusalWords:     "such a body is refused by the recorded error",
	ChallengeRenamed: "WWW-Authenticate keeps its name",
	BytesKept:        "a compressed body of a type of text arrives as text, with U+FFFD for what is none",
	ServerRenamed:    "the application's own Server and Content-Length keep their names",
	DateRenamed:      "the application's own Date keeps its name",
	EncodingRemoved:  "Content-Encoding stays on streams",
	ErrorsNotKept:    "errors are kept for ten seconds, or as configured, where caching is disabled",
	GeneratedXCache:  "X-Cache of the signer's own answer is as recorded",
	DeleteHidden:     "bodies of DELETE are shown to Lambda@Edge",
	SignatureWindow:  "the date of a signature may be as far off as recorded",
	PathsKept:        "",
	PlusIsSpace:      "a plus in a query is signed as a plus, and the function URL refuses that",
	Base64Counts:     "a binary body counts against 6 MiB by its bytes",
	BodyAloneCounts:  "the whole event counts against 6 MiB",
	UnsignedWords:    "",
	TooLargeWords:    "",
	CrashCuts:        "a stream whose process crashed ends as if it were complete",
	ReportedEnds:     "a stream whose error the function reported is cut",
	NoLineBreaks:     "",
	EdgeMebibyte:     "Lambda@Edge sees 1,000,000 bytes of a body",
	QueryEncoded:     "",
	RawQueryRefused:  "raw brackets and $ in a query pass the function URL",
	EmptyEnds:        "a streamed answer without a body hangs",
}

// unfollowed are why the chain has no second way for an assumption, and never will.
var unfollowed = map[ID]string{
	HashNeeded:    "that a right hash is refused does not say what AWS signs instead, and no endpoint of this kind would work",
	PathsKept:     "what AWS makes of a path may be anything; the record says only that it is not this",
	UnsignedWords: "these are words for people, and nothing should read them",
	TooLargeWords: "these are words for people, and nothing should read them",
	NoLineBreaks:  "what is seen is a refused hash, of which line breaks are one reason among others; our signer passes over them",
	QueryEncoded:  "what AWS makes of such a query may be anything; the record says only that it is not this",
}

// Otherwise says what the chain does of an assumption once it is refuted, or "".
func Otherwise(id ID) string { return otherwise[id] }

// Unfollowed says why the chain does the same of an assumption that is refuted, or "".
func Unfollowed(id ID) string { return unfollowed[id] }

// A form is what the value of a refuted assumption looks like. None may name a host.
type form struct {
	matches  func(string) bool
	want     string
	required bool // else an endpoint may have shown no value of the form, and nothing is followed
}

var forms = map[ID]form{
	SignatureWindow: {isDuration, "a duration such as 15m0s", true},
	RefusalWords:    {short(`^[A-Z][A-Za-z]+$`), "the name of an error such as SignatureDoesNotMatch", false},
	GeneratedXCache: {short(`^[A-Z][A-Za-z]+ from cloudfront$`), "an X-Cache such as \"Error from cloudfront\"", false},
}

func short(pattern string) func(string) bool {
	form := regexp.MustCompile(pattern)
	return func(text string) bool { return len(text) <= 64 && form.MatchString(text) }
}

func isDuration(text string) bool {
	d, err := time.ParseDuration(text)
	return err == nil && d > 0
}

// Value is the text, if it is one that a refuted assumption may have for its value; else "".
func Value(id ID, text string) string {
	if f, ok := forms[id]; ok && f.matches(text) {
		return text
	}
	return ""
}

// IDs are all assumptions that there are, in order.
func IDs() []ID {
	var ids []ID
	for id := range otherwise {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// State is what an endpoint said of an assumption.
type State string

const (
	// Confirmed means that AWS does what the chain assumes.
	Confirmed State = "confirmed"
	// Refuted means that AWS does otherwise.
	Refuted State = "refuted"
)

// A Fact is an assumption that an endpoint settled.
type Fact struct {
	ID    ID     `json:"id"`
	Says  string `json:"says"` // the assumption, for people
	State State  `json:"state"`
	// Value is what AWS has in place of what was assumed, where that is a value, such as the
	// duration of a SignatureWindow.
	Value string `json:"value,omitempty"`
}

// Facts are what a file has. A nil *Facts has none.
type Facts struct {
	Version int    `json:"version"`
	By      string `json:"by"` // the streamfront that recorded
	On      string `json:"on"` // the day, such as 2026-11-28
	Failed  int    `json:"failed"`
	// Facts are ordered by ID.
	Facts []Fact `json:"facts"`
}

// New makes the facts of a run, of which so many rows failed.
func New(by string, on time.Time, failed int, facts []Fact) *Facts {
	facts = slices.Clone(facts)
	slices.SortFunc(facts, func(a, b Fact) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return &Facts{Version: version, By: by, On: on.UTC().Format(time.DateOnly), Failed: failed, Facts: facts}
}

// Write writes the file, whole or not at all.
func (f *Facts) Write(name string) error {
	if len(f.Facts) == 0 {
		return fmt.Errorf("nothing was settled, so that %s is not written", name)
	}
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(append(text, '\n'))
	err = errors.Join(err, temporary.Chmod(0o644), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}

// Read reads a file, and refuses what this version does not understand all of.
func Read(name string) (*Facts, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	f, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s %w", name, err)
	}
	return f, nil
}

const recordAgain = "record it again by 'streamfront smoke --record'"

// parse returns errors that follow the name of the file.
func parse(text []byte) (*Facts, error) {
	var head struct{ Version *int }
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("is not a file of 'streamfront smoke --record': %w", err)
	}
	switch {
	case head.Version == nil:
		return nil, errors.New("has no version: is it a file of 'streamfront smoke --record'?")
	case *head.Version > version:
		return nil, fmt.Errorf("has version %d, and this streamfront reads version %d: take a newer streamfront, or "+recordAgain, *head.Version, version)
	case *head.Version < version:
		return nil, fmt.Errorf("has version %d, and this streamfront reads version %d: "+recordAgain, *head.Version, version)
	}
	f := &Facts{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(f); err != nil {
		return nil, fmt.Errorf("is not a file of 'streamfront smoke --record': %w", err)
	}
	seen := map[ID]bool{}
	for _, fact := range f.Facts {
		if err := fact.check(); err != nil {
			return nil, err
		}
		if seen[fact.ID] {
			return nil, fmt.Errorf("has the fact %q twice: remove one", fact.ID)
		}
		seen[fact.ID] = true
	}
	return f, nil
}

func (f *Fact) check() error {
	if _, known := otherwise[f.ID]; !known {
		return fmt.Errorf("has the fact %q, which this streamfront does not know: take the streamfront that recorded it, or remove the fact", f.ID)
	}
	if f.State != Confirmed && f.State != Refuted {
		return fmt.Errorf("has the fact %q with the state %q: want confirmed or refuted", f.ID, f.State)
	}
	form, valued := forms[f.ID]
	if valued = valued && f.State == Refuted; valued && (form.required || f.Value != "") && !form.matches(f.Value) {
		return fmt.Errorf("has the fact %q with the value %q: want %s", f.ID, f.Value, form.want)
	}
	if !valued && f.Value != "" {
		return fmt.Errorf("has the fact %q with the value %q, and it has none: remove it", f.ID, f.Value)
	}
	return nil
}

// Refuted says whether AWS does otherwise than the chain assumes.
func (f *Facts) Refuted(id ID) bool {
	return f != nil && slices.ContainsFunc(f.Facts, func(fact Fact) bool { return fact.ID == id && fact.State == Refuted })
}

// Value is what AWS has in place of what was assumed, "" if that was not refuted or has no value.
func (f *Facts) Value(id ID) string {
	if f == nil {
		return ""
	}
	for _, fact := range f.Facts {
		if fact.ID == id && fact.State == Refuted {
			return fact.Value
		}
	}
	return ""
}

// Window is how far the date of a signature may be off, 0 if that was not settled.
func (f *Facts) Window() time.Duration {
	window, _ := time.ParseDuration(f.Value(SignatureWindow)) // checked when it was read
	return window
}

// Notes say what the chain does otherwise, and what it does not though it should.
func (f *Facts) Notes() (notes []string) {
	if f == nil {
		return nil
	}
	if f.Failed > 0 {
		notes = append(notes, fmt.Sprintf("settled on %s by an endpoint of which %d rows failed: what it says may be of its faults", f.On, f.Failed))
	}
	for _, fact := range f.Facts {
		if fact.State != Refuted {
			continue
		}
		if _, valued := forms[fact.ID]; otherwise[fact.ID] != "" && (!valued || fact.Value != "") {
			does := otherwise[fact.ID]
			notes = append(notes, fmt.Sprintf("settled on %s: %s", f.On, does))
		} else {
			notes = append(notes, fmt.Sprintf("settled on %s, and not followed here: it is not so that %s", f.On, fact.Says))
		}
	}
	return notes
}
