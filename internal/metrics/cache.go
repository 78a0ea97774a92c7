package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/fumehood/fumehood/internal/cache"
)

// Cache is what the collector needs of cache.Cache.
type Cache interface{ Stats() cache.Stats }

var _ Cache = (*cache.Cache)(nil)

// WatchCache adds a cache to what is shown. It is called before the first request.
func (m *Metrics) WatchCache(c Cache) { m.registry.MustRegister(cacheCollector{c}) }

// A figure is a field of cache.Stats as a metric, with the label tier.
type figure struct {
	description *prometheus.Desc
	is          prometheus.ValueType
	of          func(cache.Stats) float64
}

var figures = []figure{
	figureOf("hits_total", "Lookups that found an answer.", counter, func(s cache.Stats) float64 { return float64(s.Hits) }),
	figureOf("misses_total", "Lookups that found none.", counter, func(s cache.Stats) float64 { return float64(s.Misses) }),
	figureOf("corrupt_total", "Entries that did not match their digest, and were removed.", counter, func(s cache.Stats) float64 { return float64(s.Corrupt) }),
	figureOf("failed_total", "Errors of the tier, each a miss.", counter, func(s cache.Stats) float64 { return float64(s.Failed) }),
	figureOf("evictions_total", "Entries given up for room.", counter, func(s cache.Stats) float64 { return float64(s.Evicted) }),
	figureOf("entries", "Entries kept.", gauge, func(s cache.Stats) float64 { return float64(s.Entries) }),
	figureOf("stored_bytes", "What the entries take, all included.", gauge, func(s cache.Stats) float64 { return float64(s.Bytes) }),
}

func figureOf(name, help string, is prometheus.ValueType, value func(cache.Stats) float64) figure {
	return figure{prometheus.NewDesc("fumehood_cache_"+name, help, []string{"tier"}, nil), is, value}
}

// cacheCollector reads a cache each time that somebody asks.
type cacheCollector struct{ Cache }

func (cacheCollector) Describe(to chan<- *prometheus.Desc) {
	for _, f := range figures {
		to <- f.description
	}
}

func (c cacheCollector) Collect(to chan<- prometheus.Metric) {
	stats := c.Stats()
	for _, f := range figures {
		to <- prometheus.MustNewConstMetric(f.description, f.is, f.of(stats), stats.Tier)
	}
}
