package pool

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Run keeps a box running, and more beside it while one is not enough, until
// ctx ends; then it ends all boxes, cutting off whatever still runs in them.
// It returns the error of the first start: later ones are logged and tried
// again.
func (p *Pool) Run(ctx context.Context, started chan<- struct{}) error {
	defer p.closeAll()
	l := p.add()
	first, err := l.begin(ctx)
	if err != nil {
		return err
	}
	close(started)
	var keepers sync.WaitGroup
	defer keepers.Wait()
	keepers.Go(func() { l.keep(ctx, first) })
	p.watch(ctx, &keepers)
	return nil
}

// watch forgets old demand, and starts and ends boxes beside the first, until
// ctx ends.
func (p *Pool) watch(ctx context.Context, keepers *sync.WaitGroup) {
	turns := time.NewTicker(p.config.Window / remembered)
	defer turns.Stop()
	var looks <-chan time.Time // none, where no second box may come
	if p.config.Boxes.Most > 1 {
		ticker := time.NewTicker(p.config.Boxes.interval())
		defer ticker.Stop()
		looks = ticker.C
	}
	strain := strain{boxes: p.config.Boxes, last: p.look(), allowed: 1}
	var others []context.CancelFunc
	// Each ends with ctx as well.
	defer func() {
		for _, end := range others {
			end()
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-turns.C:
			p.appetite.turn()
		case <-looks:
			switch strain.judge(p.look()) {
			case more:
				life, end := context.WithCancel(ctx)
				others = append(others, end)
				keepers.Go(func() { p.keepAnother(ctx, life) })
			case fewer:
				last := len(others) - 1
				others[last]()
				others = others[:last]
			}
		}
	}
}

// keepAnother keeps boxes beside the first until life ends, which ctx ends as
// well.
func (p *Pool) keepAnother(ctx, life context.Context) {
	l := p.add()
	defer p.remove(l)
	t, err := l.begin(life)
	if err != nil {
		if life.Err() != nil {
			return
		}
		p.log.Error("second box not started", "err", err)
		if t = l.beginAgain(life, nil); t == nil {
			return
		}
	}
	p.log.Info("jobs wait for forks, one box more serves", "box", t.box.ID)
	if t = l.keep(life, t); t != nil && ctx.Err() == nil {
		p.log.Info("one box less will do", "box", t.box.ID, "forked", t.forked.Load())
		p.finish(t, dismissed)
	}
}

func (p *Pool) add() *lineage {
	l := &lineage{pool: p}
	p.mu.Lock()
	p.lineages = append(p.lineages, l)
	p.mu.Unlock()
	return l
}

func (p *Pool) remove(l *lineage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lineages = slices.DeleteFunc(p.lineages, func(other *lineage) bool { return other == l })
	p.spread()
}

// aim has the pool park so many cells.
func (p *Pool) aim(cells int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = cells
	p.spread()
}

// spread divides the parked cells between the boxes that serve. It wants mu to
// be held.
func (p *Pool) spread() {
	serving := p.serving()
	for at, t := range serving {
		t.level.set((p.target + len(serving) - 1 - at) / len(serving))
	}
}

// serving lists the boxes that take jobs. It wants mu to be held.
func (p *Pool) serving() []*tenure {
	var all []*tenure
	for _, l := range p.lineages {
		if l.serving != nil {
			all = append(all, l.serving)
		}
	}
	return all
}

// finish ends a tenure once its running cells are done, in the background.
func (p *Pool) finish(t *tenure, why ending) {
	if isClosed(t.box.Down()) {
		why = lost
	}
	p.unserve(t)
	p.mu.Lock()
	p.ended[why]++
	p.mu.Unlock()
	t.stop()
	t.box.Drain()
	go func() {
		t.cells.Wait()
		p.end(t)
		close(t.ended)
	}()
}

// unserve has a tenure count as the serving one no longer.
func (p *Pool) unserve(t *tenure) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.lineages {
		if l.serving == t {
			l.serving = nil
			p.spread()
		}
	}
}

func (p *Pool) end(t *tenure) {
	if err := t.box.Close(); err != nil {
		p.log.Error("box not closed", "box", t.box.ID, "err", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, there := p.tenures[t]; there {
		delete(p.tenures, t)
		p.forking += t.forking.read()
	}
}

// closeAll ends every box at once and waits for the cells' goroutines.
func (p *Pool) closeAll() {
	p.mu.Lock()
	p.lineages = nil
	var all []*tenure
	for t := range p.tenures {
		all = append(all, t)
	}
	p.mu.Unlock()
	var done sync.WaitGroup
	for _, t := range all {
		done.Go(func() {
			t.stop()
			p.end(t)
			t.cells.Wait()
		})
	}
	done.Wait()
}
