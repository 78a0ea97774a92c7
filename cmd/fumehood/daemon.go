package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sync/semaphore"

	"github.com/fumehood/fumehood/internal/admit"
	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/cache"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/image"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/metrics"
	"github.com/fumehood/fumehood/internal/pool"
	"github.com/fumehood/fumehood/internal/render"
	"github.com/fumehood/fumehood/internal/selftest"
	"github.com/fumehood/fumehood/internal/server"
	"github.com/fumehood/fumehood/internal/token"
)

// daemon is everything that serves, wired:
//
//	server ─► render ─► pool ─► cell ─► wire
//	                     └────► box (OCI) ─► image
type daemon struct {
	config config.Config
	log    *slog.Logger
	state  *box.State
	pools  []*pool.Pool
	parked *pool.Budget // of all pools
	server *server.Server
	tokens *token.File   // nil for none
	memory *cache.Memory // nil for none
	cache  *cache.Cache  // of memory
	alter  func(*box.OCI)

	// life ends with stop, which close calls.
	life    context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
	// ready is closed when every box is; failed has the error of a box that
	// could not be started the first time.
	ready  chan struct{}
	failed chan error
}

// open begins to start a box of every kind, side by side; a language can be
// compiled once its box is ready (wait waits for all). On an error nothing is
// left running.
func open(ctx context.Context, c config.Config, log *slog.Logger) (*daemon, error) {
	return openAltered(ctx, c, log, func(*box.OCI) {})
}

// openAltered is open with boxes that are altered before they start. Only the
// tests that take walls away alter any.
func openAltered(ctx context.Context, c config.Config, log *slog.Logger, alter func(*box.OCI)) (*daemon, error) {
	if os.Geteuid() != 0 {
		return nil, unavailable(errors.New("boxes take root to build"), "run it as root, or use a running daemon with --server")
	}
	ociRuntime, err := box.FindRuntime(ctx, c.Runtime)
	if err != nil {
		return nil, unavailable(err, "")
	}
	d := &daemon{config: c, log: log, alter: alter, parked: pool.NewBudget(c.ParkedMemory)}
	if c.Tokens != "" {
		if d.tokens, err = token.Open(c.Tokens); err != nil {
			return nil, usageError(err.Error(), "")
		}
	}
	if d.state, err = box.OpenState(ctx, c.StateDir, ociRuntime, log); err != nil {
		return nil, unavailable(err, "pick another directory with --state-dir")
	}
	kinds, err := kindsOf(c)
	if err != nil {
		return nil, errors.Join(err, d.state.Close())
	}
	rendered := make(map[string]render.Box)
	for _, name := range image.Names {
		if err := d.addPools(name, ociRuntime, kinds, rendered); err != nil {
			return nil, errors.Join(err, d.state.Close())
		}
	}
	if err := d.openCache(); err != nil {
		return nil, errors.Join(err, d.state.Close())
	}
	renderer := render.New(render.Config{
		Limits: limitsOf(c), Admission: admissionOf(c),
		Cache: d.cache, Shared: c.CachePartition == config.PartitionShared, Encode: server.Encode,
	}, rendered)
	serving := d.serverConfig()
	serving.Metrics.WatchAdmission(renderer)
	d.server = server.New(serving, renderer, d.pools, log)
	d.start()
	return d, nil
}

// openCache makes the cache, unless there shall be none.
func (d *daemon) openCache() error {
	if d.config.CacheSize == 0 {
		return nil
	}
	memory, err := cache.NewMemory(cache.MemoryConfig{Bytes: d.config.CacheSize, TTL: d.config.CacheTTL})
	if err != nil {
		return err
	}
	d.memory, d.cache = memory, cache.New("memory", memory, d.config.CacheTTL)
	return nil
}

func (d *daemon) serverConfig() server.Config {
	var pools []metrics.Pool
	for _, p := range d.pools {
		pools = append(pools, p)
	}
	c := server.Config{
		Headers: d.config.Headers, ReadHeaderTimeout: d.config.ReadHeaderTimeout, BodyTimeout: d.config.BodyTimeout,
		WriteTimeout: d.config.WriteTimeout, IdleTimeout: d.config.IdleTimeout, Connections: d.config.Connections,
		Metrics: metrics.New(pools), Shared: d.config.CachePartition == config.PartitionShared,
	}
	if d.cache != nil {
		c.Metrics.WatchCache(d.cache)
	}
	if d.tokens != nil {
		c.Tokens = d.tokens
	}
	return c
}

// reloadOn reads the tokens again at each signal, until the daemon is closed.
func (d *daemon) reloadOn(signals <-chan os.Signal) {
	if d.tokens == nil {
		return
	}
	d.running.Go(func() {
		for {
			select {
			case <-d.life.Done():
				return
			case <-signals:
			}
			if err := d.tokens.Reload(); err != nil {
				d.log.Error("tokens not reloaded, those before stay", "err", err)
				continue
			}
			d.log.Info("tokens reloaded", "tokens", d.tokens.Len())
		}
	})
}

// kindsOf returns the kinds of box to run.
func kindsOf(c config.Config) ([]string, error) {
	all := image.Kinds()
	if c.Boxes == "" {
		return all, nil
	}
	kinds := strings.Split(c.Boxes, ",")
	for _, kind := range kinds {
		if !slices.Contains(all, kind) {
			return nil, usageError(fmt.Sprintf("boxes: no box is called %q", kind), "there is: "+strings.Join(all, ", "))
		}
	}
	return kinds, nil
}

// addPools makes a pool for each of the kinds of box that an image can be
// started as.
func (d *daemon) addPools(name, ociRuntime string, kinds []string, rendered map[string]render.Box) error {
	recipe, err := image.LoadRecipe(name)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(recipe.Boxes, func(b image.Box) bool { return slices.Contains(kinds, b.Kind) }) {
		return nil
	}
	i, err := imageStore(d.config).Find(recipe)
	if err != nil {
		return err
	}
	policy, err := cellPolicy(name)
	if err != nil {
		return err
	}
	c := d.config
	accepted, err := acceptedWalls(c)
	if err != nil {
		return err
	}
	for _, b := range i.Boxes {
		if !slices.Contains(kinds, b.Kind) {
			continue
		}
		inspector := &selftest.Inspector{
			Limits: limitsOf(c), Policy: box.NewPolicy(policy), Memory: c.BoxMemory, Tasks: int64(c.BoxTasks), Accept: accepted,
		}
		starter := &box.OCI{
			Runtime: ociRuntime, State: d.state, Kind: b.Kind, RootFS: i.RootFS(),
			Environment: i.Environment, Command: i.CommandOf(b),
			Policy: box.NewPolicy(policy), Memory: c.BoxMemory, Tasks: int64(c.BoxTasks),
			MilliCPUs: int64(c.BoxCPUs * 1000), Log: d.log,
		}
		if slices.Contains(accepted, "landlock") && !hasLandlock() {
			starter.Policy.Without |= box.Landlock
		}
		d.alter(starter)
		p := pool.New(pool.Config{
			Kind: b.Kind, Least: c.LeastParked(), Most: c.Parked, Budget: d.parked, Window: demandWindow,
			Boxes: pool.Boxes{Most: c.MostBoxes(), After: strainBefore, Rest: calmBefore, Idle: idleTime},
			Slots: c.Slots(), CellsPerBox: uint64(c.CellsPerBox),
			BoxLifetime: c.BoxLifetime, RetireInterval: c.RetireInterval, Limits: limitsOf(c), Engines: b.Engines,
			Inspect: func(ctx context.Context, b *box.Box) (pool.Inspection, error) {
				missing, cell, err := inspector.Inspect(ctx, b)
				return pool.Inspection{Missing: missing, Cell: cell}, err
			},
		}, starter, d.log)
		d.pools = append(d.pools, p)
		rendered[b.Kind] = render.Box{Runner: p, Image: i.Digest, Engines: b.Engines}
	}
	return nil
}

const (
	// demandWindow is how long a pool parks cells for the most jobs that it had
	// at once.
	demandWindow = 5 * time.Minute
	// Another box takes a second to start and a processor to be of use.
	strainBefore = 3 * time.Second
	calmBefore   = time.Minute
)

// idleTime is how long this machine's processors had nothing to do since it
// was started. It stands still, as if they were never free, when it cannot be
// known.
func idleTime() time.Duration {
	proc, err := procfs.NewDefaultFS()
	if err != nil {
		return 0
	}
	stat, err := proc.Stat()
	if err != nil {
		return 0
	}
	return time.Duration((stat.CPUTotal.Idle + stat.CPUTotal.Iowait) * float64(time.Second))
}

func imageStore(c config.Config) image.Store {
	return image.Store{Dir: filepath.Join(c.DataDir, "boxes")}
}

// turnsPerProcessor is how many compiles have the processors at once: more
// than one for each, as a compile waits for the daemon now and then. While others
// are there a tenant has one for each processor but one, and one at least: what is
// left is for who comes next, and for what a compile leaves to others to do - to
// fork, to bury, to answer (docs/adr/023).
const turnsPerProcessor = 4

func admissionOf(c config.Config) admit.Config {
	return admit.Config{
		Turns: turnsPerProcessor * config.Processors(), SharedTurns: max(1, config.Processors()-1), Running: c.Concurrency, Queue: c.Queue, Timeout: c.QueueTimeout,
		TenantRunning: c.TenantConcurrency, TenantCPU: c.TenantCPU,
	}
}

func limitsOf(c config.Config) job.Limits {
	return job.Limits{
		Wall: c.Wall, CPU: c.CPU, Memory: c.Memory, Source: c.Source, Options: c.Options,
		Output: c.Output, Diagnostics: c.Diagnostics,
	}
}

// start starts the boxes in the order of their pools, as many at once as there
// are processors: more would only make each of them late.
func (d *daemon) start() {
	life, stop := context.WithCancel(context.Background())
	d.life, d.stop = life, stop
	d.ready, d.failed = make(chan struct{}), make(chan error, len(d.pools))
	d.running.Go(func() {
		began := time.Now()
		turns := semaphore.NewWeighted(int64(config.Processors()))
		var starting sync.WaitGroup
		for _, p := range d.pools {
			if turns.Acquire(life, 1) != nil {
				return
			}
			started := make(chan struct{})
			d.running.Go(func() {
				if err := p.Run(life, started); err != nil {
					d.failed <- err
				}
			})
			starting.Go(func() {
				defer turns.Release(1)
				select {
				case <-started:
				case <-life.Done():
				}
			})
		}
		starting.Wait()
		if life.Err() == nil {
			d.log.Info("ready", "boxes", len(d.pools), "dur", time.Since(began))
			close(d.ready)
		}
	})
}

// wait returns once every box is ready, or with the error of one that cannot
// be started.
func (d *daemon) wait(ctx context.Context) error {
	select {
	case <-d.ready:
		return nil
	case err := <-d.failed:
		return unavailable(err, "")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// serve answers requests on both listeners, of which admin may be nil, until ctx
// ends, then lets those in flight finish. It ends early when a box cannot be
// started at all.
func (d *daemon) serve(ctx context.Context, public, admin net.Listener) error {
	h := d.server.HTTP()
	ended := make(chan error, 2)
	go func() { ended <- h.Serve(public) }()
	if admin != nil {
		a := d.server.AdminHTTP()
		// It answers to the end: whoever watches wants to see the draining.
		defer a.Close()
		go func() {
			if err := a.Serve(admin); !errors.Is(err, http.ErrServerClosed) {
				ended <- err
			}
		}()
	}
	select {
	case err := <-ended:
		return errors.Join(err, h.Close())
	case err := <-d.failed:
		return errors.Join(unavailable(err, ""), h.Close())
	case <-ctx.Done():
	}
	d.log.Info("draining", "timeout", d.config.DrainTimeout)
	d.server.Drain()
	drain, cancel := context.WithTimeout(context.Background(), d.config.DrainTimeout)
	defer cancel()
	err := h.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		d.log.Warn("requests cut off", "timeout", d.config.DrainTimeout)
		err = h.Close()
	}
	if serving := <-ended; !errors.Is(serving, http.ErrServerClosed) {
		err = errors.Join(err, serving)
	}
	return err
}

// close ends every box and removes what the daemon put on this machine.
func (d *daemon) close() error {
	if d.stop != nil {
		d.stop()
	}
	d.running.Wait()
	if d.memory != nil {
		d.memory.Close()
	}
	return d.state.Close()
}
