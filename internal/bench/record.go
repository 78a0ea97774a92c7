package bench

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/sys/unix"
)

// Run files hold one Record each.
const schema = 1

// maxRecord bounds what is read of a file, in bytes.
const maxRecord = 64 << 20

// Record is a run as it is kept: what was asked, where, and what came of it.
type Record struct {
	Schema  int       `json:"schema"`
	Version string    `json:"version"`
	Began   time.Time `json:"began"`
	Machine Machine   `json:"machine"`
	// Command is how the run was asked for, without tokens.
	Command []string `json:"command"`
	Report  *Report  `json:"report"`
	// Compiles is how many cells the daemon's boxes used for it, those of the
	// warm-up included; nil if it does not say.
	Compiles *int64 `json:"compiles"`
	// Beside are the baselines, if any were measured in turns with the daemon.
	Beside []Row `json:"beside,omitempty"`
}

// Machine is what the figures depend on and a reader cannot guess.
type Machine struct {
	CPUs   int    `json:"cpus"`
	Model  string `json:"model"`
	Kernel string `json:"kernel"`
	// Load is the load average of the last minute when the run began: what
	// else went on.
	Load float64 `json:"load"`
}

// NewRecord begins one.
func NewRecord(version string, command []string) *Record {
	return &Record{Schema: schema, Version: version, Began: time.Now().UTC().Truncate(time.Second), Machine: thisMachine(), Command: command}
}

func thisMachine() Machine {
	m := Machine{CPUs: runtime.NumCPU()}
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		m.Kernel = unix.ByteSliceToString(name.Release[:])
	}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				m.Model = strings.TrimSpace(value)
				break
			}
		}
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		// What it cannot read stays 0.
		_, _ = fmt.Sscan(string(text), &m.Load)
	}
	return m
}

// Write writes the record as JSON.
func (r *Record) Write(w io.Writer) error {
	text, err := json.Marshal(r, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", text)
	return err
}

// ErrNoRecord: a file holds something else.
var ErrNoRecord = errors.New("is no record of fumehood bench")

// ReadRecord reads what Write wrote.
func ReadRecord(from io.Reader) (*Record, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxRecord))
	if err != nil {
		return nil, err
	}
	r := &Record{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoRecord, err)
	}
	if r.Schema != schema || r.Report == nil {
		return nil, fmt.Errorf("%w of schema %d", ErrNoRecord, schema)
	}
	return r, nil
}
