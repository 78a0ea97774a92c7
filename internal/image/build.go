package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// Build makes the image of a recipe, unless the store has it already, and
// says on progress what it does. Several builds may run at once, here and in
// other processes: they take turns.
func (s Store) Build(ctx context.Context, r *Recipe, mirror string, progress io.Writer) (*Image, error) {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the image directory: %w", err)
	}
	lock, err := s.takeTurn(ctx)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	if found, err := s.Find(r); !errors.Is(err, ErrNotBuilt) {
		return found, err
	}
	i, err := s.build(ctx, r, mirror, progress)
	if err != nil {
		return nil, fmt.Errorf("build image %s: %w", r.Name, err)
	}
	return i, nil
}

func (s Store) build(ctx context.Context, r *Recipe, mirror string, progress io.Writer) (*Image, error) {
	if err := s.sweep(); err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp(s.Dir, "building-")
	if err != nil {
		return nil, fmt.Errorf("make a build directory: %w", err)
	}
	defer os.RemoveAll(work)
	if err := os.Chmod(work, 0o755); err != nil {
		return nil, err
	}
	i := &Image{
		Name: r.Name, Inputs: r.hash, Environment: r.Environment, Command: r.Command, Boxes: r.Boxes,
		Packages: make(map[string]string), dir: work,
	}
	for _, p := range r.lock {
		if slices.Contains(r.Packages, p.name) {
			i.Packages[p.name] = p.version
		}
	}
	packages, tree := filepath.Join(work, "packages"), filepath.Join(work, "rootfs")
	steps := []step{
		{fmt.Sprintf("fetching %d Debian packages", len(r.lock)), func() error { return fetch(ctx, r, packages, mirror) }},
	}
	if r.NPM {
		steps = append(steps,
			step{"fetching npm packages", func() error { return fetchNPM(ctx, r, packages) }},
			step{"bundling the engines", func() error { return bundle(r, packages, tree) }})
	}
	steps = append(steps,
		step{"picking the interpreter's files", func() error { return pick(r.Keep, packages, tree) }},
		step{"compiling the shim", func() error { return compile(ctx, r, packages, tree) }},
		step{"sealing", i.seal})
	start := time.Now()
	if err := follow(steps, r.Name, work, start, progress); err != nil {
		return nil, err
	}
	i.Built = time.Now().UTC().Truncate(time.Second)
	if err := i.write(); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(packages); err != nil {
		return nil, err
	}
	final := filepath.Join(s.Dir, r.Name, i.Digest[len("sha256:"):][:16])
	if err := os.MkdirAll(filepath.Dir(final), 0o755); err != nil {
		return nil, err
	}
	// The same tree from other inputs: its description is replaced.
	if err := os.RemoveAll(final); err != nil {
		return nil, err
	}
	if err := os.Rename(work, final); err != nil {
		return nil, err
	}
	i.dir = final
	fmt.Fprintf(progress, "image %s  done %5.1fs  %s, %d files, %.1f MiB\n",
		r.Name, time.Since(start).Seconds(), i.Digest[:19], i.Files, float64(i.Size)/(1<<20))
	return i, checkOpen(i.RootFS())
}

// sweep removes what a build that was killed left. The store is locked.
func (s Store) sweep() error {
	left, err := filepath.Glob(filepath.Join(s.Dir, "building-*"))
	if err != nil {
		return err
	}
	for _, dir := range left {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove an abandoned build: %w", err)
		}
	}
	return nil
}

// takeTurn waits for the store's lock, which ends with its holder.
func (s Store) takeTurn(ctx context.Context) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(s.Dir, "lock"), os.O_CREATE|os.O_RDWR|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the image lock: %w", err)
	}
	locked := make(chan error, 1)
	go func() { locked <- unix.Flock(int(f.Fd()), unix.LOCK_EX) }()
	select {
	case err := <-locked:
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("take the image lock: %w", err)
		}
		return f, nil
	case <-ctx.Done():
		go func() { <-locked; f.Close() }()
		return nil, ctx.Err()
	}
}
