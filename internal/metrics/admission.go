package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/fumehood/fumehood/internal/admit"
)

// Admission is what the collector needs of render.Renderer.
type Admission interface{ Admission() admit.Stats }

var (
	admitted     = prometheus.NewDesc("fumehood_admission_running", "Compiles that run, by whether they hold a turn or have given it back.", []string{"turn"}, nil)
	inLine       = prometheus.NewDesc("fumehood_admission_waiting", "Compiles that wait for their turn.", nil, nil)
	gaveTurnBack = prometheus.NewDesc("fumehood_admission_slow_total", "Compiles that took long and gave their turn back.", nil, nil)
	refused      = prometheus.NewDesc("fumehood_admission_refused_total", "Compiles that were refused, and why.", []string{"reason"}, nil)
)

// admissionCollector reads the counters each time that somebody asks.
type admissionCollector struct{ of Admission }

func (admissionCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{admitted, inLine, gaveTurnBack, refused} {
		to <- d
	}
}

func (c admissionCollector) Collect(to chan<- prometheus.Metric) {
	s := c.of.Admission()
	to <- prometheus.MustNewConstMetric(admitted, gauge, float64(s.Brisk), "held")
	to <- prometheus.MustNewConstMetric(admitted, gauge, float64(s.Running-s.Brisk), "given_back")
	to <- prometheus.MustNewConstMetric(inLine, gauge, float64(s.Waiting))
	to <- prometheus.MustNewConstMetric(gaveTurnBack, counter, float64(s.Slow))
	for reason, n := range s.Refused {
		to <- prometheus.MustNewConstMetric(refused, counter, float64(n), string(reason))
	}
}
