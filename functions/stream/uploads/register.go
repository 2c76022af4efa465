package uploads

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// Register registers the file that Amazon S3 tells of, for [Store.List]. To register a file
// again changes nothing, since events may come twice; nor does their order matter. A record of
// anything but a file, such as a registration, is logged and passed over, so that a notification
// that is not kept to [Prefix] does not go round in a circle.
//
// The function's role needs s3:GetObject on uploads/*, and s3:PutObject on registered/*.
func (s *Store) Register(ctx context.Context, record *events.S3EventRecord) error {
	bucket, key := record.S3.Bucket.Name, record.S3.Object.URLDecodedKey
	if bucket != s.bucket {
		return fmt.Errorf("uploads: the event is of the bucket %q, and UPLOADS_BUCKET is %q: remove the notification of the other one", bucket, s.bucket)
	}
	owner, id, ok := parseFileKey(key)
	if !ok || !strings.HasPrefix(record.EventName, "ObjectCreated:") {
		slog.WarnContext(ctx, "event is not of an upload", "event", record.EventName, "key", key)
		return nil
	}
	// The event has neither the name nor the type.
	response, err := s.send(ctx, http.MethodHead, fileKey(owner, id))
	if err != nil {
		return fmt.Errorf("uploads: %s: %w", id, err)
	}
	response.Body.Close()
	file, err := s.describe(response)
	if err != nil {
		return fmt.Errorf("uploads: %s: %w", id, err)
	}
	response, err = s.send(ctx, http.MethodPut, registrationKey(owner, id, file))
	if err != nil {
		return fmt.Errorf("uploads: registration of %s: %w", id, err)
	}
	response.Body.Close()
	return nil
}

// An Upload is a file that has come.
type Upload struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Type      string `json:"type"`
	Size      int64  `json:"size"`
	CreatedAt int64  `json:"created_at"` // when its ticket was made, in seconds since 1970
}

// maxListed is how many uploads one page may have.
const maxListed = 100

// List returns uploads of the owner, the newest first: as many as the limit says at most, and
// those after the one with an id unless that is empty. It reports whether there are more.
//
// The function's role needs s3:ListBucket, at least where s3:prefix begins with registered/.
func (s *Store) List(ctx context.Context, owner Owner, after string, limit int) (uploads []Upload, more bool, err error) {
	prefix := registeredBy(owner)
	query := url.Values{"list-type": {"2"}, "prefix": {prefix}, "max-keys": {strconv.Itoa(limit)}}
	if after != "" {
		query.Set("start-after", prefix+after+"0") // "0" comes after the "/" that ends an id
	}
	response, err := s.send(ctx, http.MethodGet, "?"+query.Encode())
	if err != nil {
		return nil, false, fmt.Errorf("uploads: list: %w", err)
	}
	defer response.Body.Close()
	var result struct {
		IsTruncated bool
		Contents    []struct{ Key string }
	}
	if err := xml.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&result); err != nil {
		return nil, false, fmt.Errorf("uploads: list: %w", err)
	}
	for _, object := range result.Contents {
		upload, ok := parseRegistration(owner, object.Key)
		if !ok {
			slog.WarnContext(ctx, "object is not a registration", "key", object.Key)
			continue
		}
		uploads = append(uploads, upload)
	}
	return uploads, result.IsTruncated, nil
}
