package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
)

// serveStatic answers every request with what standard input holds, and prints
// where: the least that a server in Go does for an answer of that length. It
// leaves processors as serve does.
func serveStatic(ctx context.Context, s streams) error {
	leaveProcessors()
	body, err := io.ReadAll(io.LimitReader(s.in, maxInput))
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return unavailable(err, "")
	}
	length := strconv.Itoa(len(body))
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A request is read whole, as the daemon must.
		if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxInput)); err != nil {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", length)
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
