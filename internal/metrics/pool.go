package metrics

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fumehood/fumehood/internal/pool"
	"github.com/fumehood/fumehood/internal/selftest"
)

// Pool is what the collector needs of pool.Pool.
type Pool interface{ Stats() pool.Stats }

var _ Pool = (*pool.Pool)(nil)

// A number is a field of pool.Stats as a metric, with the label kind. A new
// field takes one line.
type number struct {
	description *prometheus.Desc
	is          prometheus.ValueType
	of          func(pool.Stats) float64
}

const (
	gauge   = prometheus.GaugeValue
	counter = prometheus.CounterValue
)

var numbers = []number{
	of("ready", "Whether a box is up and takes jobs.", gauge, func(s pool.Stats) float64 { return bit(s.Ready) }),
	of("jobs_total", "Jobs given to a cell.", counter, func(s pool.Stats) float64 { return float64(s.Jobs) }),
	of("jobs_waited_total", "Jobs that found no parked cell.", counter, func(s pool.Stats) float64 { return float64(s.Missed) }),
	of("cells_target", "Cells that are to be parked, by the demand and the budget.", gauge, func(s pool.Stats) float64 { return float64(s.Target) }),
	of("cells_leaked_total", "Cells whose death was not reported in time, so that their box was destroyed. Must be 0.", counter, func(s pool.Stats) float64 { return float64(s.Leaked) }),
	of("cell_bytes", "Memory that a parked cell has of its own, as measured when its box started.", gauge, func(s pool.Stats) float64 { return float64(s.CellBytes) }),
	of("parked_bytes", "Memory that all parked cells have of their own, by cell_bytes.", gauge, func(s pool.Stats) float64 { return float64(s.Parked) * float64(s.CellBytes) }),
	of("forks_total", "Cells that were forked and have parked.", counter, func(s pool.Stats) float64 { return float64(s.Fork.Count) }),
	of("forking_seconds_total", "Time in which a zygote had a cell to fork.", counter, func(s pool.Stats) float64 { return s.Forking.Seconds() }),
	of("cells_parked", "Cells that wait for a job.", gauge, func(s pool.Stats) float64 { return float64(s.Parked) }),
	of("cells_running", "Cells that have a job.", gauge, func(s pool.Stats) float64 { return float64(s.Running) }),
	of("cells_dying", "Cells whose job is over and whose death is not reported.", gauge, func(s pool.Stats) float64 { return float64(s.Dying) }),
	of("boxes", "Boxes that are up, those that drain included.", gauge, func(s pool.Stats) float64 { return float64(len(s.Boxes)) }),
	of("boxes_started_total", "Boxes that have come up.", counter, func(s pool.Stats) float64 { return float64(s.Generations) }),
	of("boxes_recycled_total", "Boxes replaced for the number of their cells or their age.", counter, func(s pool.Stats) float64 { return float64(s.Recycled) }),
	of("boxes_retired_total", "Boxes replaced after a cell died as if it had looked for a hole.", counter, func(s pool.Stats) float64 { return float64(s.Retired) }),
	of("boxes_lost_total", "Boxes that went down by themselves or were destroyed.", counter, func(s pool.Stats) float64 { return float64(s.Lost) }),
	of("boxes_dismissed_total", "Boxes ended because those beside them were enough.", counter, func(s pool.Stats) float64 { return float64(s.Dismissed) }),
	of("retirement_pending", "Whether the box waits for its retirement.", gauge, func(s pool.Stats) float64 { return bit(s.PendingRetirement) }),
}

func of(name, help string, is prometheus.ValueType, value func(pool.Stats) float64) number {
	return number{ofKind(name, help), is, value}
}

func ofKind(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("fumehood_pool_"+name, help, []string{"kind"}, nil)
}

// A timing is a pool.Histogram as a metric, with the label kind.
type timing struct {
	description *prometheus.Desc
	of          func(pool.Stats) pool.Histogram
}

var timings = []timing{
	{ofKind("wait_seconds", "Time that a job waited for a cell, once it had a turn."), func(s pool.Stats) pool.Histogram { return s.Wait }},
	{ofKind("fork_seconds", "Time from a cell's opening until it was parked."), func(s pool.Stats) pool.Histogram { return s.Fork }},
	{ofKind("teardown_seconds", "Time from a hang-up until the cell's death was reported."), func(s pool.Stats) pool.Histogram { return s.Teardown }},
}

func (t timing) metric(s pool.Stats) prometheus.Metric {
	h := t.of(s)
	buckets := make(map[float64]uint64, len(h.Buckets))
	for bound, n := range h.Buckets {
		buckets[bound.Seconds()] = n
	}
	return prometheus.MustNewConstHistogram(t.description, h.Count, h.Sum.Seconds(), buckets, s.Kind)
}

// cellDeaths has a series for each way to die.
var cellDeaths = prometheus.NewDesc("fumehood_pool_cell_deaths_total", "How cells ended.", []string{"kind", "death"}, nil)

// wallActive has a series for each wall: what a box that serves may lack is
// what the operator accepts.
var wallActive = prometheus.NewDesc("fumehood_wall_active", "Whether the self-test found the wall around the box that serves.", []string{"kind", "wall"}, nil)

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// poolCollector reads the pools each time that somebody asks.
type poolCollector []Pool

func (poolCollector) Describe(to chan<- *prometheus.Desc) {
	for _, n := range numbers {
		to <- n.description
	}
	for _, t := range timings {
		to <- t.description
	}
	to <- cellDeaths
	to <- wallActive
}

func (c poolCollector) Collect(to chan<- prometheus.Metric) {
	for _, p := range c {
		stats := p.Stats()
		for _, n := range numbers {
			to <- prometheus.MustNewConstMetric(n.description, n.is, n.of(stats), stats.Kind)
		}
		for _, t := range timings {
			to <- t.metric(stats)
		}
		for death, n := range stats.Deaths {
			to <- prometheus.MustNewConstMetric(cellDeaths, counter, float64(n), stats.Kind, string(death))
		}
		for _, w := range selftest.Walls {
			active := stats.Ready && !slices.Contains(stats.Missing, w.Name)
			to <- prometheus.MustNewConstMetric(wallActive, gauge, bit(active), stats.Kind, w.Name)
		}
	}
}
