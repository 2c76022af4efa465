//go:build !unix

package main

import (
	"context"
	"os"
)

// awaitUnread returns when ctx ends: on this system a write reports that nobody reads.
func awaitUnread(ctx context.Context, _ *os.File) { <-ctx.Done() }
