package s3

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// A Store keeps objects as files of a folder of its own. The zero value is empty.
type Store struct {
	Dir string // where that folder is; "": among the temporary ones

	mu      sync.RWMutex
	closed  bool
	dir     string
	objects map[string]object // by bucket and key
}

// An object is what there is of one besides its bytes.
type object struct {
	path     string
	size     int64
	etag     string
	modified time.Time
	header   http.Header
}

// A file is an object that is still coming.
type file struct {
	*os.File
	kept bool
}

func (s *Store) create() (*file, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errors.New("the local chain has been stopped")
	}
	if s.dir == "" {
		dir, err := os.MkdirTemp(s.Dir, "streamfront-s3-")
		if err != nil {
			return nil, err
		}
		s.dir = dir
	}
	f, err := os.CreateTemp(s.dir, "")
	if err != nil {
		return nil, err
	}
	return &file{File: f}, nil
}

// discard removes the file, unless it is kept.
func (f *file) discard() {
	f.Close()
	if !f.kept {
		_ = os.Remove(f.Name())
	}
}

// keep puts the object in place of the one that has the key now. A reader of that one
// reads it to its end.
func (s *Store) keep(bucket, key string, f *file, o object) error {
	if err := f.Close(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("the local chain has been stopped")
	}
	if s.objects == nil {
		s.objects = map[string]object{}
	}
	name := bucket + "/" + key
	if old, ok := s.objects[name]; ok {
		_ = os.Remove(old.path)
	}
	o.path, f.kept = f.Name(), true
	s.objects[name] = o
	return nil
}

// open returns an object and its bytes, nil if there is none.
func (s *Store) open(bucket, key string) (object, *os.File, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	o, ok := s.objects[bucket+"/"+key]
	if !ok {
		return object{}, nil, nil
	}
	f, err := os.Open(o.path)
	return o, f, err
}

// list adds the objects of a bucket to those by their keys.
func (s *Store) list(bucket string, to map[string]object) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for name, o := range s.objects {
		if key, ok := strings.CutPrefix(name, bucket+"/"); ok {
			to[key] = o
		}
	}
}

// Close removes all objects.
func (s *Store) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed, s.objects = true, nil
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}
