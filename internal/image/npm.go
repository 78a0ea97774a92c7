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

	"github.com/evanw/esbuild/pkg/api"

	"github.com/fumehood/fumehood/boxes"
)

// npmDir is where npm packages are, below the packages' root and, as far as
// they are kept, in the image.
const npmDir = "npm"

// fetchNPM puts the sources of the image and the packages that its
// package-lock.json names below packages/npm. npm checks the lock's hashes and
// runs no script of any package.
func fetchNPM(ctx context.Context, r *Recipe, packages string) error {
	dir := filepath.Join(packages, npmDir)
	source, err := fs.Sub(boxes.Files, r.Name)
	if err != nil {
		return err
	}
	if err := os.CopyFS(dir, source); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier",
		"--loglevel=error")
	cmd.Dir = dir
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("fetch packages with npm: %w\n%s", err, strings.TrimSpace(said.String()))
	}
	return nil
}

// bundle makes one JavaScript file of each box's entry and all it imports.
// Names are kept: engines dispatch on constructor.name.
func bundle(r *Recipe, packages, tree string) error {
	for _, b := range r.Boxes {
		result := api.Build(api.BuildOptions{
			AbsWorkingDir: filepath.Join(packages, npmDir),
			EntryPoints:   []string{b.Bundle},
			Outfile:       filepath.Join(tree, path.Clean("/"+b.Main)),
			Bundle:        true,
			Platform:      api.PlatformNode,
			Format:        api.FormatCommonJS,
			Target:        api.ESNext,
			KeepNames:     true,
			LegalComments: api.LegalCommentsNone,
			Loader:        map[string]api.Loader{".styl": api.LoaderText, ".css": api.LoaderText},
			LogLevel:      api.LogLevelSilent,
		})
		if len(result.Errors) > 0 {
			said := api.FormatMessages(result.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage})
			return fmt.Errorf("bundle %s: %s", b.Bundle, strings.TrimSpace(strings.Join(said, "")))
		}
		for _, f := range result.OutputFiles {
			text, err := nameOnlyTheRenamed(f.Contents)
			if err != nil {
				return fmt.Errorf("bundle %s: %w", b.Bundle, err)
			}
			if err := os.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(f.Path, text, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
