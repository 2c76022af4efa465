package uploads

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// An Owner is whose uploads are meant: a hash, so that the bucket has no API keys in it.
type Owner string

// OwnerOf returns the owner for the name of a caller, as package caller has it.
func OwnerOf(caller string) Owner {
	sum := sha256.Sum256([]byte("streamfront uploads\n" + caller))
	return Owner(hex.EncodeToString(sum[:16]))
}

func isOwner(text string) bool { return len(text) == 32 && strings.Trim(text, hexDigits) == "" }

const (
	hexDigits = "0123456789abcdef"
	base32    = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

	// idBegin is how ids begin. The time follows, counted down from endOfTime in milliseconds,
	// so that a list in the order of keys has the newest first.
	idBegin    = "file-"
	timeDigits = 11
	endOfTime  = 1<<(4*timeDigits) - 1 // in the year 2527
	randomText = 26                    // 128 bits, as rand.Text has them
)

func newID(now time.Time) string {
	return fmt.Sprintf("%s%0*x%s", idBegin, timeDigits, endOfTime-now.UnixMilli(), rand.Text())
}

// parseID returns the time that an id was made at, and whether it looks like one of ours.
// Regular expressions would be compiled at every start of the function.
func parseID(id string) (made time.Time, ok bool) {
	text, ok := strings.CutPrefix(id, idBegin)
	if !ok || len(text) != timeDigits+randomText || strings.Trim(text[:timeDigits], hexDigits) != "" || strings.Trim(text[timeDigits:], base32) != "" {
		return made, false
	}
	left, err := strconv.ParseInt(text[:timeDigits], 16, 64)
	return time.UnixMilli(endOfTime - left).UTC(), err == nil
}

func isID(id string) bool {
	_, ok := parseID(id)
	return ok
}

// fileKey is the key of a file.
func fileKey(owner Owner, id string) string { return Prefix + string(owner) + "/" + id }

// parseFileKey reads the key of a file.
func parseFileKey(key string) (owner Owner, id string, ok bool) {
	key, ok = strings.CutPrefix(key, Prefix)
	who, id, _ := strings.Cut(key, "/")
	return Owner(who), id, ok && isOwner(who) && isID(id)
}

// registeredPrefix is how the keys of registrations begin: not as those of files, of which
// Amazon S3 tells the function, since a registration that caused another would never end.
const registeredPrefix = "registered/"

func registeredBy(owner Owner) string { return registeredPrefix + string(owner) + "/" }

// registrationKey has all there is to say of a file. It has some 800 bytes at most, of the
// 1,024 that a key may have. The same file has the same key, however often it is registered.
func registrationKey(owner Owner, id string, f File) string {
	text := base64.RawURLEncoding.EncodeToString
	return registeredBy(owner) + id + "/" + strconv.FormatInt(f.Size, 10) + "/" + text([]byte(f.Type)) + "/" + text([]byte(f.Name))
}

// parseRegistration reads a key of the owner's.
func parseRegistration(owner Owner, key string) (u Upload, ok bool) {
	key, ok = strings.CutPrefix(key, registeredBy(owner))
	parts := strings.Split(key, "/")
	if !ok || len(parts) != 4 {
		return u, false
	}
	made, ok := parseID(parts[0])
	size, err := strconv.ParseInt(parts[1], 10, 64)
	media, err2 := base64.RawURLEncoding.DecodeString(parts[2])
	name, err3 := base64.RawURLEncoding.DecodeString(parts[3])
	return Upload{ID: parts[0], Name: string(name), Type: string(media), Size: size, CreatedAt: made.Unix()},
		ok && err == nil && err2 == nil && err3 == nil
}
