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
	// Files are the request's own, for the source to import, sorted by name.
	// They never touch a disk.
	Files []File
	// Then is what the output goes through next, in order, each step in a
	// cell of its own.
	Then []Step
	// Tenant is whose job it is, for accounts and turns; empty for callers
	// without a token.
	Tenant string
	// Partition is who may be given its answer again: the tenant's name, or
	// SharedPartition for everybody.
	Partition string
	Limits    Limits
}

// SharedPartition is the partition that all tenants have together. No tenant's
// name has a star.
const SharedPartition = "*"

// MaxFiles is how many files a job may have beside its source. The shim has
// the same number (cell.c).
const (
	MaxFiles = 100
	// MaxFileName bounds the bytes of a file's name.
	MaxFileName = 200
)

// File is a named source. Its text is as the job's own source is.
type File struct{ Name, Source string }

// Step is a compile of what the one before it put out.
type Step struct {
	Language, Engine, Image string
	Options                 []byte
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
	// Source and Options bound what a caller sends: Source the job's source
	// and files together, Options also the locals.
	Source, Options Bytes
	// Output and Diagnostics bound what a cell sends. Output bounds the
	// source map as well.
	Output, Diagnostics Bytes
}

// Timing says where a job's time went. Every step is measured once, here;
// logs and receipts read these numbers.
type Timing struct {
	// Queue is from the job's admission to having a parked cell.
	Queue time.Duration
	// Compile is from sending the job to having the whole result.
	Compile time.Duration
	// CPU and Peak are the cell's processor time since its fork and largest
	// resident size, zygote's pages included. Of a cell that gave a result it
	// is the cell's own word, kept within its limits: an answer does not wait
	// for the cell's death. They are zero when the cell was cut off.
	CPU  time.Duration
	Peak Bytes
}

// Text returns the text that a diagnostic with that file is about, and whether
// the job has it.
func (j Job) Text(file string) (string, bool) {
	if file == "" {
		return j.Source, true
	}
	for _, f := range j.Files {
		if f.Name == file {
			return f.Source, true
		}
	}
	return "", false
}
