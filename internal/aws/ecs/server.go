package ecs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"

	"github.com/streamfront/streamfront/internal/procgroup"
)

// Health is how a task is asked whether it is well.
type Health struct {
	Path string
	Well func(status int) bool
}

// Config says how a task runs.
type Config struct {
	Name        string
	Command     []string
	Dir         string
	Environment map[string]string
	Port        string // that the program listens on
	Health      Health
	Start       time.Duration // how long it may take until it is well
	Stop        time.Duration // between SIGTERM and SIGKILL
	Log         io.WriteCloser
}

const (
	pollInterval = 20 * time.Millisecond
	firstPause   = 500 * time.Millisecond // before a task that ended is started again
	longestPause = 30 * time.Second
	answerTime   = 5 * time.Second // for one health check; AWS's default
)

// A Server is the task of a service: one, whatever the count that is asked for. A task that
// ends is started again, as a service does.
type Server struct {
	config Config
	ctx    context.Context
	stop   context.CancelFunc
	gone   chan struct{} // closed when the last process has ended
	ended  chan error    // gets how the first process ended, if it did

	mu      sync.Mutex
	running bool
}

// Start starts the task and returns when it is well.
func Start(ctx context.Context, c Config) (*Server, error) {
	s := &Server{config: c, gone: make(chan struct{}), ended: make(chan error, 1)}
	s.ctx, s.stop = context.WithCancel(context.Background())
	go s.run()
	if err := s.await(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("the task of %s is not well: %w", c.Name, err)
	}
	return s, nil
}

// Address is where the task is asked; "" while none runs.
func (s *Server) Address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.running {
		return ""
	}
	return net.JoinHostPort("127.0.0.1", s.config.Port)
}

// Close ends the task, and returns when it is gone.
func (s *Server) Close() {
	s.stop()
	<-s.gone
}

// run keeps a process running.
func (s *Server) run() {
	defer close(s.gone)
	defer func() { _ = s.config.Log.Close() }()
	pause := firstPause
	for {
		began := time.Now()
		err := s.once()
		if s.ctx.Err() != nil {
			return
		}
		select {
		case s.ended <- err:
		default:
		}
		if time.Since(began) > longestPause {
			pause = firstPause
		}
		_, _ = fmt.Fprintf(s.config.Log, "the task of %s has ended (%v): another one starts in %s\n", s.config.Name, err, pause)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-s.ctx.Done():
			timer.Stop()
			return
		}
		pause = min(2*pause, longestPause)
	}
}

// once runs a process to its end.
func (s *Server) once() error {
	c := exec.Command(s.config.Command[0], s.config.Command[1:]...)
	c.Dir = s.config.Dir
	c.Stdout, c.Stderr = s.config.Log, s.config.Log // the same, so that one goroutine writes
	c.WaitDelay = time.Second
	for _, name := range slices.Sorted(maps.Keys(s.config.Environment)) {
		c.Env = append(c.Env, name+"="+s.config.Environment[name])
	}
	procgroup.Own(c)
	if err := c.Start(); err != nil {
		return err
	}
	s.set(true)
	defer s.set(false)
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	var err error
	select {
	case err = <-done:
	case <-s.ctx.Done():
		procgroup.Terminate(c)
		timer := time.NewTimer(s.config.Stop)
		defer timer.Stop()
		select {
		case err = <-done:
		case <-timer.C:
			procgroup.Kill(c)
			err = <-done
		}
	}
	procgroup.Kill(c) // what it started and left behind
	if err == nil {
		err = errors.New("exit status 0")
	}
	return err
}

func (s *Server) set(running bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = running
}

// await waits until the task is well.
func (s *Server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Start)
	defer cancel()
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		Timeout:       answerTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	var last error
	for {
		if address := s.Address(); address != "" {
			err := s.check(ctx, client, address)
			if err == nil {
				return nil
			}
			if ctx.Err() == nil {
				last = err
			}
		}
		select {
		case err := <-s.ended:
			return fmt.Errorf("its program %q has ended: %w", s.config.Command, err)
		case <-ticker.C:
		case <-ctx.Done():
			if last == nil {
				last = ctx.Err()
			}
			return fmt.Errorf("%w; it has to listen on the port that PORT names, %s here, and answer its health check", last, s.config.Port)
		}
	}
}

// check asks once.
func (s *Server) check(ctx context.Context, client *http.Client, address string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+s.config.Health.Path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("User-Agent", "ELB-HealthChecker/2.0")
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	if !s.config.Health.Well(resp.StatusCode) {
		return fmt.Errorf("its health check %s answers %d", s.config.Health.Path, resp.StatusCode)
	}
	return nil
}

// Variables are what every task has in its environment besides its own: of this machine PATH
// alone.
//
// Source: Amazon Elastic Container Service Developer Guide, "Amazon ECS task definition
// parameters", environment; AWS_REGION and AWS_EXECUTION_ENV as the agent sets them (field
// reports).
func Variables(region string) map[string]string {
	return map[string]string{
		"PATH": os.Getenv("PATH"), "AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
	}
}
