package render

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/fumehood/fumehood/internal/job"
)

// A flight is a compile under way, with all who wait for it. It runs on a
// context of its own: whoever asked first is one of those who wait and no more.
// When the last of them has left it is cancelled, and nobody can join it any
// more. It has errors for all alike.
//
// What joins a flight is equal in three things:
//
//   - The key: else the answer would be to another question.
//   - The limits: else a caller who allows 3 s could be told that 200 ms were
//     not enough.
//   - The tenant: else one would spend another's turns, and be refused for
//     another's quota. It matters in a shared partition only.
type flight struct {
	cancel context.CancelFunc
	done   chan struct{}

	// waiting is guarded by flights.mu.
	waiting int

	// answer and err are set before done is closed.
	answer Answer
	err    error
}

type flightKey struct {
	key    job.Key
	limits job.Limits
	tenant string
}

// flights are all that are under way. Its zero value is ready.
type flights struct {
	mu  sync.Mutex
	all map[flightKey]*flight
}

// join waits for the flight of a job, and begins it if there is none and may
// has nothing against it. It returns with ctx's error when ctx ends before.
func (fs *flights) join(ctx context.Context, key flightKey, may func() error, compile func(context.Context) (Answer, error)) (Answer, error) {
	f, joined, err := fs.board(ctx, key, may, compile)
	if err != nil {
		return Answer{}, err
	}
	select {
	case <-f.done:
		answer := f.answer
		answer.Coalesced = joined && !answer.Cached
		return answer, f.err
	case <-ctx.Done():
		fs.leave(key, f)
		return Answer{}, context.Cause(ctx)
	}
}

func (fs *flights) board(ctx context.Context, key flightKey, may func() error, compile func(context.Context) (Answer, error)) (f *flight, joined bool, err error) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f := fs.all[key]; f != nil {
		f.waiting++
		return f, true, nil
	}
	if err := may(); err != nil {
		return nil, false, err
	}
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f = &flight{cancel: cancel, done: make(chan struct{}), waiting: 1}
	if fs.all == nil {
		fs.all = make(map[flightKey]*flight)
	}
	fs.all[key] = f
	go func() {
		defer cancel()
		f.answer, f.err = safely(own, compile)
		fs.mu.Lock()
		fs.forget(key, f)
		fs.mu.Unlock()
		close(f.done)
	}()
	return f, false, nil
}

// leave is for one who does not wait any longer.
func (fs *flights) leave(key flightKey, f *flight) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f.waiting--; f.waiting == 0 {
		fs.forget(key, f)
		f.cancel()
	}
}

// Precondition: mu held.
func (fs *flights) forget(key flightKey, f *flight) {
	if fs.all[key] == f {
		delete(fs.all, key)
	}
}

// safely makes an error of a panic: on a goroutine of its own it would end the
// daemon.
func safely(ctx context.Context, compile func(context.Context) (Answer, error)) (answer Answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			answer, err = Answer{}, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return compile(ctx)
}
