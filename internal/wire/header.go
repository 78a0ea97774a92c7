package wire

import "encoding/binary"

// Connection says what a new connection to a box is for.
type Connection uint8

// The first connection is control, every later one a cell.
const (
	Control Connection = 1
	Cell    Connection = 2
)

// Header opens every connection: the only bytes of a cell's connection that
// the zygote reads.
//
//	0      4 5 6    8        16      20       24       28     32        36      64
//	┌──────┬─┬─┬────┬────────┬───────┬────────┬────────┬──────┬─────────┬───────┐
//	│magic │v│k│slot│ cell id│cpu s  │mem KiB │job max │  0   │policy   │ zeros │
//	└──────┴─┴─┴────┴────────┴───────┴────────┴────────┴──────┴─────────┴───────┘
type Header struct {
	Connection Connection
	// Slot picks the cell's uid. No two living cells of a box share one.
	Slot uint16
	// CellID is unique for the life of a box.
	CellID uint64
	// CPUSeconds and MemoryKiB are the most the cell's job may ask for.
	CPUSeconds, MemoryKiB uint32
	// JobBytes is the longest job body the cell will read.
	JobBytes uint32
	// PolicyBytes is the length of the policy that follows a control header.
	PolicyBytes uint32
}

// Append appends the header's HeaderBytes to b.
func (h Header) Append(b []byte) []byte {
	var p [HeaderBytes]byte
	binary.BigEndian.PutUint32(p[0:], magicHeader)
	p[4] = Version
	p[5] = uint8(h.Connection)
	binary.BigEndian.PutUint16(p[6:], h.Slot)
	binary.BigEndian.PutUint64(p[8:], h.CellID)
	binary.BigEndian.PutUint32(p[16:], h.CPUSeconds)
	binary.BigEndian.PutUint32(p[20:], h.MemoryKiB)
	binary.BigEndian.PutUint32(p[24:], h.JobBytes)
	binary.BigEndian.PutUint32(p[32:], h.PolicyBytes)
	return append(b, p[:]...)
}
