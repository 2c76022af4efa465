package tempdir

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// holderVariable makes the test's program one that makes a folder, prints its path and waits
// to be killed.
const holderVariable = "TEMPDIR_TEST_HOLDER"

func TestMain(m *testing.M) {
	if os.Getenv(holderVariable) != "" {
		dir, err := New()
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(dir.Path)
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// hold starts a program with a folder of its own in the temporary folder of the test.
func startHolder(t *testing.T) (path string, kill func()) {
	t.Helper()
	holder := exec.CommandContext(t.Context(), os.Args[0])
	holder.Env = append(os.Environ(), holderVariable+"=1")
	if _, err := holder.StdinPipe(); err != nil { // open until it is killed
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	line, _, err := bufio.NewReader(out).ReadLine()
	if err != nil {
		t.Fatal(err)
	}
	return string(line), func() {
		_ = holder.Process.Kill()
		_ = holder.Wait()
	}
}

// One program is killed and one lives: the next removes what the dead one left, and nothing
// else.
func TestNewRemovesWhatADeadProgramLeft(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	t.Setenv("TMP", temporary) // Windows
	living, end := startHolder(t)
	defer end()
	dead, kill := startHolder(t)
	for _, file := range []string{filepath.Join(living, "program"), filepath.Join(dead, "program")} {
		if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, other := range []string{"streamfront-test-1", "streamfront-1", "else", prefix + "without-lock-yet"} {
		if err := os.Mkdir(filepath.Join(temporary, other), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	kill()
	dir, err := New()
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	entries, err := os.ReadDir(temporary)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		left = append(left, entry.Name())
	}
	want := []string{"else", filepath.Base(living), filepath.Base(dir.Path), prefix + "without-lock-yet", "streamfront-1", "streamfront-test-1"}
	if slices.Sort(want); !slices.Equal(left, want) {
		t.Errorf("left = %q, want %q: that of the dead program goes and nothing else", left, want)
	}
	if _, err := os.Stat(filepath.Join(living, "program")); err != nil {
		t.Errorf("the folder of a program that lives: %v", err)
	}
	if err := dir.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir.Path); !os.IsNotExist(err) {
		t.Errorf("after Remove: %v", err)
	}
}

func TestAFolderThatNeverGotALock(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	path := filepath.Join(parent, prefix+"1")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	sweep(parent, time.Now())
	if _, err := os.Stat(path); err != nil {
		t.Errorf("a folder that is new: %v, want it left alone", err)
	}
	sweep(parent, time.Now().Add(grace+time.Minute))
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("an old folder: %v, want it gone", err)
	}
	sweep(filepath.Join(parent, "none"), time.Now())
}

// Many start at once: none takes the folder of another for a dead one's.
func TestManyAtOnce(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	t.Setenv("TMP", temporary)
	const programs = 20
	made := make(chan *Dir, programs)
	for range programs {
		go func() {
			dir, err := New()
			if err != nil {
				t.Error(err)
			}
			made <- dir
		}()
	}
	for range programs {
		dir := <-made
		if dir == nil {
			continue
		}
		if _, err := os.Stat(dir.Path); err != nil {
			t.Errorf("a folder in use: %v", err)
		}
		defer func() { _ = dir.Remove() }()
	}
}
