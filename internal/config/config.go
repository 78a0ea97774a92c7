package config

import (
	"runtime"
	"sync"
	"time"

	"github.com/fumehood/fumehood/internal/job"
)

// Config is what an operator can set. Default gives a daemon for one machine
// that needs no other service.
type Config struct {
	// Listen is the address to serve HTTP on, AdminListen the one for metrics
	// and boxes; empty is none.
	Listen, AdminListen string
	// Tokens is the path of a token file; empty means that whoever can reach
	// an address may use it. InsecureNoAuth allows that for others than
	// loopback addresses.
	Tokens         string
	InsecureNoAuth bool
	// DataDir holds box images; StateDir what belongs to running boxes, on a
	// file system that takes sockets.
	DataDir, StateDir string
	// Runtime is the OCI runtime's path; empty picks one (box.FindRuntime).
	Runtime string
	// LogLevel is debug, info, warn or error.
	LogLevel string

	// The most that one compile gets.
	Wall, CPU                                    time.Duration
	Memory, Source, Options, Output, Diagnostics job.Bytes

	// HTTP.
	Headers                                                   job.Bytes
	ReadHeaderTimeout, BodyTimeout, WriteTimeout, IdleTimeout time.Duration
	// Connections is how many clients may be connected at once.
	Connections int
	// DrainTimeout is how long requests in flight may take after SIGTERM.
	DrainTimeout time.Duration

	// Concurrency is how many compiles run at once, Queue how many wait for
	// each kind of box.
	Concurrency, Queue int
	QueueTimeout       time.Duration
	// TenantConcurrency is how many of them one tenant may run, 0 for what is
	// fair; TenantCPU the processor time that it may use in a minute, 0 for any.
	TenantConcurrency int
	TenantCPU         time.Duration

	// CacheSize bounds what answers are kept in memory, CacheTTL for how long.
	// With a size of 0 none are kept, and every request is a compile.
	CacheSize job.Bytes
	CacheTTL  time.Duration
	// CachePartition is tenant, if each has answers of its own, or shared.
	CachePartition string

	// Boxes are the kinds of box to run, separated by commas; empty is all.
	// Languages of other kinds are not known then.
	Boxes string
	// Parked is how many cells of a kind of box wait for a job at most,
	// ParkedMin at least. Between them they follow the demand, as long as all
	// of all kinds have no more than ParkedMemory of their own.
	Parked, ParkedMin int
	ParkedMemory      job.Bytes
	// BoxesPerKind is how many boxes of a kind may run side by side; 0 leaves
	// it to the number of processors.
	BoxesPerKind int
	// CellsPerBox and BoxLifetime bound a box's service.
	CellsPerBox int
	BoxLifetime time.Duration
	// RetireInterval is how often a box may be replaced after a suspect crash.
	RetireInterval time.Duration
	// BoxMemory, BoxTasks and BoxCPUs bound a box as a whole. BoxCPUs is in
	// processors, 0 for no bound.
	BoxMemory job.Bytes
	BoxTasks  int
	BoxCPUs   float64
	// AcceptMissing are the names of walls that a box may serve without,
	// separated by commas.
	AcceptMissing string
}

// Default is the configuration that serve uses when nothing is set.
func Default() Config {
	return Config{
		Listen:   "127.0.0.1:8080",
		DataDir:  "/var/lib/fumehood",
		StateDir: "/run/fumehood",
		LogLevel: "info",

		Wall: 3 * time.Second, CPU: 3 * time.Second,
		Memory: 128 * job.MiB, Source: 256 * job.KiB, Options: 16 * job.KiB,
		Output: 2 * job.MiB, Diagnostics: 64 * job.KiB,

		Headers:           16 * job.KiB,
		ReadHeaderTimeout: 5 * time.Second, BodyTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 60 * time.Second,
		Connections:  1024,
		DrainTimeout: 10 * time.Second,

		Concurrency: 24, Queue: 256, QueueTimeout: 5 * time.Second,

		CacheSize: 64 * job.MiB, CacheTTL: 24 * time.Hour, CachePartition: PartitionByTenant,

		Parked: 16, ParkedMin: 2, ParkedMemory: 176 * job.MiB, CellsPerBox: 100_000, BoxLifetime: time.Hour, RetireInterval: time.Minute,
		BoxMemory: 2048 * job.MiB, BoxTasks: 512,
	}
}

// MostBoxes is how many boxes of a kind may run side by side. A zygote forks on
// one processor, and its cells keep others busy meanwhile: with fewer than
// eight processors one zygote gives them enough to do.
func (c *Config) MostBoxes() int {
	if c.BoxesPerKind > 0 {
		return c.BoxesPerKind
	}
	return max(1, Processors()/4)
}

// Processors is how many there are to compile on: the machine's, or fewer where
// the daemon's control group has a quota, as Go counts them: rounded up, and two
// at least. GOMAXPROCS is about the daemon's own code, and has no say in it.
var Processors = sync.OnceValue(processors)

func processors() int {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	runtime.SetDefaultGOMAXPROCS()
	return runtime.GOMAXPROCS(0)
}

// LeastParked is how many cells of a kind wait for a job whatever the demand.
func (c *Config) LeastParked() int {
	return min(c.ParkedMin, c.Parked)
}

// Values of CachePartition.
const (
	PartitionByTenant = "tenant"
	PartitionShared   = "shared"
)

// slack is how many cells may be dying while as many as allowed are parked
// and running.
const slack = 32

// Slots is how many cells of a box may be alive at once.
func (c *Config) Slots() int {
	return c.Parked + c.Concurrency + slack
}
