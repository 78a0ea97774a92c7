package cell

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/wire"
)

// ErrLost: the box went while the job was in it. The same job may be tried
// again elsewhere; nothing is known about it.
var ErrLost = errors.New("box went down with the job")

// ErrWedged: the zygote did not fork a cell in time, or did not report one's
// death after a hang-up. Its box must be destroyed.
var ErrWedged = errors.New("zygote does not answer")

// ErrNotParked: the cell ended before it was parked, or was never forked.
var ErrNotParked = errors.New("cell ended before it was parked")

const (
	// parkTimeout bounds a fork, the walls, and the first frame.
	parkTimeout = 5 * time.Second
	// ReapTimeout is how long after a hang-up a death may go unreported. It is
	// waited for reapTries times: when a machine has stood still, its timers
	// fire before its processes run (docs/adr/009).
	ReapTimeout = 500 * time.Millisecond
	reapTries   = 4
	// receiptTimeout is how long the answer to a job that was cut off waits for
	// what its cell has used.
	receiptTimeout = 10 * time.Millisecond
	// endTimeout is how long a cell may live on behind the end of its stream.
	endTimeout = 100 * time.Millisecond
)

// Conn is one cell, parked: forked, walled in, waiting for its only job.
type Conn struct {
	line  *box.Line
	spent bool
	// reported is the zygote's report, once it has come; it comes once.
	reported *wire.Exited
}

// Park opens a cell in b and waits until its walls are up. ErrWedged means
// that b must be brought down, ErrNotParked that b had its chance.
func Park(ctx context.Context, b *box.Box, slot uint16, limits job.Limits) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, parkTimeout)
	defer cancel()
	line, err := b.Open(ctx, wire.Header{
		Slot:       slot,
		CPUSeconds: seconds(limits.CPU),
		MemoryKiB:  kib(limits.Memory),
		JobBytes:   uint32(maxJobBytes(limits)),
	})
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { line.SetDeadline(time.Unix(1, 0)) })
	err = wire.ReadParked(line)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err == nil {
		return &Conn{line: line}, nil
	}
	return nil, errors.Join(fmt.Errorf("park a cell: %w", err), whyNotParked(line))
}

// whyNotParked hangs up and asks how the cell ended instead of parking.
func whyNotParked(line *box.Line) error {
	line.Close()
	ctx, cancel := context.WithTimeout(context.Background(), ReapTimeout)
	defer cancel()
	exited, err := line.Exited(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return ErrWedged
	}
	if errors.Is(err, box.ErrRefused) {
		return errors.Join(ErrNotParked, err)
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("%w, with %s", ErrNotParked, describe(exited))
}

// readAtOnce is how many bytes of a result one read may bring: a common one
// arrives whole, and every read that finds nothing puts the goroutine to sleep.
const readAtOnce = 8 << 10

// maxJobBytes is the longest job body that passes the limits: language, two
// JSON objects, source and files, and what frames them. A step's source and
// file are the output and the source map of what ran before it.
func maxJobBytes(l job.Limits) job.Bytes {
	const file = job.MaxFileName + 2*4
	return max(l.Source, 2*l.Output) + 2*l.Options + job.MaxFiles*file + job.KiB
}

// version is what stands behind the @ of "name@version".
func version(engine string) string {
	return engine[strings.LastIndexByte(engine, '@')+1:]
}

// seconds rounds up: a limit of the kernel's may be looser than the
// daemon's, never tighter.
func seconds(d time.Duration) uint32 {
	return uint32((d + time.Second - 1) / time.Second)
}

func kib(b job.Bytes) uint32 {
	return uint32((b + job.KiB - 1) / job.KiB)
}

// Run gives the cell its job and returns what became of it. It takes no
// longer than the job's wall limit, and a moment more when the cell has to be
// asked how it died. The connection is closed when it returns; Release
// must be called next. Run may be called once.
//
// The errors are ErrLost, and ctx's own when the caller left.
func (c *Conn) Run(ctx context.Context, j job.Job) (job.Result, error) {
	if c.spent {
		panic("fumehood: internal error: a cell was given a second job")
	}
	c.spent = true
	start := time.Now()
	deadline := start.Add(j.Limits.Wall)
	c.line.SetDeadline(deadline)
	stop := context.AfterFunc(ctx, func() { c.line.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	defer c.line.Close()
	result, err := c.exchange(j)
	elapsed := time.Since(start)
	if ctx.Err() != nil {
		return job.Result{}, ctx.Err()
	}
	if err != nil {
		return c.explain(j, err, elapsed)
	}
	done := job.Result{
		Outcome: job.OK, Output: string(result.Output), SourceMap: string(result.SourceMap),
		Diagnostics: diagnostics(j, result.Diagnostics), Timing: c.timing(j, result, elapsed),
	}
	if result.Kind == wire.SourceError {
		done.Outcome, done.Output, done.SourceMap = job.SourceError, "", ""
		if len(done.Diagnostics) == 0 {
			done.Diagnostics = remark("the source was refused without a reason")
		}
	}
	return done, nil
}

// timing takes the cell's own word for what it used, as far as its limits let
// that be true.
func (c *Conn) timing(j job.Job, said wire.Result, elapsed time.Duration) job.Timing {
	return job.Timing{
		Compile: elapsed,
		CPU:     min(said.CPU, j.Limits.CPU+time.Second),
		Peak:    min(job.Bytes(said.PeakKiB)*job.KiB, c.line.ZygoteBytes()+j.Limits.Memory),
	}
}

func (c *Conn) exchange(j job.Job) (wire.Result, error) {
	body := wire.JobBody{
		CPUSeconds: seconds(j.Limits.CPU), MemoryKiB: kib(j.Limits.Memory),
		Language: j.Language, Version: version(j.Engine), Options: j.Options, Locals: j.Locals, Source: j.Source,
	}
	for _, f := range j.Files {
		body.Files = append(body.Files, wire.File(f))
	}
	frame := wire.AppendJob(make([]byte, 0, wire.FrameBytes+wire.JobLength(body)), body)
	if _, err := c.line.Write(frame); err != nil {
		return wire.Result{}, err
	}
	return wire.ReadResult(bufio.NewReaderSize(c.line, readAtOnce), wire.ResultLimits{
		OutputBytes: int(j.Limits.Output), DiagnosticsBytes: int(j.Limits.Diagnostics),
	})
}

// explain names the outcome of a job that brought no result. Whatever can be
// told without the cell's exit status is: an answer waits for it a moment, for
// its receipt, and goes without.
func (c *Conn) explain(j job.Job, err error, elapsed time.Duration) (job.Result, error) {
	end := func(outcome job.Outcome, text string) (job.Result, error) {
		result := job.Result{Outcome: outcome, Diagnostics: remark(text), Timing: job.Timing{Compile: elapsed}}
		c.line.Close()
		if exited, err := c.exited(receiptTimeout); err == nil {
			result.Timing.CPU, result.Timing.Peak = exited.User+exited.System, job.Bytes(exited.MaxRSSKiB)*job.KiB
		}
		return result, nil
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return end(job.Timeout, fmt.Sprintf("the compile took longer than %v", j.Limits.Wall))
	case errors.Is(err, wire.ErrTooLarge):
		return end(job.OutputTooLarge, fmt.Sprintf("the output is larger than %v, or the diagnostics than %v", j.Limits.Output, j.Limits.Diagnostics))
	case errors.Is(err, wire.ErrMalformed):
		return end(job.Violation, "the compile wrote to its connection by itself")
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !isHangUp(err):
		return job.Result{}, fmt.Errorf("read the result: %w", err)
	}
	// The zygote reports a death before it closes its copy of the connection.
	exited, err := c.exited(endTimeout)
	switch {
	case errors.Is(err, box.ErrDown):
		return job.Result{}, ErrLost
	case errors.Is(err, ErrWedged):
		return end(job.Violation, closedItself)
	case err != nil:
		return job.Result{}, err
	}
	return end(judge(exited, j.Limits, c.line.ZygoteBytes()))
}

// End is how a cell ended, as its zygote reported it.
type End struct {
	Death Death
	// CPU is the processor time that it has used since its fork.
	CPU time.Duration
}

// Nice lowers the cell's priority for good, to a value of nice(2), if it has used
// so much processor time since its fork. If so, and that is more than none,
// slowed is told how much; it must not block, and be the same each time.
func (c *Conn) Nice(value uint32, after time.Duration, slowed func(used time.Duration)) {
	c.line.Nice(value, after, slowed)
}

// Release waits until the zygote has reported the cell dead, so that its slot
// is free, and says how it died. It returns no error also when the box is down;
// ErrWedged means that it must be brought down. It may be called instead of
// Run, to give up a cell.
func (c *Conn) Release() (End, error) {
	c.line.Close()
	for range reapTries {
		exited, err := c.exited(ReapTimeout)
		if err == nil {
			return End{DeathOf(exited), exited.User + exited.System}, nil
		}
		if !errors.Is(err, ErrWedged) {
			return End{}, nil
		}
	}
	return End{}, ErrWedged
}

func (c *Conn) exited(timeout time.Duration) (wire.Exited, error) {
	if c.reported != nil {
		return *c.reported, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	exited, err := c.line.Exited(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return exited, ErrWedged
	}
	if err == nil {
		c.reported = &exited
	}
	return exited, err
}

// Dead is ready when a cell that is still parked has died, for instance by
// the kernel's hand when memory was out. Release does not tell it again.
func (c *Conn) Dead() <-chan wire.Exited {
	return c.line.Died()
}
