package image

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// fetch extracts the locked packages, and whatever they depend on, below dir.
// apt has checked Debian's signature; fetch checks the lock's hashes.
func fetch(ctx context.Context, r *Recipe, dir, mirror string) error {
	wanted := make([]string, len(r.lock))
	for i, p := range r.lock {
		wanted[i] = p.name + "=" + p.version
	}
	if err := extract(ctx, r.Suite, dir, mirror, wanted); err != nil {
		return err
	}
	got, err := fetched(dir)
	if err != nil {
		return err
	}
	for _, p := range r.lock {
		i := slices.IndexFunc(got, func(g lockedPackage) bool { return g.name == p.name && g.version == p.version })
		if i < 0 {
			return fmt.Errorf("package %s %s was not fetched", p.name, p.version)
		}
		if got[i].sha256 != p.sha256 {
			return fmt.Errorf("package %s %s has SHA-256 %s, the lock says %s", p.name, p.version, got[i].sha256, p.sha256)
		}
	}
	return nil
}

// extract runs mmdebstrap in the variant which unpacks packages and runs no
// script of theirs.
func extract(ctx context.Context, suite, dir, mirror string, packages []string) error {
	args := []string{
		"--quiet", "--mode=root", "--variant=extract", "--format=directory", "--skip=cleanup/apt",
		"--architectures=" + machines[runtime.GOARCH].debian,
		"--include=" + strings.Join(packages, ","), suite, dir,
	}
	if mirror != "" {
		args = append(args, mirror)
	}
	cmd := exec.CommandContext(ctx, "mmdebstrap", args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("fetch packages with mmdebstrap: %w\n%s", err, explain(said.String()))
	}
	return nil
}

// explain keeps the complaints of apt and mmdebstrap, and adds what to do.
func explain(said string) string {
	var kept []string
	lines := bufio.NewScanner(strings.NewReader(said))
	moved := false
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "E:") || strings.HasPrefix(line, "Err:") {
			kept = append(kept, "  "+line)
		}
		moved = moved || strings.Contains(line, "was not found")
	}
	if moved {
		kept = append(kept, "hint: the mirror no longer has a version that the lock names; give --mirror a snapshot of Debian, or renew the lock with 'fumehood box lock'")
	}
	return strings.Join(kept, "\n")
}

// fetched lists the package files that apt left below dir.
func fetched(dir string) ([]lockedPackage, error) {
	files, err := filepath.Glob(filepath.Join(dir, "var/cache/apt/archives", "*.deb"))
	if err != nil {
		return nil, err
	}
	var got []lockedPackage
	for _, file := range files {
		// NAME_VERSION_ARCHITECTURE.deb, with % escapes in the version.
		words := strings.Split(strings.TrimSuffix(filepath.Base(file), ".deb"), "_")
		if len(words) != 3 {
			return nil, fmt.Errorf("package file %s is not NAME_VERSION_ARCHITECTURE.deb", filepath.Base(file))
		}
		version, err := url.PathUnescape(words[1])
		if err != nil {
			return nil, fmt.Errorf("package file %s: %w", filepath.Base(file), err)
		}
		sum, err := hashFile(file)
		if err != nil {
			return nil, err
		}
		got = append(got, lockedPackage{words[0], version, sum})
	}
	return got, nil
}

func hashFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Lock asks the mirror for the newest versions of an image's Debian packages
// and writes them as a lock file.
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
	packages := slices.Concat(r.Packages, r.BuildPackages)
	if err := extract(ctx, r.Suite, filepath.Join(dir, "packages"), mirror, packages); err != nil {
		return err
	}
	got, err := fetched(filepath.Join(dir, "packages"))
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "# Debian packages of image %s on %s, made by 'fumehood box lock %s': name, version, SHA-256.\n", name, runtime.GOARCH, name)
	for _, p := range got {
		if slices.Contains(packages, p.name) {
			fmt.Fprintf(w, "%s %s %s\n", p.name, p.version, p.sha256)
		}
	}
	return nil
}
