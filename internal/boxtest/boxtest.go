// Package boxtest lends tests what a real box needs: root, an OCI runtime, a
// built image, directories of their own. Where it cannot, a test is skipped
// with the reason, or fails if FUMEHOOD_REQUIRE names "oci". It is imported by
// tests only.
package boxtest

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/image"
)

// DataDir is where tests keep box images, as the daemon does.
const DataDir = "/var/lib/fumehood"

// Missing skips the test, or fails it where what is missing is required.
func Missing(t testing.TB, what, reason string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("FUMEHOOD_REQUIRE"), ","), what) {
		t.Fatalf("%s is required here and missing: %s", what, reason)
	}
	t.Skipf("%s is missing: %s", what, reason)
}

// Runtime is the path of the OCI runtime that the daemon would use.
func Runtime(t testing.TB) string {
	t.Helper()
	if os.Getuid() != 0 {
		Missing(t, "oci", "boxes need root")
	}
	if path, err := box.FindRuntime(t.Context(), ""); err == nil {
		return path
	}
	path, err := box.FindRuntime(t.Context(), filepath.Join(Root(t), "bin", "runc"))
	if err != nil {
		Missing(t, "oci", err.Error())
	}
	return path
}

// Root is the root of the repository.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.mod above the working directory")
	return ""
}

var (
	mu     sync.Mutex
	images = make(map[string]*image.Image)
)

// Image is an image, built if need be.
func Image(t testing.TB, name string) *image.Image {
	t.Helper()
	mu.Lock()
	defer mu.Unlock()
	if i := images[name]; i != nil {
		return i
	}
	recipe, err := image.LoadRecipe(name)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	i, err := image.Store{Dir: filepath.Join(DataDir, "boxes")}.Build(ctx, recipe, "", io.Discard)
	if err != nil {
		Missing(t, "oci", err.Error())
	}
	images[name] = i
	return i
}

// Kind is the description of a box kind. Its image is built if need be.
func Kind(t testing.TB, kind string) image.Box {
	t.Helper()
	b, _ := find(t, kind)
	return b
}

// Kinds lists every kind of box.
func Kinds(t testing.TB) []string {
	t.Helper()
	var kinds []string
	for _, name := range image.Names {
		for _, b := range Image(t, name).Boxes {
			kinds = append(kinds, b.Kind)
		}
	}
	return kinds
}

func find(t testing.TB, kind string) (image.Box, *image.Image) {
	t.Helper()
	for _, name := range image.Names {
		i := Image(t, name)
		for _, b := range i.Boxes {
			if b.Kind == kind {
				return b, i
			}
		}
	}
	t.Fatalf("no image has a box of kind %q", kind)
	return image.Box{}, nil
}

// Engines is a directory below which the engines of the node boxes are found as
// npm packages, outside of any image.
func Engines(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(Root(t), "bin", "engines")
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		Missing(t, "engines", "there are no packages in bin/engines: run 'make engines'")
	}
	return dir
}

// StateDir is a directory for running boxes, short enough for a socket's path
// and removed when the test ends.
func StateDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/run", "fh-")
	if err != nil {
		Missing(t, "oci", err.Error())
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// Log writes to the test's log, and fails the test at an unexpected error.
func Log(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(logWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

type logWriter struct{ t testing.TB }

func (w logWriter) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "level=ERROR") {
		w.t.Errorf("unexpected: %s", p)
	}
	return len(p), nil
}
