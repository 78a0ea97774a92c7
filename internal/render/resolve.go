package render

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/fumehood/fumehood/internal/job"
	"github.com/fumehood/fumehood/internal/lang"
)

// byteOrderMark in UTF-8. Editors put it there and engines trip over it.
const byteOrderMark = "\uFEFF"

// resolve checks everything about a request that can be checked without
// running it. Its only error is *job.Invalid.
func (r *Renderer) resolve(request Request) (job.Job, error) {
	l, ok := lang.Find(request.Language)
	engine := ""
	if ok {
		engine, ok = r.Engine(l)
	}
	if !ok {
		return job.Job{}, unknownLanguage(request.Language)
	}
	limits, err := lower(r.config.Limits, request.Limits)
	if err != nil {
		return job.Job{}, err
	}
	source, err := checkSource(request.Source, limits.Source)
	if err != nil {
		return job.Job{}, err
	}
	if err := checkSize("options", request.Options, limits.Options); err != nil {
		return job.Job{}, err
	}
	if err := checkSize("locals", request.Locals, limits.Options); err != nil {
		return job.Job{}, err
	}
	options, err := l.CanonicalOptions(request.Options)
	if err != nil {
		return job.Job{}, err
	}
	locals, err := l.CanonicalLocals(request.Locals)
	if err != nil {
		return job.Job{}, err
	}
	return job.Job{
		Language: l.ID, Engine: engine, Image: r.boxes[l.Box].Image,
		Options: options, Locals: locals, Source: source, Limits: limits,
	}, nil
}

func unknownLanguage(name string) error {
	if name == "" {
		return &job.Invalid{Field: "language", Reason: "is missing (there is: " + strings.Join(lang.IDs(), ", ") + ")"}
	}
	const shown = 40
	if len(name) > shown {
		name = strings.ToValidUTF8(name[:shown], "") + "…"
	}
	return &job.Invalid{Field: "language", Reason: fmt.Sprintf("%q is not known (there is: %s)", name, strings.Join(lang.IDs(), ", "))}
}

// checkSource returns the source as the engines get it: a leading byte order
// mark is dropped; line ends stay as they are.
func checkSource(source string, limit job.Bytes) (string, error) {
	if job.Bytes(len(source)) > limit {
		return "", &job.Invalid{
			Field: "source", Fault: job.TooLarge,
			Reason: fmt.Sprintf("has %d bytes, the limit is %d", len(source), limit),
		}
	}
	if !utf8.ValidString(source) {
		return "", &job.Invalid{Field: "source", Reason: "is not valid UTF-8"}
	}
	source = strings.TrimPrefix(source, byteOrderMark)
	if at := strings.IndexByte(source, 0); at >= 0 {
		return "", &job.Invalid{Field: "source", Reason: fmt.Sprintf("has a NUL character in line %d", 1+strings.Count(source[:at], "\n"))}
	}
	return source, nil
}

func checkSize(field string, value []byte, limit job.Bytes) error {
	if job.Bytes(len(value)) > limit {
		return &job.Invalid{
			Field: field, Fault: job.TooLarge,
			Reason: fmt.Sprintf("has %d bytes, the limit is %d", len(value), limit),
		}
	}
	return nil
}

// lower applies a caller's limits to the operator's: only downwards.
func lower(most, asked job.Limits) (job.Limits, error) {
	for _, l := range []struct {
		field string
		most  *int64
		asked int64
		unit  int64
	}{
		{"limits.wall_ms", (*int64)(&most.Wall), int64(asked.Wall), 1e6},
		{"limits.cpu_ms", (*int64)(&most.CPU), int64(asked.CPU), 1e6},
		{"limits.memory_bytes", (*int64)(&most.Memory), int64(asked.Memory), 1},
		{"limits.source_bytes", (*int64)(&most.Source), int64(asked.Source), 1},
		{"limits.options_bytes", (*int64)(&most.Options), int64(asked.Options), 1},
		{"limits.output_bytes", (*int64)(&most.Output), int64(asked.Output), 1},
		{"limits.diagnostics_bytes", (*int64)(&most.Diagnostics), int64(asked.Diagnostics), 1},
	} {
		if l.asked == 0 {
			continue
		}
		if l.asked < 0 || l.asked > *l.most {
			return most, &job.Invalid{Field: l.field, Reason: fmt.Sprintf("must be from 1 to %d: a limit can only be lowered", *l.most/l.unit)}
		}
		*l.most = l.asked
	}
	return most, nil
}
