package config

import (
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/peterbourgon/ff/v3"
	"github.com/peterbourgon/ff/v3/ffyaml"

	"github.com/fumehood/fumehood/internal/job"
)

// Setting is one field of a Config by its name, which is the flag's; with _
// for - it is the key in a file, and in capitals behind FUMEHOOD_ the
// environment's.
type Setting struct {
	Name, Help string
	// Value points into the Config: *string, *bool, *int, *float64,
	// *time.Duration or *job.Bytes.
	Value any
}

// Settings lists every field of c.
func Settings(c *Config) []Setting {
	return []Setting{
		{"listen", "address to serve HTTP on", &c.Listen},
		{"admin-listen", "address to serve metrics, health and boxes on (default: none)", &c.AdminListen},
		{"tokens", "file of the tokens that callers need (default: nobody needs one)", &c.Tokens},
		{"insecure-no-auth", "listen on more than loopback without tokens", &c.InsecureNoAuth},
		{"data-dir", "directory of box images", &c.DataDir},
		{"state-dir", "directory of running boxes", &c.StateDir},
		{"runtime", "OCI runtime to use (default: the pinned runc, or a newer one of the host)", &c.Runtime},
		{"log-level", "debug, info, warn or error", &c.LogLevel},
		{"wall", "time that one compile may take", &c.Wall},
		{"cpu", "processor time that one compile may use, in whole seconds", &c.CPU},
		{"memory", "memory that one compile may map beyond its zygote's", &c.Memory},
		{"source", "longest source", &c.Source},
		{"options", "longest options, and longest locals, as JSON", &c.Options},
		{"output", "longest output", &c.Output},
		{"diagnostics", "longest diagnostics of one compile", &c.Diagnostics},
		{"headers", "longest head of an HTTP request", &c.Headers},
		{"read-header-timeout", "time in which a request's head must arrive", &c.ReadHeaderTimeout},
		{"body-timeout", "time in which a request must arrive whole", &c.BodyTimeout},
		{"write-timeout", "time that a whole exchange may take", &c.WriteTimeout},
		{"idle-timeout", "time a connection may stay open between requests", &c.IdleTimeout},
		{"connections", "clients connected at once; one more costs another that waits its place", &c.Connections},
		{"drain-timeout", "time that requests in flight get after SIGTERM", &c.DrainTimeout},
		{"concurrency", "compiles that run at once", &c.Concurrency},
		{"queue", "compiles that wait for their turn, for each kind of box", &c.Queue},
		{"queue-timeout", "longest wait for a turn", &c.QueueTimeout},
		{"tenant-concurrency", "compiles that one tenant runs at once, 0 for what is fair", &c.TenantConcurrency},
		{"tenant-cpu", "processor time that one tenant may use in a minute, 0 for any", &c.TenantCPU},
		{"cache-size", "memory for answers that are kept, 0 for none", &c.CacheSize},
		{"cache-ttl", "time for which an answer is kept", &c.CacheTTL},
		{"cache-partition", "who may be given whose answers: tenant (each its own) or shared (all of each other's)", &c.CachePartition},
		{"boxes", "kinds of box to run, such as ruby,node-css (default: all)", &c.Boxes},
		{"parked", "cells that wait for a job, per kind of box, at most", &c.Parked},
		{"parked-min", "cells that wait for a job, per kind of box, whatever the demand", &c.ParkedMin},
		{"parked-memory", "memory that all parked cells together have of their own", &c.ParkedMemory},
		{"boxes-per-kind", "boxes of a kind that run side by side when forks are short, 0 for a quarter of the processors", &c.BoxesPerKind},
		{"cells-per-box", "cells after which a box is replaced", &c.CellsPerBox},
		{"box-lifetime", "time after which a box is replaced", &c.BoxLifetime},
		{"retire-interval", "shortest time between two replacements of a box because its cells crash", &c.RetireInterval},
		{"box-memory", "memory of a box as a whole", &c.BoxMemory},
		{"box-tasks", "processes and threads of a box as a whole", &c.BoxTasks},
		{"box-cpus", "processors of a box as a whole, 0 for all", &c.BoxCPUs},
		{"accept-missing", "walls that a box may serve without, such as landlock (default: none)", &c.AcceptMissing},
	}
}

// Register adds a flag for every setting.
func Register(flags *flag.FlagSet, c *Config) {
	for _, s := range Settings(c) {
		RegisterOne(flags, s)
	}
}

// RegisterOne adds a flag for one setting.
func RegisterOne(flags *flag.FlagSet, s Setting) {
	switch value := s.Value.(type) {
	case *string:
		flags.StringVar(value, s.Name, *value, s.Help)
	case *bool:
		flags.BoolVar(value, s.Name, *value, s.Help)
	case *int:
		flags.IntVar(value, s.Name, *value, s.Help)
	case *float64:
		flags.Float64Var(value, s.Name, *value, s.Help)
	case *time.Duration:
		flags.DurationVar(value, s.Name, *value, s.Help)
	case *job.Bytes:
		flags.Var((*size)(value), s.Name, s.Help)
	default:
		panic(fmt.Sprintf("fumehood: internal error: setting %s has type %T", s.Name, s.Value))
	}
}

// Parse reads args into flags, then fills what they leave open from the
// environment and from the file that the flag "config" names. Keys that no
// flag has are errors.
func Parse(flags *flag.FlagSet, args []string) error {
	return ff.Parse(flags, args,
		ff.WithEnvVarPrefix("FUMEHOOD"),
		ff.WithConfigFileFlag("config"),
		ff.WithConfigFileParser(parseFile))
}

// Line is a setting as a file has it.
func Line(name, value string) string {
	return fmt.Sprintf("%s: %q", strings.ReplaceAll(name, "-", "_"), value)
}

// parseFile reads YAML whose keys have _ where flags have -.
func parseFile(r io.Reader, set func(name, value string) error) error {
	return ffyaml.Parser(r, func(name, value string) error {
		return set(strings.ReplaceAll(name, "_", "-"), value)
	})
}

// size is a job.Bytes as a flag: a number with one of job.Units.
type size job.Bytes

func (s *size) String() string {
	// The flag package asks a zero flag too.
	if s == nil {
		return job.Bytes(0).String()
	}
	return job.Bytes(*s).String()
}

func (s *size) Set(text string) error {
	unit := job.Bytes(1)
	for _, u := range job.Units {
		if number, ok := strings.CutSuffix(text, u.Name); ok {
			text, unit = number, u.Bytes
			break
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n < 0 || job.Bytes(n) > (1<<62)/unit {
		return fmt.Errorf("must be a number of bytes such as 65536, 64KiB or 128MiB")
	}
	*s = size(job.Bytes(n) * unit)
	return nil
}
