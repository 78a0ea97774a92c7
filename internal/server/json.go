package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fumehood/fumehood/internal/job"
)

func writeJSON(w http.ResponseWriter, status int, v any) {
	text, ok := encode(v)
	if !ok {
		status = http.StatusInternalServerError
	}
	writeBody(w, status, append(text, '\n'))
}

// encode is v as JSON; if that cannot be, an error's shape, and false.
func encode(v any) ([]byte, bool) {
	// Invalid UTF-8 cannot be in v but for an engine's fault: never a panic.
	text, err := json.Marshal(v, jsontext.AllowInvalidUTF8(true), json.Deterministic(true))
	if err != nil {
		return []byte(`{"error":{"code":"internal","field":null,"message":"answer cannot be encoded"}}`), false
	}
	return text, true
}

// mediaType returns the request's media type, or an error for a body that is
// compressed or not in UTF-8.
func mediaType(r *http.Request) (string, map[string]string, error) {
	for _, encoding := range r.Header.Values("Content-Encoding") {
		if encoding != "" && encoding != "identity" {
			return "", nil, &job.Invalid{Field: "body", Fault: job.Unsupported, Reason: "must not be compressed"}
		}
	}
	if len(r.Header.Values("Content-Type")) > 1 {
		return "", nil, &job.Invalid{Field: "body", Fault: job.Unsupported, Reason: "has more than one Content-Type"}
	}
	header := r.Header.Get("Content-Type")
	if header == "" || header == applicationJSON {
		return header, nil, nil // as nearly all say it
	}
	name, parameters, err := mime.ParseMediaType(header)
	if err != nil {
		return "", nil, &job.Invalid{Field: "body", Fault: job.Unsupported, Reason: "has a Content-Type that cannot be read"}
	}
	if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return "", nil, &job.Invalid{Field: "body", Fault: job.Unsupported, Reason: "must be in UTF-8"}
	}
	return name, parameters, nil
}

// readBody reads a body of at most limit bytes.
func readBody(w http.ResponseWriter, r *http.Request, limit job.Bytes) ([]byte, error) {
	tooMuch := func() error {
		return &job.Invalid{Field: "body", Fault: job.TooLarge, Reason: fmt.Sprintf("has more than %d bytes", limit)}
	}
	if r.ContentLength > int64(limit) {
		return nil, tooMuch()
	}
	text, err := readAll(w, r, limit)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, tooMuch()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &requestError{http.StatusRequestTimeout, "body_unread", "the body did not arrive whole in time"}
	case err != nil:
		return nil, &requestError{http.StatusBadRequest, "body_unread", "the body ended early"}
	}
	connectionOf(r.Context()).ourMove()
	return text, nil
}

// believed bytes of a Content-Length are made room for at once.
const believed = 16 << 10

// readAll reads a body of which readBody has seen that no more than limit bytes
// are announced.
func readAll(w http.ResponseWriter, r *http.Request, limit job.Bytes) ([]byte, error) {
	if n := r.ContentLength; n >= 0 && n <= believed {
		text := make([]byte, n)
		_, err := io.ReadFull(r.Body, text)
		return text, err
	}
	read := bytes.NewBuffer(make([]byte, 0, believed))
	_, err := read.ReadFrom(http.MaxBytesReader(w, r.Body, int64(limit)))
	return read.Bytes(), err
}

// decode reads JSON strictly: no unknown or repeated names, nothing after the
// value, valid UTF-8 only. What is wrong is said with the field's name.
func decode(body []byte, into any, options ...json.Options) error {
	err := json.Unmarshal(body, into, append([]json.Options{json.RejectUnknownMembers(true)}, options...)...)
	if err == nil {
		return nil
	}
	var syntactic *jsontext.SyntacticError
	var semantic *json.SemanticError
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		field := "body"
		if errors.As(err, &syntactic) {
			field = fieldOf(syntactic.JSONPointer)
		}
		return &job.Invalid{Field: field, Reason: "is given twice"}
	case errors.As(err, &semantic) && errors.Is(err, json.ErrUnknownName):
		return &job.Invalid{Field: fieldOf(semantic.JSONPointer), Reason: "is not a field of a request"}
	case errors.As(err, &semantic):
		return &job.Invalid{Field: fieldOf(semantic.JSONPointer), Reason: "has the wrong type"}
	case errors.As(err, &syntactic):
		line := 1 + bytes.Count(body[:min(int64(len(body)), syntactic.ByteOffset)], []byte("\n"))
		return &job.Invalid{Field: "body", Reason: fmt.Sprintf("is not valid JSON at byte %d (line %d)", syntactic.ByteOffset, line)}
	}
	return &job.Invalid{Field: "body", Reason: "is not valid JSON"}
}

// fieldOf turns a JSON pointer into the dotted name that errors use.
func fieldOf(pointer jsontext.Pointer) string {
	name := strings.Join(slices.Collect(pointer.Tokens()), ".")
	if name == "" {
		return "body"
	}
	return name
}
