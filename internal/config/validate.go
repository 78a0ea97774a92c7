package config

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/fumehood/fumehood/internal/job"
)

// Validate reports every mistake at once.
func (c *Config) Validate() error {
	var mistakes []error
	for _, check := range []func(*Config) error{
		checkListen, checkReach, checkDirs, checkLogLevel, checkDurations, checkSizes, checkCounts, checkCache, checkFit,
	} {
		mistakes = append(mistakes, check(c))
	}
	return errors.Join(mistakes...)
}

// maxStateDir is what a socket's path, 108 bytes with its end (unix(7)), leaves
// of DIR/daemons/PID-RANDOM/boxes/fumehood-node-typescript-RANDOM/box.sock.
const maxStateDir = 28

func checkDirs(c *Config) error {
	var mistakes []error
	for name, dir := range map[string]string{"data-dir": c.DataDir, "state-dir": c.StateDir} {
		if !filepath.IsAbs(dir) {
			mistakes = append(mistakes, fmt.Errorf("%s: %q is not an absolute path", name, dir))
		}
	}
	if len(c.StateDir) > maxStateDir {
		mistakes = append(mistakes, fmt.Errorf("state-dir: has %d bytes, sockets below it leave room for %d", len(c.StateDir), maxStateDir))
	}
	return errors.Join(mistakes...)
}

func checkLogLevel(c *Config) error {
	var level slog.Level
	if level.UnmarshalText([]byte(c.LogLevel)) != nil {
		return fmt.Errorf("log-level: %q is none of debug, info, warn, error", c.LogLevel)
	}
	return nil
}

func checkDurations(c *Config) error {
	var mistakes []error
	for _, s := range Settings(c) {
		if d, ok := s.Value.(*time.Duration); ok && !(s.Name == "tenant-cpu" && *d == 0) && (*d < time.Millisecond || *d > 24*365*time.Hour) {
			mistakes = append(mistakes, fmt.Errorf("%s: must be from 1ms to a year", s.Name))
		}
	}
	return errors.Join(mistakes...)
}

func checkSizes(c *Config) error {
	var mistakes []error
	for _, s := range Settings(c) {
		if b, ok := s.Value.(*job.Bytes); ok && b != &c.CacheSize && (*b < 1 || *b > 1<<40) {
			mistakes = append(mistakes, fmt.Errorf("%s: must be from 1B to 1024GiB", s.Name))
		}
	}
	for name, b := range map[string]job.Bytes{"source": c.Source, "options": c.Options, "output": c.Output, "diagnostics": c.Diagnostics} {
		if b > 256*job.MiB {
			mistakes = append(mistakes, fmt.Errorf("%s: a frame holds 256MiB at most", name))
		}
	}
	return errors.Join(mistakes...)
}

func checkCounts(c *Config) error {
	var mistakes []error
	for _, n := range []struct {
		name          string
		value, lo, hi int
	}{
		{"connections", c.Connections, 1, 1 << 20}, {"concurrency", c.Concurrency, 1, 256}, {"queue", c.Queue, 0, 1 << 20}, {"tenant-concurrency", c.TenantConcurrency, 0, 256}, {"parked", c.Parked, 1, 128},
		{"parked-min", c.ParkedMin, 1, 128}, {"boxes-per-kind", c.BoxesPerKind, 0, 64},
		{"cells-per-box", c.CellsPerBox, 1, 1 << 40}, {"box-tasks", c.BoxTasks, 1, 1 << 22},
	} {
		if n.value < n.lo || n.value > n.hi {
			mistakes = append(mistakes, fmt.Errorf("%s: must be from %d to %d", n.name, n.lo, n.hi))
		}
	}
	if c.BoxCPUs < 0 || (c.BoxCPUs > 0 && c.BoxCPUs < 0.01) || c.BoxCPUs > 1024 {
		mistakes = append(mistakes, errors.New("box-cpus: must be 0 or from 0.01 to 1024"))
	}
	return errors.Join(mistakes...)
}

// leastCache holds an entry or two of the smallest.
const leastCache = 64 * job.KiB

func checkCache(c *Config) error {
	var mistakes []error
	if c.CacheSize != 0 && (c.CacheSize < leastCache || c.CacheSize > 1<<40) {
		mistakes = append(mistakes, fmt.Errorf("cache-size: must be 0 or from %v to 1024GiB", leastCache))
	}
	if c.CachePartition != PartitionByTenant && c.CachePartition != PartitionShared {
		mistakes = append(mistakes, fmt.Errorf("cache-partition: %q is neither tenant nor shared", c.CachePartition))
	}
	return errors.Join(mistakes...)
}

// checkFit reports settings that are right alone and wrong together.
func checkFit(c *Config) error {
	var mistakes []error
	if c.WriteTimeout < c.BodyTimeout+c.QueueTimeout+c.Wall {
		mistakes = append(mistakes, fmt.Errorf("write-timeout: %v is shorter than body-timeout, queue-timeout and wall together (%v)",
			c.WriteTimeout, c.BodyTimeout+c.QueueTimeout+c.Wall))
	}
	if c.BoxMemory < c.Memory+64*job.MiB {
		mistakes = append(mistakes, errors.New("box-memory: must hold a zygote and one cell: memory and 64MiB more"))
	}
	if c.BoxTasks < c.Slots()+8 {
		mistakes = append(mistakes, fmt.Errorf("box-tasks: must be at least %d, for parked and running cells and their zygote", c.Slots()+8))
	}
	return errors.Join(mistakes...)
}
