package image

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// fetch unpacks the locked packages below dir, and nothing else: no dependency,
// no script. The lock's hash is what a file must have, wherever it comes from.
func fetch(ctx context.Context, r *Recipe, dir, mirror string) error {
	work, err := os.MkdirTemp("", "fumehood-fetch-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	a, err := openArchive(ctx, r.Suite, filepath.Join(work, "apt"), mirror)
	if err != nil {
		return err
	}
	names := make([]string, len(r.lock))
	for i, p := range r.lock {
		names[i] = p.name
	}
	newest, err := a.newest(ctx, names)
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for _, p := range r.lock {
		i := slices.IndexFunc(newest, func(l listed) bool { return l.name == p.name })
		if i < 0 {
			return fmt.Errorf("package %s is not in Debian %s", p.name, r.Suite)
		}
		file := filepath.Join(work, p.name+".deb")
		if err := a.download(ctx, newest[i].at(p.version), p.sha256, file); err != nil {
			return fmt.Errorf("fetch package %s %s: %w%s", p.name, p.version, err, hint(r, p, newest[i]))
		}
		if _, err := run(ctx, "dpkg-deb", "--extract", file, dir); err != nil {
			return fmt.Errorf("unpack package %s: %w", p.name, err)
		}
	}
	return nil
}

// hint says what to do about a version that the mirror may have dropped.
func hint(r *Recipe, p lockedPackage, newest listed) string {
	if newest.version == p.version {
		return ""
	}
	return fmt.Sprintf("\nhint: the mirror now has %s; give --mirror one that keeps old packages, or renew the lock: fumehood box lock %s > boxes/%s/packages.%s.lock",
		newest.version, r.Name, r.Name, runtime.GOARCH)
}

// Lock asks the mirror for the newest versions of an image's Debian packages
// and writes them as a lock file. Debian's signature on the index is checked.
func Lock(ctx context.Context, name, mirror string, w io.Writer) error {
	r, err := loadUnlocked(name)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "fumehood-lock-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	a, err := openArchive(ctx, r.Suite, filepath.Join(dir, "apt"), mirror)
	if err != nil {
		return err
	}
	newest, err := a.newest(ctx, slices.Concat(r.Packages, r.BuildPackages))
	if err != nil {
		return err
	}
	slices.SortFunc(newest, func(x, y listed) int { return strings.Compare(x.name, y.name) })
	fmt.Fprintf(w, "# Debian packages of image %s on %s, made by 'fumehood box lock %s': name, version, SHA-256.\n", name, runtime.GOARCH, name)
	for _, p := range newest {
		fmt.Fprintf(w, "%s %s %s\n", p.name, p.version, p.sha256)
	}
	return nil
}
