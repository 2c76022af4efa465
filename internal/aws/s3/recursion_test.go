package s3

import (
	"testing"

	"github.com/streamfront/streamfront/internal/aws/iam"
)

// A role that may write outside of the notification's keys may do so.
func TestWhatANotificationCovers(t *testing.T) {
	t.Parallel()
	b := &Bucket{BucketName: "my-bucket"}
	allow := func(resources ...string) iam.Statement {
		return iam.Statement{Actions: []string{"s3:Put*"}, Resources: resources}
	}
	for name, test := range map[string]struct {
		prefix, suffix string
		statements     []iam.Statement
		want           bool
	}{
		"all keys":               {"", "", []iam.Statement{allow("arn:aws:s3:::my-bucket/*")}, true},
		"all buckets":            {"", "", []iam.Statement{allow("*")}, true},
		"all keys of all":        {"", "", []iam.Statement{allow("arn:aws:s3:::*")}, true},
		"buckets by a pattern":   {"", "", []iam.Statement{allow("arn:aws:s3:::my-*/out/*")}, true},
		"the same prefix":        {"in/", "", []iam.Statement{allow("arn:aws:s3:::my-bucket/in/done/*")}, true},
		"the same suffix":        {"", ".jpg", []iam.Statement{allow("arn:aws:s3:::my-bucket/*.jpg")}, true},
		"one key":                {"in/", ".jpg", []iam.Statement{allow("arn:aws:s3:::my-bucket/in/a.jpg")}, true},
		"another prefix":         {"in/", "", []iam.Statement{allow("arn:aws:s3:::my-bucket/out/*")}, false},
		"a wider prefix":         {"in/", "", []iam.Statement{allow("arn:aws:s3:::my-bucket/i*")}, false},
		"another suffix":         {"", ".jpg", []iam.Statement{allow("arn:aws:s3:::my-bucket/*.png")}, false},
		"both prefixes":          {"in/", "", []iam.Statement{allow("arn:aws:s3:::my-bucket/in/*", "arn:aws:s3:::my-bucket/out/*")}, false},
		"another bucket":         {"", "", []iam.Statement{allow("arn:aws:s3:::other/*")}, false},
		"the bucket itself":      {"", "", []iam.Statement{allow("arn:aws:s3:::my-bucket")}, false},
		"reading":                {"", "", []iam.Statement{{Actions: []string{"s3:GetObject"}, Resources: []string{"*"}}}, false},
		"what a Deny takes back": {"", "", []iam.Statement{allow("*"), {Deny: true, Actions: []string{"s3:*"}, Resources: []string{"*"}}}, false},
		"all but one bucket":     {"", "", []iam.Statement{{Actions: []string{"*"}, Resources: []string{"arn:aws:s3:::other/*"}, NotResource: true}}, true},
		"no role":                {"", "", nil, false},
	} {
		n := &Notification{Prefix: test.prefix, Suffix: test.suffix, writer: iam.Role{Statements: test.statements}}
		if got := b.circles(n); got != test.want {
			t.Errorf("%s: %v, want %v (keys %q)", name, got, test.want, b.writableKeys(&n.writer))
		}
	}
}
