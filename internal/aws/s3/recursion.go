package s3

import (
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/iam/roles"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// created are the events of a new object.
var created = []string{"s3:ObjectCreated:Put", "s3:ObjectCreated:Post", "s3:ObjectCreated:Copy", "s3:ObjectCreated:CompleteMultipartUpload"}

// readWriter reads what the function of the notification may do with objects. Nobody looks for it
// if the template says that the function may run in a recursive loop.
func (n *Notification) readWriter(a *assembly.Assembly) {
	quiet := &template.Log{} // those who run the function tell
	function, _ := lambda.SplitARN(n.Function.V)
	for _, res := range template.Each(a, "AWS::Lambda::Function", quiet) {
		if arn, err := res.Attribute("Arn"); err == nil && arn == function && res.RawProperties()["RecursiveLoop"] != "Allow" {
			n.writer = roles.Read(a, res, res.RawProperties()["Role"], quiet)
		}
	}
}

// recursiveNotification finds a function that cannot write to the bucket without being invoked
// again: the notification covers every key that its role may write. A role that may write other
// keys, too, says nothing of which it writes. Nor does one where pages upload to the bucket: they
// do so by URLs that the function presigns, for which its role needs the right.
func recursiveNotification(b *Bucket, r *template.Report) {
	if b.takesUploads() {
		return
	}
	for _, n := range b.Notifications {
		if n.createdObjects() && b.circles(&n) {
			r.Warn(n.Place, "invokes %s for every object that its role may write to %s (%s): a function that writes there invokes itself again and again",
				n.Function.V, b.Name, strings.Join(b.writableKeys(&n.writer), ", "))
		}
	}
}

// circles reports whether the function may write to the bucket, and hears of all that it may
// write.
func (b *Bucket) circles(n *Notification) bool {
	keys := b.writableKeys(&n.writer)
	return len(keys) > 0 && !slices.ContainsFunc(keys, func(pattern string) bool { return !n.covers(pattern) })
}

func (b *Bucket) takesUploads() bool {
	return slices.ContainsFunc(b.CORS, func(rule CORSRule) bool {
		return slices.ContainsFunc(rule.Methods.Items, func(m template.Text) bool { return m.V == "PUT" || m.V == "POST" })
	})
}

func (n *Notification) createdObjects() bool {
	return slices.ContainsFunc(n.Events.Items, func(event template.Text) bool {
		return event.Known() && slices.ContainsFunc(created, func(name string) bool { return wildcard.Match(event.V, name) })
	})
}

// writableKeys are the patterns of the keys that a role may write in the bucket.
func (b *Bucket) writableKeys(role *iam.Role) []string {
	var keys []string
	for _, s := range role.Statements {
		resources := s.Resources
		if s.NotResource {
			resources = []string{"*"} // and nearly so
		}
		for _, resource := range resources {
			bucket, key, ok := strings.Cut(strings.TrimPrefix(resource, "arn:aws:s3:::"), "/")
			if !ok && strings.HasSuffix(bucket, "*") {
				key = "*"
			}
			sample := strings.NewReplacer("*", "x", "?", "x").Replace(key)
			if key != "" && !s.Deny && wildcard.Match(bucket, b.BucketName) && iam.Evaluate([]iam.Statement{s}, "s3:PutObject", b.ARN(sample)) == iam.Allow &&
				role.Allows("s3:PutObject", b.ARN(sample)) && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// covers reports whether the function hears of every key of a pattern.
func (n *Notification) covers(pattern string) bool {
	first, last := pattern, pattern
	if i := strings.IndexAny(pattern, "*?"); i >= 0 {
		first, last = pattern[:i], pattern[strings.LastIndexAny(pattern, "*?")+1:]
	}
	return strings.HasPrefix(first, n.Prefix) && strings.HasSuffix(last, n.Suffix)
}
