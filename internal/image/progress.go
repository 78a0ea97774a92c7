package image

import (
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"
)

// step is one part of a build.
type step struct {
	name string
	run  func() error
}

// progressEvery is how often a step that takes long says that it goes on.
const progressEvery = 5 * time.Second

// follow runs the steps, saying which one runs, since when, and how much is on
// disk below dir by now.
func follow(steps []step, name, dir string, start time.Time, progress io.Writer) error {
	for n, s := range steps {
		say := func() {
			fmt.Fprintf(progress, "image %s  %d/%d  %5.1fs  %7.1f MiB  %s\n",
				name, n+1, len(steps), time.Since(start).Seconds(), float64(treeBytes(dir))/(1<<20), s.name)
		}
		say()
		done := make(chan error, 1)
		go func() { done <- s.run() }()
		if err := wait(done, say); err != nil {
			return err
		}
	}
	return nil
}

func wait(done <-chan error, say func()) error {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-tick.C:
			say()
		}
	}
}

// treeBytes is the size of the files below dir. What goes away meanwhile does
// not count.
func treeBytes(dir string) int64 {
	var total int64
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		if info, err := entry.Info(); err == nil {
			total += info.Size()
		}
		return nil
	})
	return total
}
