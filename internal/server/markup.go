package server

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/render"
)

// markupShape is the answer of the old warm server that POST /haml and its
// sisters stand in for. html is absent on failure; error and line on success.
type markupShape struct {
	Success bool    `json:"success"`
	HTML    *string `json:"html,omitzero"`
	Error   *string `json:"error,omitzero"`
	Line    *int    `json:"line,omitzero"`
}

// markupRequest is the JSON form of its request. Names it does not know are
// passed over, as the old server did.
type markupRequest struct {
	Markup *string `json:"markup"`
}

func isMarkupRoute(r *http.Request) bool {
	method, path, _ := strings.Cut(r.Pattern, " ")
	return method == http.MethodPost && !strings.HasPrefix(path, "/v1/")
}

// markup answers POST /LANGUAGE.
func (s *Server) markup(language string) handler {
	return func(w http.ResponseWriter, r *http.Request, e *exchange) error {
		e.compiles, e.language = true, language
		source, err := s.readMarkup(w, r)
		if err != nil {
			return err
		}
		q, err := s.renderer.Resolve(render.Request{Language: language, Source: source, Tenant: e.holder.Tenant})
		if err != nil {
			return err
		}
		answer, err := s.answer(r.Context(), q, e)
		if err != nil {
			return err
		}
		shape, err := markupOf(answer)
		if err != nil {
			return err
		}
		writeJSON(w, http.StatusOK, shape)
		return nil
	}
}

func markupOf(a *render.Answer) (markupShape, error) {
	body, err := encoded(a)
	if err != nil {
		return markupShape{}, err
	}
	result, err := decodeResult(body)
	if err != nil {
		return markupShape{}, fmt.Errorf("read an answer again: %w", err)
	}
	if result.OK {
		return markupShape{Success: true, HTML: result.Output}, nil
	}
	first := result.Diagnostics[0]
	return markupShape{Error: &first.Message, Line: first.Line}, nil
}

// readMarkup takes the field "markup" out of a form or a JSON object.
func (s *Server) readMarkup(w http.ResponseWriter, r *http.Request) (string, error) {
	name, parameters, err := mediaType(r)
	if err != nil {
		return "", err
	}
	body, err := readBody(w, r, s.bodyLimit())
	if err != nil {
		return "", err
	}
	switch name {
	case "application/x-www-form-urlencoded":
		if markup, ok := formField(string(body), "markup"); ok {
			return markup, nil
		}
	case "multipart/form-data":
		return multipartField(string(body), parameters["boundary"])
	case applicationJSON:
		var in markupRequest
		if err := decode(body, &in, json.RejectUnknownMembers(false)); err != nil {
			return "", err
		}
		if in.Markup != nil {
			return *in.Markup, nil
		}
	default:
		return "", &job.Invalid{
			Field: "body", Fault: job.Unsupported,
			Reason: "must be application/x-www-form-urlencoded, multipart/form-data or " + applicationJSON,
		}
	}
	return "", errNoMarkup
}

var errNoMarkup = &job.Invalid{Field: "markup", Reason: "is missing"}

// formField finds a field in a form. Where a percent sign is not followed by
// two hexadecimal digits it stands for itself, as the URL standard's form
// parser has it, so that Haml's own %p survives a client which does not
// encode.
func formField(body, field string) (string, bool) {
	for pair := range strings.SplitSeq(body, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if unescape(name) == field {
			return unescape(value), true
		}
	}
	return "", false
}

func unescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b.WriteByte(' ')
		case s[i] == '%' && i+2 < len(s) && hexDigit(s[i+1]) >= 0 && hexDigit(s[i+2]) >= 0:
			b.WriteByte(byte(hexDigit(s[i+1])<<4 | hexDigit(s[i+2])))
			i += 2
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// hexDigit is the value of a hexadecimal digit, -1 for anything else.
func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func multipartField(body, boundary string) (string, error) {
	parts := multipart.NewReader(strings.NewReader(body), boundary)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return "", errNoMarkup
		}
		if err != nil {
			return "", &job.Invalid{Field: "body", Reason: "is not valid multipart/form-data"}
		}
		if part.FormName() != "markup" {
			continue
		}
		markup, err := io.ReadAll(part)
		if err != nil {
			return "", &job.Invalid{Field: "body", Reason: fmt.Sprintf("ends inside field %q", "markup")}
		}
		return string(markup), nil
	}
}
