package server

import (
	"bytes"
	"hash/maphash"
	"sync/atomic"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/render"
)

// asked remembers what bodies have asked, of those that were answered from the
// cache: who asks the same again, byte for byte, is not read, checked and hashed
// again, which takes a tenth of a hit. A body is at one place, and the next one
// that belongs there takes it. Nothing in it is ever out of date: what a body asks
// does not change while the daemon runs, and the answer is looked for each time. A
// body is forgotten when it is asked and has no answer in the cache any more, and
// when its tenant's answers are purged. Its zero value is ready; it is safe for
// concurrent use.
type asked struct {
	places [askedPlaces]atomic.Pointer[askedBody]
}

// The most that it holds is askedPlaces bodies and as many questions, each of
// askedBytes, and what structs and slices take beside the texts: 16 MiB and a bit.
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
	if len(body) > askedBytes {
		return nil
	}
	known := a.place(tenant, body).Load()
	if known == nil || known.tenant != tenant || !bytes.Equal(known.body, body) {
		return nil
	}
	return known.question
}

// keep remembers what a body asks, unless it is too long.
func (a *asked) keep(tenant string, body []byte, q *render.Question) {
	if len(body) > askedBytes || length(&q.Job) > askedBytes {
		return
	}
	a.place(tenant, body).Store(&askedBody{tenant, bytes.Clone(body), q})
}

// length is that of a job's texts: of a body that is short they may be longer, as
// numbers are in the form in which they are compared.
func length(j *job.Job) int {
	n := len(j.Source) + len(j.Options) + len(j.Locals)
	for _, f := range j.Files {
		n += len(f.Name) + len(f.Source)
	}
	for _, step := range j.Then {
		n += len(step.Options)
	}
	return n
}

// forget empties the place of a body, whosever it is by now.
func (a *asked) forget(tenant string, body []byte) {
	a.place(tenant, body).Store(nil)
}

// forgetOf forgets what a tenant has asked.
func (a *asked) forgetOf(tenant string) {
	for i := range a.places {
		if known := a.places[i].Load(); known != nil && known.tenant == tenant {
			a.places[i].CompareAndSwap(known, nil)
		}
	}
}

// forgetAll forgets everything.
func (a *asked) forgetAll() {
	for i := range a.places {
		a.places[i].Store(nil)
	}
}
