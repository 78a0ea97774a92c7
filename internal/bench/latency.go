package bench

import (
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// Latencies are kept from a microsecond to ten minutes, to three digits.
const (
	longest = 10 * time.Minute
	digits  = 3
)

func newHistogram() *hdr.Histogram {
	return hdr.New(1, longest.Microseconds(), digits)
}

// record adds a latency. What is over the longest counts as the longest.
func record(h *hdr.Histogram, d time.Duration) {
	// It refuses only what is out of range.
	_ = h.RecordValue(min(max(d, time.Microsecond), longest).Microseconds())
}

// Latency sums up how long answers took, in milliseconds.
type Latency struct {
	Count int64   `json:"count"`
	Min   float64 `json:"min_ms"`
	Mean  float64 `json:"mean_ms"`
	P50   float64 `json:"p50_ms"`
	P90   float64 `json:"p90_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p99_9_ms"`
	Max   float64 `json:"max_ms"`
	// Histogram is all of them, in microseconds: HdrHistogram's compressed V2 in
	// base 64, which its tools read too.
	Histogram string `json:"histogram,omitempty"`
}

func latencyOf(h *hdr.Histogram) Latency {
	ms := func(us int64) float64 { return float64(us) / 1000 }
	l := Latency{
		Count: h.TotalCount(), Min: ms(h.Min()), Mean: h.Mean() / 1000, Max: ms(h.Max()),
		P50: ms(h.ValueAtQuantile(50)), P90: ms(h.ValueAtQuantile(90)), P99: ms(h.ValueAtQuantile(99)), P999: ms(h.ValueAtQuantile(99.9)),
	}
	if l.Count == 0 {
		return Latency{}
	}
	if text, err := h.Encode(hdr.V2CompressedEncodingCookieBase); err == nil {
		l.Histogram = string(text)
	}
	return l
}
