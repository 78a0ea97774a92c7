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
	"sync"

	"golang.org/x/net/netutil"

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

	stop    context.CancelFunc
	running sync.WaitGroup
	failed  chan error
}

// open starts a box of every kind and returns once all are ready. On an error
// nothing is left running.
func open(ctx context.Context, c config.Config, log *slog.Logger) (*daemon, error) {
	if os.Geteuid() != 0 {
		return nil, unavailable(errors.New("boxes take root to build"), "run it as root, or use a running daemon with --server")
	}
	runtime, err := box.FindRuntime(ctx, c.Runtime)
	if err != nil {
		return nil, unavailable(err, "")
	}
	d := &daemon{config: c, log: log, failed: make(chan error, len(image.Kinds))}
	if d.state, err = box.OpenState(ctx, c.StateDir, runtime, log); err != nil {
		return nil, unavailable(err, "pick another directory with --state-dir")
	}
	rendered := make(map[string]render.Box)
	for _, kind := range image.Kinds {
		p, b, err := d.newPool(kind, runtime)
		if err != nil {
			return nil, errors.Join(err, d.state.Close())
		}
		d.pools = append(d.pools, p)
		rendered[kind] = b
	}
	renderer := render.New(render.Config{
		Limits: limitsOf(c), Concurrency: c.Concurrency, Queue: c.Queue, QueueTimeout: c.QueueTimeout,
	}, rendered)
	d.server = server.New(server.Config{
		Headers: c.Headers, ReadHeaderTimeout: c.ReadHeaderTimeout, BodyTimeout: c.BodyTimeout,
		WriteTimeout: c.WriteTimeout, IdleTimeout: c.IdleTimeout,
	}, renderer, d.pools, log)
	if err := d.start(ctx); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *daemon) newPool(kind, runtime string) (*pool.Pool, render.Box, error) {
	recipe, err := image.LoadRecipe(kind)
	if err != nil {
		return nil, render.Box{}, err
	}
	i, err := imageStore(d.config).Find(recipe)
	if err != nil {
		return nil, render.Box{}, err
	}
	policy, err := cellPolicy(kind)
	if err != nil {
		return nil, render.Box{}, err
	}
	c := d.config
	starter := &box.OCI{
		Runtime: runtime, State: d.state, Kind: kind, RootFS: i.RootFS(), Command: i.Command,
		Policy: box.NewPolicy(policy), Memory: c.BoxMemory, Tasks: int64(c.BoxTasks),
		MilliCPUs: int64(c.BoxCPUs * 1000), Log: d.log,
	}
	p := pool.New(pool.Config{
		Kind: kind, Parked: c.Parked, Slots: c.Slots(), CellsPerBox: uint64(c.CellsPerBox),
		BoxLifetime: c.BoxLifetime, Limits: limitsOf(c), Engines: i.Engines,
	}, starter, d.log)
	return p, render.Box{Runner: p, Image: i.Digest, Engines: i.Engines}, nil
}

// cellPolicy reads what a cell of a box kind may ask of the kernel.
func cellPolicy(kind string) (*seccomp.Policy, error) {
	name := kind + "/cell.policy"
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

func (d *daemon) start(ctx context.Context) error {
	var life context.Context
	life, d.stop = context.WithCancel(context.Background())
	var ready []chan struct{}
	for _, p := range d.pools {
		started := make(chan struct{})
		ready = append(ready, started)
		d.running.Go(func() {
			if err := p.Run(life, started); err != nil {
				d.failed <- err
			}
		})
	}
	for _, started := range ready {
		select {
		case <-started:
		case err := <-d.failed:
			return unavailable(err, "")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// serve answers requests on l until ctx ends, then lets those in flight
// finish.
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
