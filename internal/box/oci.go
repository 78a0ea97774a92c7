package box

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	runc "github.com/containerd/go-runc"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/job"
)

// OCI starts boxes with an OCI runtime binary. The zygote gets its listening
// socket as an inherited descriptor, so that the box has no path to write.
type OCI struct {
	// Runtime is the path of the runtime's binary.
	Runtime string
	// State is this daemon's own directory (OpenState).
	State *State
	// Kind is the box kind, a part of every box's name.
	Kind string
	// RootFS, Environment and Command are the image's.
	RootFS               string
	Environment, Command []string
	Policy               Policy
	// Memory, Tasks and MilliCPUs bound each box as a whole.
	Memory    job.Bytes
	Tasks     int64
	MilliCPUs int64
	Log       *slog.Logger
	// Loosen takes walls away from the outer one. It exists for the tests which
	// show that it is this wall that refuses; nothing that serves sets it.
	Loosen func(*specs.Spec)
}

var _ Starter = (*OCI)(nil)

// container is a box's process under an OCI runtime: the runtime's own `run`
// command, which stays as the parent of pid 1 and deletes the container when
// that ends. It survives this daemon, and so cleans up after a kill -9 of it.
type container struct {
	id       string
	runtime  *runc.Runc
	socket   string
	log      *slog.Logger
	finished chan struct{}

	// scale is nil until the box is up, and where it has no control group.
	scale *scale
}

// Start starts a box and waits until its zygote is ready.
func (o *OCI) Start(ctx context.Context) (*Box, error) {
	id, err := o.State.newBoxID(o.Kind)
	if err != nil {
		return nil, err
	}
	b, err := o.start(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("start box %s: %w", id, err)
	}
	return b, nil
}

func (o *OCI) start(ctx context.Context, id string) (*Box, error) {
	dir := filepath.Join(o.State.dir, "boxes", id)
	uids, err := o.State.reserveUIDs()
	if err != nil {
		return nil, err
	}
	if err := o.writeBundle(dir, id, uids); err != nil {
		uids.release()
		return nil, err
	}
	c := &container{
		id: id, runtime: o.State.runtime(o.Runtime), socket: filepath.Join(dir, "box.sock"),
		log: o.Log.With("box", id), finished: make(chan struct{}),
	}
	listener, err := listen(c.socket)
	if err != nil {
		uids.release()
		return nil, err
	}
	defer listener.Close()
	complaints := &tail{log: c.log}
	if err := o.run(c, dir, listener, complaints, uids); err != nil {
		uids.release()
		return nil, err
	}
	// A runtime that fails at once must not leave Start waiting for a hello.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-c.finished:
			cancel(errors.New("box ended before it was ready"))
		case <-ctx.Done():
		}
	}()
	b, err := open(ctx, id, c, o.Policy)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		select {
		case <-c.finished:
		case <-time.After(endTimeout):
		}
		if said := complaints.String(); said != "" {
			err = fmt.Errorf("%w; it said: %s", err, said)
		}
		return nil, err
	}
	if c.scale, err = openScale(id); err != nil {
		c.log.Warn("the box has a fixed share of the processors: long compiles may slow others down", "err", err)
		return b, nil
	}
	go func() {
		<-c.finished
		c.scale.close()
	}()
	return b, nil
}

// run starts the runtime and arranges for everything of the box to be gone
// from this machine once it ends.
func (o *OCI) run(c *container, dir string, listener *os.File, complaints *tail, uids *uidRange) error {
	started := make(chan int, 1)
	failed := make(chan error, 1)
	go func() {
		defer close(c.finished)
		defer uids.release()
		_, err := c.runtime.Run(context.Background(), c.id, dir, &runc.CreateOpts{
			IO:         &boxIO{out: complaints},
			ExtraFiles: []*os.File{listener},
			Started:    started,
		})
		failed <- err
		if err := os.RemoveAll(dir); err != nil {
			o.Log.Warn("box directory not removed", "box", c.id, "err", err)
		}
	}()
	// Started is closed without a value when the runtime cannot be executed.
	if _, ok := <-started; !ok {
		return fmt.Errorf("run %s: %w", o.Runtime, <-failed)
	}
	return nil
}

func (o *OCI) writeBundle(dir, id string, uids *uidRange) error {
	files, err := openFiles()
	if err != nil {
		return err
	}
	spec, err := Spec(SpecConfig{
		ID: id, RootFS: o.RootFS, Environment: o.Environment, Command: o.Command,
		FirstUID: uids.first, UIDs: uidsPerBox,
		Memory: o.Memory, Tasks: o.Tasks, MilliCPUs: o.MilliCPUs, OpenFiles: files,
	})
	if err != nil {
		return err
	}
	if o.Loosen != nil {
		o.Loosen(spec)
	}
	encoded, err := json.Marshal(spec)
	if err != nil {
		return fmt.Errorf("encode the OCI configuration: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the box's directory: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), encoded, 0o600); err != nil {
		return fmt.Errorf("write the OCI configuration: %w", err)
	}
	return nil
}

// zygoteFiles is enough for a zygote with as many cells as it takes (MAX_CELLS
// of serve.c), two descriptors each.
const zygoteFiles = 2048

// openFiles is zygoteFiles, or this daemon's own limit if that is lower: a
// runtime cannot raise it.
func openFiles() (uint64, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("read the limit of open files: %w", err)
	}
	return min(limit.Max, zygoteFiles), nil
}

// listen returns the listening socket as a file to inherit. The daemon keeps
// none: with the zygote gone, connecting fails at once.
func listen(path string) (*os.File, error) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen for the zygote: %w", err)
	}
	defer l.Close()
	l.SetUnlinkOnClose(false)
	return l.File()
}

func (c *container) dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "unix", c.socket)
}

func (c *container) weigh(w Weight) {
	if c.scale == nil {
		return
	}
	if err := c.scale.set(w); err != nil && !errors.Is(err, unix.ENODEV) && !errors.Is(err, os.ErrClosed) {
		c.log.Warn("weight not set", "err", err)
	}
}

func (c *container) ended() <-chan struct{} {
	return c.finished
}

func (c *container) destroy() {
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	// It fails when the box ended meanwhile, which is what is wanted.
	_ = c.runtime.Delete(ctx, c.id, &runc.DeleteOpts{Force: true})
}

// tail logs what a runtime and its zygote say and keeps the last of it. Both
// are trusted; cells cannot reach it, they have no such descriptor.
type tail struct {
	log *slog.Logger

	mu   sync.Mutex
	kept []byte
}

const tailBytes = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.log.Warn("box says", "text", string(p[:min(len(p), tailBytes)]))
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - tailBytes; over > 0 {
		t.kept = bytes.Clone(t.kept[over:])
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.kept))
}
