//go:build unix

package main

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// awaitUnread returns when nobody reads the pipe any more that file writes to, or when ctx
// ends. A write would report it as well, but in a run without requests there is none.
func awaitUnread(ctx context.Context, file *os.File) {
	info, err := file.Stat()
	if err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		<-ctx.Done()
		return
	}
	const glance = 200 * time.Millisecond // until ctx is looked at again
	for ctx.Err() == nil {
		fds := []unix.PollFd{{Fd: int32(file.Fd())}}
		n, err := unix.Poll(fds, int(glance.Milliseconds()))
		switch {
		case err != nil && !errors.Is(err, unix.EINTR):
			<-ctx.Done()
			return
		case n > 0 && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0:
			return
		}
	}
}
