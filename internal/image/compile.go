package image

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/fumehood/fumehood/boxes"
)

// hardening holds for every C file of ours: warnings are errors, and what the
// compiler can do against a mistake it does.
var hardening = []string{
	"-std=gnu11", "-O2", "-g0", "-fPIC",
	"-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wformat=2", "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes",
	"-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2", "-fstack-protector-strong", "-fstack-clash-protection",
	"-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack",
}

// home is where a box finds the files that are ours.
const home = "fumehood"

// shim are its sources, but for pid 1.
var shim = []string{"wire.c", "self.c", "maps.c", "guards.c", "huge.c", "fresh.c", "pages.c", "walls.c", "probe.c", "cell.c", "control.c", "descriptors.c", "priority.c", "serve.c"}

// compile builds the libraries and pid 1 against the C library of the image,
// and puts them and the adapters into the tree. The host lends nothing but its
// compiler.
func compile(ctx context.Context, r *Recipe, packages, tree string) error {
	source, err := os.MkdirTemp("", "fumehood-shim-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(source)
	for _, dir := range []string{"shim", r.Name} {
		sub, err := fs.Sub(boxes.Files, dir)
		if err != nil {
			return err
		}
		if err := os.CopyFS(filepath.Join(source, dir), sub); err != nil {
			return err
		}
	}
	into := filepath.Join(tree, home)
	if err := os.MkdirAll(into, 0o755); err != nil {
		return err
	}
	for _, l := range r.Libraries {
		library := []string{"-shared", "-I" + filepath.Join(source, "shim")}
		for _, dir := range l.Include {
			library = append(library, "-isystem", filepath.Join(packages, dir))
		}
		if l.Shim {
			for _, name := range shim {
				library = append(library, filepath.Join(source, "shim", name))
			}
		}
		for _, name := range l.Sources {
			library = append(library, filepath.Join(source, r.Name, name))
		}
		library = append(library, "-o", filepath.Join(into, l.Output))
		if err := cc(ctx, packages, library); err != nil {
			return err
		}
	}
	pid1 := []string{"-static", filepath.Join(source, "shim", "init.c"), "-o", filepath.Join(into, "init")}
	if err := cc(ctx, packages, pid1); err != nil {
		return err
	}
	for _, name := range r.Adapters {
		content, err := fs.ReadFile(boxes.Files, path.Join(r.Name, name))
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(into, name), content, 0o444); err != nil {
			return err
		}
	}
	return nil
}

func cc(ctx context.Context, sysroot string, args []string) error {
	args = append(append([]string{"--sysroot=" + sysroot}, hardening...), args...)
	cmd := exec.CommandContext(ctx, "cc", args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("compile the shim: %w\n%s", err, strings.TrimSpace(said.String()))
	}
	return nil
}
