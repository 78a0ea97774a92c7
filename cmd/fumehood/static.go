package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
)

// serveStatic answers every request with what standard input holds, and prints
// where: the least that a server in Go does for an answer of that length. What is
// a whole HTTP answer is written with its head. It leaves processors as serve does.
func serveStatic(ctx context.Context, s streams) error {
	leaveProcessors()
	body, err := io.ReadAll(io.LimitReader(s.in, maxInput))
	if err != nil {
		return err
	}
	head := http.Header{"Content-Type": {"application/json"}}
	if bytes.HasPrefix(body, []byte("HTTP/")) {
		if head, body, err = splitAnswer(body); err != nil {
			return usageError(fmt.Sprintf("standard input is no HTTP answer: %v", err), "")
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return unavailable(err, "")
	}
	head.Set("Content-Length", strconv.Itoa(len(body)))
	head.Del("Date") // net/http's own
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A request is read whole, as the daemon must.
		if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxInput)); err != nil {
			return
		}
		maps.Copy(w.Header(), head)
		// A client who left needs no answer.
		_, _ = w.Write(body)
	})}
	fmt.Fprintln(s.out, l.Addr())
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// splitAnswer takes an HTTP answer apart.
func splitAnswer(text []byte) (http.Header, []byte, error) {
	answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(text)), nil)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer.Header, body, err
}
