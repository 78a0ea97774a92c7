package baseline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// Daemon is a fumehood daemon in a process of its own: it shares neither the
// collector nor the scheduler with who measures it.
type Daemon struct {
	*program
	address string
}

// StartDaemon runs 'serve' of this very program with these flags, which have
// it listen on address, and returns when it is ready. Its words go to said.
func StartDaemon(ctx context.Context, address string, flags []string, said io.Writer) (*Daemon, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, append([]string{"serve"}, flags...)...)
	cmd.Stderr = said
	p, err := start(cmd)
	if err != nil {
		return nil, err
	}
	d := &Daemon{p, address}
	if err := d.whenReady(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// URL is where it listens.
func (d *Daemon) URL() string { return "http://" + d.address }

// whenReady waits for all of its boxes.
func (d *Daemon) whenReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		get, err := http.NewRequestWithContext(ctx, http.MethodGet, d.URL()+"/readyz", http.NoBody)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(get); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-d.ended:
			return fmt.Errorf("the daemon ended: %v", d.err)
		case <-ctx.Done():
			return fmt.Errorf("wait for the daemon: %w", ctx.Err())
		case <-tick.C:
		}
	}
}
