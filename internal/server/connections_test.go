package server

import (
	"net"
	"testing"
)

// Which connection has to go, by who has how many and who waits how long.
func TestWorstConnection(t *testing.T) {
	t.Parallel()
	const now = 100
	at := func(address string, movesAgo uint64, theirs bool) *connection {
		a, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		return &connection{client: clientOf(a), theirs: theirs, since: now - movesAgo}
	}
	for name, all := range map[string][]*connection{ // the first has to go
		"longest":             {at("1.1.1.1:1", 9, true), at("2.2.2.2:1", 8, true)},
		"the crowd's":         {at("1.1.1.1:1", 1, true), at("1.1.1.1:2", 0, true), at("2.2.2.2:1", 9, true)},
		"not one at work":     {at("2.2.2.2:1", 1, true), at("1.1.1.1:1", 9, false), at("1.1.1.1:2", 9, false)},
		"an IPv6 network":     {at("[2001:db8::1]:1", 1, true), at("[2001:db8::ffff:2]:2", 0, true), at("[2001:db8:0:1::1]:1", 9, true)},
		"IPv4 within IPv6":    {at("[::ffff:1.1.1.1]:1", 1, true), at("1.1.1.1:2", 0, true), at("1.1.1.2:1", 9, true)},
		"all but one at work": {at("1.1.1.1:1", 0, true), at("2.2.2.2:1", 9, false)},
	} {
		cs := newConnections(1, nil)
		for _, c := range all {
			cs.open[&net.TCPConn{}] = c
			cs.from[c.client]++
		}
		if got := cs.worst(); got != all[0] {
			t.Errorf("%s: %+v, want %+v", name, got, all[0])
		}
	}
}
