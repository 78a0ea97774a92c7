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
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/netutil"
	"golang.org/x/sync/semaphore"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/image"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/pool"
	"github.com/fumehood/fumehood/internal/render"
	"github.com/fumehood/fumehood/internal/seccomp"
	"github.com/fumehood/fumehood/internal/server"

	"github.com/fumehood/fumehood/boxes"
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
	server *server.Server
	alter  func(*box.OCI)

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
	d := &daemon{config: c, log: log, alter: alter}
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
	renderer := render.New(render.Config{
		Limits: limitsOf(c), Concurrency: c.Concurrency, Queue: c.Queue, QueueTimeout: c.QueueTimeout,
	}, rendered)
	d.server = server.New(server.Config{
		Headers: c.Headers, ReadHeaderTimeout: c.ReadHeaderTimeout, BodyTimeout: c.BodyTimeout,
		WriteTimeout: c.WriteTimeout, IdleTimeout: c.IdleTimeout,
	}, renderer, d.pools, log)
	d.start()
	return d, nil
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
	for _, b := range i.Boxes {
		if !slices.Contains(kinds, b.Kind) {
			continue
		}
		starter := &box.OCI{
			Runtime: ociRuntime, State: d.state, Kind: b.Kind, RootFS: i.RootFS(),
			Environment: i.Environment, Command: i.CommandOf(b),
			Policy: box.NewPolicy(policy), Memory: c.BoxMemory, Tasks: int64(c.BoxTasks),
			MilliCPUs: int64(c.BoxCPUs * 1000), Log: d.log,
		}
		d.alter(starter)
		p := pool.New(pool.Config{
			Kind: b.Kind, Parked: c.Parked, Slots: c.Slots(), CellsPerBox: uint64(c.CellsPerBox),
			BoxLifetime: c.BoxLifetime, RetireInterval: c.RetireInterval, Limits: limitsOf(c), Engines: b.Engines,
		}, starter, d.log)
		d.pools = append(d.pools, p)
		rendered[b.Kind] = render.Box{Runner: p, Image: i.Digest, Engines: b.Engines}
	}
	return nil
}

// cellPolicy reads what a cell of an image's boxes may ask of the kernel.
func cellPolicy(image string) (*seccomp.Policy, error) {
	name := image + "/cell.policy"
	text, err := boxes.Files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	policy, err := seccomp.Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return policy, nil
}

func imageStore(c config.Config) image.Store {
	return image.Store{Dir: filepath.Join(c.DataDir, "boxes")}
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
	var life context.Context
	life, d.stop = context.WithCancel(context.Background())
	d.ready, d.failed = make(chan struct{}), make(chan error, len(d.pools))
	d.running.Go(func() {
		began := time.Now()
		turns := semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0)))
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

// serve answers requests on l until ctx ends, then lets those in flight
// finish. It ends early when a box cannot be started at all.
func (d *daemon) serve(ctx context.Context, l net.Listener) error {
	h := d.server.HTTP()
	ended := make(chan error, 1)
	// Connections beyond the limit wait unaccepted: their descriptors are
	// those that cells need.
	l = netutil.LimitListener(l, d.config.Connections)
	go func() { ended <- h.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case err := <-d.failed:
		return errors.Join(unavailable(err, ""), h.Close())
	case <-ctx.Done():
	}
	d.log.Info("draining", "timeout", d.config.DrainTimeout)
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
	return d.state.Close()
}
