package baseline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/go-json-experiment/json"

	"github.com/fumehood/fumehood/internal/bench"
	"github.com/fumehood/fumehood/internal/job"
)

// web is a server without walls. POST /LANGUAGE takes {"markup"} and answers
// {"success", "html"}.
type web struct {
	name string
	*program
	url  string
	http *http.Client
	// dir is removed at its end.
	dir string
}

var _ bench.Target = (*web)(nil)

func (w *web) String() string { return w.name }

func (w *web) Close() error {
	return errors.Join(w.program.Close(), os.RemoveAll(w.dir))
}

// maxAnswer bounds what is read of one, in bytes.
const maxAnswer = 16 << 20

func (w *web) Do(ctx context.Context, s bench.Shot) (bench.Answer, error) {
	body, err := json.Marshal(map[string]string{"markup": s.Source})
	if err != nil {
		return bench.Answer{}, err
	}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+"/"+s.Language, bytes.NewReader(body))
	if err != nil {
		return bench.Answer{}, err
	}
	post.Header.Set("Content-Type", "application/json")
	response, err := w.http.Do(post)
	if err != nil {
		return bench.Answer{}, err
	}
	defer response.Body.Close()
	a := bench.Answer{Status: response.StatusCode, Outcome: job.SourceError}
	if a.Raw, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer)); err != nil {
		return a, fmt.Errorf("read the answer: %w", err)
	}
	var got struct {
		Success bool   `json:"success"`
		HTML    string `json:"html"`
	}
	if a.Status != http.StatusOK {
		return a, nil
	}
	if err := json.Unmarshal(a.Raw, &got); err != nil {
		return a, fmt.Errorf("%s answers no JSON: %w", w.name, err)
	}
	if got.Success {
		a.Outcome, a.Output = job.OK, got.HTML
	}
	return a, nil
}

// startSinatra serves Haml with Sinatra and Puma as Debian has them.
func startSinatra(ctx context.Context, o Options) (*web, error) {
	if o.Source.Language != "haml" {
		return nil, missing("it is for haml", "")
	}
	for _, library := range []string{"sinatra", "puma"} {
		if exec.CommandContext(ctx, "ruby", "-e", "gem ARGV[0]", library).Run() != nil {
			return nil, missing("Ruby has no "+library, "scripts/deps bench")
		}
	}
	dir, err := writeOut("sinatra", "")
	if err != nil {
		return nil, err
	}
	address, err := FreeAddress()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	cmd := exec.Command("puma", "-e", "production", "-b", "tcp://"+address, filepath.Join(dir, "config.ru"))
	cmd.Dir, cmd.Stderr = dir, o.Said
	return serveWeb("sinatra", cmd, dir, func(p *program) (string, error) { return address, p.whenListening(ctx, address) }, o)
}

// startNode serves one of Node's languages with Node's own HTTP server.
func startNode(o Options) (*web, error) {
	node, err := o.node()
	if err != nil {
		return nil, err
	}
	// Its packages are those beside it.
	dir, err := writeOut("node", o.Engines)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(node.binary(), filepath.Join(dir, "server.mjs"), o.Source.Language)
	cmd.Stderr = o.Said
	said, err := cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return serveWeb("node", cmd, dir, func(*program) (string, error) { return readAddress(said) }, o)
}

func serveWeb(name string, cmd *exec.Cmd, dir string, address func(*program) (string, error), o Options) (*web, error) {
	p, err := start(cmd)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	at, err := address(p)
	if err != nil {
		return nil, errors.Join(err, p.Close(), os.RemoveAll(dir))
	}
	transport := &http.Transport{MaxIdleConns: o.Connections, MaxIdleConnsPerHost: o.Connections, DisableCompression: true}
	return &web{name: name, program: p, url: "http://" + at, http: &http.Client{Transport: transport}, dir: dir}, nil
}
