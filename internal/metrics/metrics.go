// Package metrics holds every collector: what the pools say of themselves when
// somebody asks, and what the server counts as it answers. Each label takes its
// values from a closed set, so that no caller can make a series. It measures
// nothing itself and decides nothing. It is called by server, and made by cmd.
package metrics

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
)

// Metrics counts what a daemon does. It is safe for concurrent use.
type Metrics struct {
	registry    *prometheus.Registry
	requests    *prometheus.CounterVec
	compiles    *prometheus.CounterVec
	queue       prometheus.Histogram
	compile     *prometheus.HistogramVec
	connections prometheus.Gauge
	evicted     prometheus.Counter
	coalesced   prometheus.Counter
	items       prometheus.Counter
}

// seconds are the buckets of both histograms, from 100 µs to the default wall
// time of a compile.
var seconds = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3}

// New makes the collectors of a daemon with these pools.
func New(pools []Pool) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fumehood_http_requests_total", Help: "Requests answered, by the class of the status; 499 counts as 4xx.",
		}, []string{"code"}),
		compiles: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fumehood_compiles_total", Help: "Requests for a compile, by language and what became of them.",
		}, []string{"language", "outcome"}),
		queue: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "fumehood_queue_seconds", Help: "Time that a compile waited for a turn and a cell.", Buckets: seconds,
		}),
		compile: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "fumehood_compile_seconds", Help: "Time that a compile took in its cell or cells.", Buckets: seconds,
		}, []string{"language"}),
		connections: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "fumehood_http_connections", Help: "Clients connected.",
		}),
		evicted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fumehood_http_connections_evicted_total", Help: "Connections closed because there were too many.",
		}),
		coalesced: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fumehood_coalesced_total", Help: "Requests answered by an equal one's compile.",
		}),
		items: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fumehood_batch_items_total", Help: "Items of batches.",
		}),
	}
	m.registry.MustRegister(
		m.requests, m.compiles, m.queue, m.compile, m.connections, m.evicted, m.coalesced, m.items, poolCollector(pools),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// WatchAdmission adds the counters of who is admitted.
func (m *Metrics) WatchAdmission(a Admission) {
	m.registry.MustRegister(admissionCollector{a})
}

// Handler shows all of it in Prometheus's text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{DisableCompression: true, MaxRequestsInFlight: 4})
}

// Answered counts an answer.
func (m *Metrics) Answered(status int) {
	class := "other"
	if status >= 100 && status < 600 {
		class = strconv.Itoa(status/100) + "xx"
	}
	m.requests.WithLabelValues(class).Inc()
}

// Compiled counts a compile that has a result.
func (m *Metrics) Compiled(language string, r job.Result) {
	language = known(language)
	m.compiles.WithLabelValues(language, string(r.Outcome)).Inc()
	m.queue.Observe(r.Timing.Queue.Seconds())
	m.compile.WithLabelValues(language).Observe(r.Timing.Compile.Seconds())
}

// Repeated counts a request that the cache had an answer for.
func (m *Metrics) Repeated(language string, o job.Outcome) {
	m.compiles.WithLabelValues(known(language), string(o)).Inc()
}

// Coalesced counts a request that was answered by an equal one's compile.
func (m *Metrics) Coalesced(language string, o job.Outcome) {
	m.Repeated(language, o)
	m.coalesced.Inc()
}

// Item counts an item of a batch. What became of it is counted as well.
func (m *Metrics) Item() { m.items.Inc() }

// Missed is why a compile has no result. It stands where an outcome does.
type Missed string

// The reasons: the caller's request, no room or no box, our own trouble, and a
// caller who did not wait.
const (
	Invalid     Missed = "invalid"
	Unavailable Missed = "unavailable"
	Internal    Missed = "internal"
	Gone        Missed = "gone"
)

// NotCompiled counts a request for a compile that has no result. The language
// is in the caller's words.
func (m *Metrics) NotCompiled(language string, why Missed) {
	m.compiles.WithLabelValues(known(language), string(why)).Inc()
}

// unknown stands for whatever is in no table.
const unknown = "unknown"

// known is a language's own name: aliases are resolved, all else is one.
func known(language string) string {
	l, ok := lang.Find(language)
	if !ok {
		return unknown
	}
	return l.ID
}

// Connected counts a client's connection, and returns what counts its end.
func (m *Metrics) Connected() (ended func()) {
	m.connections.Inc()
	return m.connections.Dec
}

// Evicted counts a connection that was closed because there were too many.
func (m *Metrics) Evicted() { m.evicted.Inc() }
