package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

const (
	recordEngine  = 1
	recordReady   = 2
	recordExited  = 3
	recordRefused = 4
	recordSlow    = 5
	recordDrain   = 16
	recordNice    = 17
)

// A Record is one fixed-size message on the control connection:
//
//	0      4 5 6  8        16                                                64
//	┌──────┬─┬─┬──┬────────┬──────────────────────────────────────────────────┐
//	│magic │v│k│ 0│ cell id│ as the kind has it                               │
//	└──────┴─┴─┴──┴────────┴──────────────────────────────────────────────────┘
//
// It is one of Engine, Ready, Exited, Refused, Slow (from the zygote), Drain and
// Nice (from the daemon).
type Record interface{ append(b []byte) []byte }

// Engine names one engine that the box has loaded. Name has 15 bytes at most,
// Version 31.
type Engine struct{ Name, Version string }

// Ready ends the list of engines: from now on the box takes cells.
type Ready struct {
	// Without has a bit for each wall that the policy left out: 0.
	Without uint32
	// LandlockABI of the kernel as the box sees it.
	LandlockABI uint32
	// PIDNamespace is the inode of the zygote's pid namespace.
	PIDNamespace uint64
	// RSSKiB is the zygote's resident size before its first fork.
	RSSKiB uint32
}

// Exited reports that a cell is dead and reaped.
type Exited struct {
	CellID uint64
	// Status is the wait status, as wait4(2) gives it.
	Status uint32
	// MaxRSSKiB includes the pages it shared with the zygote.
	MaxRSSKiB    uint32
	User, System time.Duration
	// Forked and Reaped count the box's cells so far.
	Forked, Reaped uint64
	// Killed: the zygote saw the connection end and killed the cell.
	Killed bool
}

// Refused reports that the zygote could not fork a cell.
type Refused struct {
	CellID uint64
	// Errno is fork's.
	Errno uint32
}

// Drain asks the box to take no more cells and to end with its last.
type Drain struct{}

// Slow reports that a Nice with a time to wait for was obeyed.
type Slow struct {
	CellID uint64
	// Used is the processor time that the cell has used since its fork.
	Used time.Duration
}

// Nice asks the zygote to lower a cell's priority, with all of its threads, if
// it has used enough. A cell that is gone meanwhile is passed over.
type Nice struct {
	CellID uint64
	// Value is as nice(2) has it, from 0 to 19.
	Value uint32
	// After is the processor time that the cell must have used since its fork,
	// an hour at most. 0 is any, and is not answered.
	After time.Duration
}

func start(kind uint8, cell uint64) [RecordBytes]byte {
	var p [RecordBytes]byte
	binary.BigEndian.PutUint32(p[0:], magicRecord)
	p[4] = Version
	p[5] = kind
	binary.BigEndian.PutUint64(p[8:], cell)
	return p
}

func (r Engine) append(b []byte) []byte {
	p := start(recordEngine, 0)
	copy(p[16:31], r.Name)
	copy(p[32:63], r.Version)
	return append(b, p[:]...)
}

func (r Ready) append(b []byte) []byte {
	p := start(recordReady, 0)
	binary.BigEndian.PutUint32(p[16:], r.Without)
	binary.BigEndian.PutUint32(p[20:], r.LandlockABI)
	binary.BigEndian.PutUint64(p[24:], r.PIDNamespace)
	binary.BigEndian.PutUint32(p[32:], r.RSSKiB)
	return append(b, p[:]...)
}

func (r Exited) append(b []byte) []byte {
	p := start(recordExited, r.CellID)
	binary.BigEndian.PutUint32(p[16:], r.Status)
	binary.BigEndian.PutUint32(p[20:], r.MaxRSSKiB)
	binary.BigEndian.PutUint64(p[24:], uint64(r.User.Microseconds()))
	binary.BigEndian.PutUint64(p[32:], uint64(r.System.Microseconds()))
	binary.BigEndian.PutUint64(p[40:], r.Forked)
	binary.BigEndian.PutUint64(p[48:], r.Reaped)
	if r.Killed {
		p[59] = 1
	}
	return append(b, p[:]...)
}

func (r Refused) append(b []byte) []byte {
	p := start(recordRefused, r.CellID)
	binary.BigEndian.PutUint32(p[16:], r.Errno)
	return append(b, p[:]...)
}

func (r Drain) append(b []byte) []byte {
	p := start(recordDrain, 0)
	return append(b, p[:]...)
}

func (r Nice) append(b []byte) []byte {
	p := start(recordNice, r.CellID)
	binary.BigEndian.PutUint32(p[16:], r.Value)
	binary.BigEndian.PutUint32(p[20:], uint32(r.After.Microseconds()))
	return append(b, p[:]...)
}

func (r Slow) append(b []byte) []byte {
	p := start(recordSlow, r.CellID)
	binary.BigEndian.PutUint64(p[16:], uint64(r.Used.Microseconds()))
	return append(b, p[:]...)
}

// WriteRecord writes one record.
func WriteRecord(w io.Writer, r Record) error {
	_, err := w.Write(r.append(nil))
	return err
}

// ReadRecord reads one record. It returns io.EOF at a clean end, ErrMalformed
// for anything that is no record.
func ReadRecord(r io.Reader) (Record, error) {
	var p [RecordBytes]byte
	if _, err := io.ReadFull(r, p[:]); err != nil {
		return nil, err
	}
	if binary.BigEndian.Uint32(p[0:]) != magicRecord || p[4] != Version {
		return nil, fmt.Errorf("record: %w", ErrMalformed)
	}
	cell := binary.BigEndian.Uint64(p[8:])
	switch p[5] {
	case recordEngine:
		return Engine{Name: text(p[16:31]), Version: text(p[32:63])}, nil
	case recordReady:
		return Ready{
			Without:      binary.BigEndian.Uint32(p[16:]),
			LandlockABI:  binary.BigEndian.Uint32(p[20:]),
			PIDNamespace: binary.BigEndian.Uint64(p[24:]),
			RSSKiB:       binary.BigEndian.Uint32(p[32:]),
		}, nil
	case recordExited:
		return Exited{
			CellID:    cell,
			Status:    binary.BigEndian.Uint32(p[16:]),
			MaxRSSKiB: binary.BigEndian.Uint32(p[20:]),
			User:      microseconds(p[24:]),
			System:    microseconds(p[32:]),
			Forked:    binary.BigEndian.Uint64(p[40:]),
			Reaped:    binary.BigEndian.Uint64(p[48:]),
			Killed:    binary.BigEndian.Uint32(p[56:]) != 0,
		}, nil
	case recordRefused:
		return Refused{CellID: cell, Errno: binary.BigEndian.Uint32(p[16:])}, nil
	case recordDrain:
		return Drain{}, nil
	case recordNice:
		return Nice{
			CellID: cell, Value: binary.BigEndian.Uint32(p[16:]),
			After: time.Duration(binary.BigEndian.Uint32(p[20:])) * time.Microsecond,
		}, nil
	case recordSlow:
		return Slow{CellID: cell, Used: microseconds(p[16:])}, nil
	}
	return nil, fmt.Errorf("record of kind %d: %w", p[5], ErrMalformed)
}

// text is a NUL-padded string.
func text(b []byte) string {
	before, _, _ := bytes.Cut(b, []byte{0})
	return string(before)
}

// microseconds caps what it reads at a day, so that sums cannot overflow.
func microseconds(b []byte) time.Duration {
	const day = uint64(24 * time.Hour / time.Microsecond)
	return time.Duration(min(binary.BigEndian.Uint64(b), day)) * time.Microsecond
}
