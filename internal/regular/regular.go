// Package regular reads regular files and refuses all others. A named pipe in place of a template
// would block its reader forever, and a device may never end.
package regular

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// MaxText is the largest file of text that a cloud assembly or a module is believed to hold.
const MaxText = 64 << 20

// Open opens a regular file, which a link may lead to.
func Open(name string) (*os.File, error) {
	// The open of a pipe waits for who writes to it, unless it is asked not to.
	file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is %s, not a regular file: put a file there", name, kind(info.Mode()))
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// Check says why the file is no regular one.
func Check(name string) error {
	file, err := Open(name)
	if err != nil {
		return err
	}
	return file.Close()
}

// Read reads a regular file that has at most so many bytes.
func Read(name string, most int64) ([]byte, error) {
	file, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%s has more than %d bytes: it cannot be what it should be", name, most)
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "something else (" + mode.String() + ")"
}
