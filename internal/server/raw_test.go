package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/render"
)

// Requests that a client library would not send, over a real connection: each
// has its answer, and none gets as far as a compile.
func TestRawRequests(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	l := listen(t, nil, func(ctx context.Context, r render.Request) (render.Answer, error) {
		asked.Add(1)
		return compiled(ctx, r)
	})
	const get = "GET /healthz HTTP/1.1\r\nHost: x\r\n"
	tests := []struct {
		name, raw string
		status    int
	}{
		{"10 GiB announced", head + "Content-Length: 10737418240\r\n\r\n{", 413},
		{"a number of 100 MB", head + "Content-Length: 100000000\r\n\r\n" + strings.Repeat("9", 1<<16), 413},
		{"length beyond numbers", head + "Content-Length: 99999999999999999999\r\n\r\n", 400},
		{"negative length", head + "Content-Length: -1\r\n\r\n", 400},
		{"two lengths", head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400},
		{"length list", head + "Content-Length: 2, 3\r\n\r\n{}", 400},
		{"length with a sign", head + "Content-Length: +2\r\n\r\n{}", 400},
		{"unknown transfer encoding", head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
		{"two transfer encodings", head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
		{"chunk size with a sign", head + "Transfer-Encoding: chunked\r\n\r\n-1\r\n{\r\n0\r\n\r\n", 400},
		{"chunk without end of line", head + "Transfer-Encoding: chunked\r\n\r\n1\r\n{x0\r\n\r\n", 400},
		{"long chunk extension", head + "Transfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", 20_000) + "\r\n{\r\n0\r\n\r\n", 400},
		{"gzip", head + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415},
		{"br", head + "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}", 415},
		{"deflate", head + "Content-Encoding: deflate\r\nContent-Length: 2\r\n\r\n{}", 415},
		{"identity, then gzip", head + "Content-Encoding: identity\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415},
		{"gzip twice", head + "Content-Encoding: gzip, gzip\r\nContent-Length: 2\r\n\r\n{}", 415},
		{"two types", head + "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415},
		{"a megabyte of head", get + "X: " + strings.Repeat("x", 1<<20) + "\r\n\r\n", 431},
		{"10,000 fields", get + strings.Repeat("X: y\r\n", 10_000) + "\r\n", 431},
		{"a long path", "GET /" + strings.Repeat("x", 1<<16) + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
		{"no host", "GET /healthz HTTP/1.1\r\n\r\n", 400},
		{"two hosts", get + "Host: y\r\n\r\n", 400},
		{"host that is none", "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
		{"folded field", get + "X: y\r\n z\r\n\r\n", 200},
		{"space before the colon", get + "X : y\r\n\r\n", 400},
		{"NUL in a field", get + "X: a\x00b\r\n\r\n", 400},
		{"NUL in the path", "GET /health\x00z HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"encoded NUL", "GET /healthz%00 HTTP/1.1\r\nHost: x\r\n\r\n", 404},
		{"encoded slash", "GET /v1%2flimits HTTP/1.1\r\nHost: x\r\n\r\n", 404},
		{"encoded dots", "GET /x/%2e%2e/healthz HTTP/1.1\r\nHost: x\r\n\r\n", 404},
		{"unknown method", "BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 405},
		{"method that is none", "GE(T /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"CONNECT", "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n", 404},
		{"TRACE", "TRACE /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 405},
		{"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 404},
		{"absolute form of our own", "GET http://elsewhere.example/healthz HTTP/1.1\r\nHost: x\r\n\r\n", 200},
		{"absolute form of a page", "GET http://elsewhere.example/ HTTP/1.1\r\nHost: x\r\n\r\n", 404},
		{"HTTP/0.9", "GET /healthz\r\n\r\n", 400},
		{"HTTP/3.0", "GET /healthz HTTP/3.0\r\nHost: x\r\n\r\n", 505},
		{"HTTP/2 by prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + strings.Repeat("\x00\x00\x00\x04\x00\x00\x00\x00\x00", 1000), 404},
		{"upgrade to HTTP/2", get + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n", 200},
		{"upgrade to a web socket", get + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", 200},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("a", 600) + "\r\n\r\n", 400},
	}
	for _, test := range tests {
		began := time.Now()
		response, body := ask(t, l.dial(t), test.raw)
		if response.StatusCode != test.status || response.ProtoMajor != 1 {
			t.Errorf("%s: %s %d %.200q, want %d", test.name, response.Proto, response.StatusCode, body, test.status)
		}
		if took := time.Since(began); took > patience/2 {
			t.Errorf("%s: answered after %v", test.name, took)
		}
		for _, name := range []string{"Server", "Access-Control-Allow-Origin", "Location", "Upgrade"} {
			if value := response.Header.Get(name); value != "" {
				t.Errorf("%s: the answer has %s: %s", test.name, name, value)
			}
		}
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("%d compiles were asked for", n)
	}
	l.serves(t)
}

// A body without an end is read no further than its limit.
func TestEndlessChunks(t *testing.T) {
	t.Parallel()
	l := listen(t, nil, compiled)
	c := l.dial(t)
	var sent atomic.Int64
	go func() {
		io.WriteString(c, head+"Transfer-Encoding: chunked\r\n\r\n")
		chunk := "1000\r\n" + strings.Repeat(" ", 0x1000) + "\r\n"
		for {
			n, err := io.WriteString(c, chunk)
			if sent.Add(int64(n)); err != nil {
				return
			}
		}
	}()
	if response, body := answerTo(t, c); response.StatusCode != 413 {
		t.Errorf("%d %s, want 413", response.StatusCode, body)
	}
	if !isClosed(c) {
		t.Errorf("open after %v and %d bytes", patience, sent.Load())
	}
}

// A second request hidden in the body of a first is never taken for one: what
// came in chunks is the last on its connection, whatever length came with it.
func TestNothingBehindChunks(t *testing.T) {
	t.Parallel()
	l := listen(t, nil, compiled)
	chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(smallBody), smallBody)
	for name, fields := range map[string]string{
		"chunks":                    "Transfer-Encoding: chunked\r\n\r\n",
		"chunks, and a length":      "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
		"a length, and chunks":      fmt.Sprintf("Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n", len(chunked)+100),
		"chunks by another writing": "Transfer-Encoding: CHUNKED\r\nContent-Length: 0\r\n\r\n",
	} {
		c := l.dial(t)
		go io.WriteString(c, head+fields+chunked+"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		text, err := io.ReadAll(c)
		if n := strings.Count(string(text), "HTTP/1.1 "); n != 1 || !strings.HasPrefix(string(text), "HTTP/1.1 200 ") {
			t.Errorf("%s: %d answers, %v: %.300q, want one", name, n, err, text)
		}
	}
}

// Requests in a row on one connection are answered in turn.
func TestPipeline(t *testing.T) {
	t.Parallel()
	l := listen(t, nil, compiled)
	c := l.dial(t)
	go io.WriteString(c, strings.Repeat(whole(smallBody), 50))
	r := bufio.NewReader(c)
	for i := range 50 {
		response, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != 200 {
			t.Errorf("request %d: %d, %v", i, response.StatusCode, err)
		}
	}
}
