package server

import (
	"bytes"
	"hash/maphash"
	"sync/atomic"

	"github.com/fumehood/fumehood/internal/render"
)

// asked remembers what bodies have asked, of those that were answered from the
// cache: who asks the same again, byte for byte, is not read, checked and hashed
// again, which takes as long as all else of a hit. A body is at one place, and the
// next one that belongs there takes it. Nothing in it is ever out of date: what a
// body asks does not change while the daemon runs, and the answer is looked for
// each time. Its zero value is ready; it is safe for concurrent use.
type asked struct {
	places [askedPlaces]atomic.Pointer[askedBody]
}

// The most that it holds is askedPlaces times askedBytes, and as much again for
// the questions: 16 MiB.
const (
	askedPlaces = 1024
	askedBytes  = 8 << 10
)

type askedBody struct {
	tenant   string
	body     []byte
	question *render.Question
}

// askedSeed makes places unpredictable: nobody can aim at another's.
var askedSeed = maphash.MakeSeed()

func (a *asked) place(tenant string, body []byte) *atomic.Pointer[askedBody] {
	var h maphash.Hash
	h.SetSeed(askedSeed)
	h.WriteString(tenant)
	h.WriteByte(0)
	h.Write(body)
	return &a.places[h.Sum64()%askedPlaces]
}

// find is what a tenant's body asks, nil if that has to be found out.
func (a *asked) find(tenant string, body []byte) *render.Question {
	known := a.place(tenant, body).Load()
	if known == nil || known.tenant != tenant || !bytes.Equal(known.body, body) {
		return nil
	}
	return known.question
}

// keep remembers what a body asks, unless it is too long.
func (a *asked) keep(tenant string, body []byte, q *render.Question) {
	if len(body) > askedBytes {
		return
	}
	a.place(tenant, body).Store(&askedBody{tenant, bytes.Clone(body), q})
}
