package job

import (
	"strconv"
	"time"
)

// Bytes is a size in bytes.
type Bytes int64

// Sizes in binary units.
const (
	KiB Bytes = 1 << 10
	MiB Bytes = 1 << 20
)

// Units of sizes as people write them, the largest first.
var Units = []struct {
	Name  string
	Bytes Bytes
}{{"GiB", 1 << 30}, {"MiB", MiB}, {"KiB", KiB}, {"B", 1}}

// String is the size in the largest unit that divides it: "128MiB".
func (b Bytes) String() string {
	for _, u := range Units {
		if b%u.Bytes == 0 && b >= u.Bytes {
			return strconv.FormatInt(int64(b/u.Bytes), 10) + u.Name
		}
	}
	return strconv.FormatInt(int64(b), 10) + "B"
}

// A Job is one compile, resolved and checked: its language exists, its options
// and locals passed the language's schema, its limits are within the
// operator's. A Job is immutable once made.
type Job struct {
	// Language is a canonical id of internal/lang, never an alias.
	Language string
	// Engine is "name@version" as the box reported it.
	Engine string
	// Image is the digest of the box image that will compile it.
	Image string
	// Options and Locals are JSON objects in canonical form: sorted keys, no
	// white space, defaults left out.
	Options, Locals []byte
	// Source is valid UTF-8 without NUL and without a leading BOM.
	Source string
	// Tenant partitions the cache; empty until there are tenants.
	Tenant string
	Limits Limits
}

// Limits bound one compile. The operator's are the most anybody gets; a
// caller's own may only be lower.
type Limits struct {
	// Wall is real time from the moment the cell gets the job.
	Wall time.Duration
	// CPU is processor time, counted from the cell's fork. The kernel keeps
	// it, in whole seconds: a cell ends at CPU rounded up and one second.
	CPU time.Duration
	// Memory is what a cell may map beyond what its zygote has.
	Memory Bytes
	// Source and Options bound what a caller sends; Options bounds the
	// locals as well.
	Source, Options Bytes
	// Output and Diagnostics bound what a cell sends.
	Output, Diagnostics Bytes
}

// Timing says where a job's time went. Every step is measured once, here;
// logs and receipts read these numbers.
type Timing struct {
	// Queue is from the job's admission to having a parked cell.
	Queue time.Duration
	// Compile is from sending the job to having the whole result.
	Compile time.Duration
	// CPU and Peak are the cell's processor time and largest resident size,
	// zygote's pages included, as the zygote reported them. They are zero for
	// an answer that did not wait for the cell's death, as most do not.
	CPU  time.Duration
	Peak Bytes
}
