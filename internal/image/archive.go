package image

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
)

// archive is Debian as apt sees it: an index, signed, of each package's newest
// version, and a pool of files that still has older versions months after the
// index has dropped them.
type archive struct {
	// root is where apt keeps the index and its settings.
	root string
}

// openArchive fetches the index of a suite to the new directory root. An empty
// mirror is mmdebstrap's own choice.
func openArchive(ctx context.Context, suite, root, mirror string) (*archive, error) {
	args := []string{
		"--quiet", "--mode=root", "--variant=custom", "--format=directory", "--skip=cleanup/apt",
		"--architectures=" + machines[runtime.GOARCH].debian, suite, root,
	}
	if mirror != "" {
		args = append(args, mirror)
	}
	if _, err := run(ctx, "mmdebstrap", args...); err != nil {
		return nil, fmt.Errorf("fetch the index of Debian %s: %w", suite, err)
	}
	return &archive{root: root}, nil
}

// listed is a package file that the index names.
type listed struct {
	lockedPackage
	// uri is where the pool has it.
	uri string
}

// newest looks packages up in the index.
func (a *archive) newest(ctx context.Context, names []string) ([]listed, error) {
	args := append([]string{
		"-o", "Dir=" + a.root, "-o", "Dir::State::status=" + filepath.Join(a.root, "var/lib/dpkg/status"),
		"-o", "APT::Architecture=" + machines[runtime.GOARCH].debian, "download", "--print-uris",
	}, names...)
	said, err := run(ctx, "apt-get", args...)
	if err != nil {
		return nil, fmt.Errorf("look packages up: %w", err)
	}
	var found []listed
	for lines := bufio.NewScanner(bytes.NewReader(said)); lines.Scan(); {
		// 'URI' NAME_VERSION_ARCHITECTURE.deb BYTES SHA256:HASH
		words := strings.Fields(lines.Text())
		if len(words) != 4 || !strings.HasPrefix(words[0], "'") {
			continue
		}
		name, rest, _ := strings.Cut(words[1], "_")
		version, _, _ := strings.Cut(rest, "_")
		if version, err = url.PathUnescape(version); err != nil {
			return nil, fmt.Errorf("package file %s: %w", words[1], err)
		}
		found = append(found, listed{
			lockedPackage{name, version, strings.TrimPrefix(words[3], "SHA256:")}, strings.Trim(words[0], "'"),
		})
	}
	return found, nil
}

// at is where the pool has another version of a package: beside the newest,
// under a name without the epoch
// (https://www.debian.org/doc/debian-policy/ch-controlfields.html#version).
func (l listed) at(version string) string {
	if _, plain, found := strings.Cut(version, ":"); found {
		version = plain
	}
	dir, file := path.Split(l.uri)
	architecture := file[strings.LastIndexByte(file, '_'):]
	return dir + l.name + "_" + url.QueryEscape(version) + architecture
}

// download fetches one file, by apt's own settings, and checks its SHA-256.
func (a *archive) download(ctx context.Context, uri, sha256, file string) error {
	_, err := run(ctx, "/usr/lib/apt/apt-helper", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3",
		"download-file", uri, file, "SHA256:"+sha256)
	return err
}

// run runs a program and returns what it printed; an error has its complaints.
func run(ctx context.Context, program string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(cmd.Environ(), "LC_ALL=C")
	var said, complained bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &complained
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", filepath.Base(program), err, complaints(complained.String()))
	}
	return said.Bytes(), nil
}

// complaints keeps the errors of apt and of what calls it.
func complaints(said string) string {
	var kept []string
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "E:") || strings.HasPrefix(line, "Err:") || strings.Contains(line, "rror") {
			kept = append(kept, "  "+line)
		}
	}
	return strings.Join(kept, "\n")
}
