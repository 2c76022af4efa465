package local

import (
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/s3"
)

// fill puts the folders of Options.Buckets into the buckets, as they are now: a build may write
// into them while the chain runs.
func (c *Chain) fill(m *aws.Model, dir string) error {
	for _, name := range slices.Sorted(maps.Keys(c.options.Buckets)) {
		i := slices.IndexFunc(m.Buckets, func(b *s3.Bucket) bool { return b.BucketName == name || lambda.Calls(b.Resource, name) })
		if i < 0 {
			return fmt.Errorf("no bucket that a function uses or a distribution asks is called %q (--bucket): those here are %q", name, bucketNames(m))
		}
		copied, err := os.MkdirTemp(dir, "bucket-")
		if err != nil {
			return err
		}
		if err := os.CopyFS(copied, os.DirFS(c.options.Buckets[name])); err != nil {
			return fmt.Errorf("copying the files of the bucket %s (--bucket): %w", name, err)
		}
		b := m.Buckets[i]
		b.Deployments = append(b.Deployments, s3.Deployment{Place: b.Place, Sources: []s3.DeploymentSource{{Path: copied}}})
	}
	return nil
}

func bucketNames(m *aws.Model) []string {
	var names []string
	for _, b := range m.Buckets {
		names = append(names, b.Name)
	}
	return names
}
