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

// resolve makes the job of a request.
func (r *Renderer) resolve(request Request) (job.Job, error) {
	l, ok := lang.Find(request.Language)
	if !ok || len(r.Engines(l)) == 0 {
		return job.Job{}, r.unknownLanguage(request.Language)
	}
	engine, err := pick(l, r.Engines(l), request.Engine)
	if err != nil {
		return job.Job{}, err
	}
	limits, err := lower(r.config.Limits, request.Limits)
	if err != nil {
		return job.Job{}, err
	}
	j := job.Job{Language: l.ID, Engine: engine, Image: r.boxes[l.Box].Image, Tenant: request.Tenant, Partition: r.partition(request.Tenant), Limits: limits}
	if err := readTexts(&j, l, request); err != nil {
		return job.Job{}, err
	}
	if err := checkSize("options", request.Options, limits.Options); err != nil {
		return job.Job{}, err
	}
	if err := checkSize("locals", request.Locals, limits.Options); err != nil {
		return job.Job{}, err
	}
	var next []byte
	if j.Options, next, err = l.CanonicalOptions(request.Options, request.Language); err != nil {
		return job.Job{}, err
	}
	if next != nil {
		step := l.Step()
		if len(r.Engines(step)) == 0 {
			return job.Job{}, &job.Invalid{Field: "options", Reason: fmt.Sprintf("ask for a step by %s, of which there is no box here", step.ID)}
		}
		j.Then = append(j.Then, r.step(step, next))
	}
	if j.Locals, err = l.CanonicalLocals(request.Locals); err != nil {
		return job.Job{}, err
	}
	return j, nil
}

func (r *Renderer) step(l *lang.Language, options []byte) job.Step {
	return job.Step{Language: l.ID, Engine: r.Engines(l)[0], Image: r.boxes[l.Box].Image, Options: options}
}

// partition is whose answers a tenant may be given.
func (r *Renderer) partition(tenant string) string {
	if r.config.Shared {
		return job.SharedPartition
	}
	return tenant
}

// pick finds the engine that a caller pinned, among those of l.
func pick(l *lang.Language, engines []string, pinned string) (string, error) {
	if pinned == "" {
		return engines[0], nil
	}
	for _, engine := range engines {
		name, version, _ := strings.Cut(engine, "@")
		wantName, wantVersion, _ := strings.Cut(pinned, "@")
		if name == wantName && (wantVersion == "" || strings.HasPrefix(version+".", wantVersion+".")) {
			return engine, nil
		}
	}
	return "", &job.Invalid{Field: "engine", Reason: fmt.Sprintf(
		"%q is not available for %s (there is: %s)", shortened(pinned), l.ID, strings.Join(engines, ", "))}
}

// readTexts puts source and files into the job. They share one limit.
func readTexts(j *job.Job, l *lang.Language, request Request) error {
	left := j.Limits.Source
	var err error
	if j.Source, err = checkSource("source", request.Source, left); err != nil {
		return err
	}
	left -= job.Bytes(len(j.Source))
	if j.Files, err = l.CheckFiles(request.Files); err != nil {
		return err
	}
	for i, f := range j.Files {
		if j.Files[i].Source, err = checkSource("files."+f.Name, f.Source, left); err != nil {
			return err
		}
		left -= job.Bytes(len(j.Files[i].Source))
	}
	return nil
}

// unknownLanguage names those that there is a box for.
func (r *Renderer) unknownLanguage(name string) error {
	var ids []string
	for _, l := range lang.Table {
		if len(r.Engines(l)) > 0 {
			ids = append(ids, l.ID)
		}
	}
	there := strings.Join(ids, ", ")
	if name == "" {
		return &job.Invalid{Field: "language", Reason: "is missing (there is: " + there + ")"}
	}
	return &job.Invalid{Field: "language", Reason: fmt.Sprintf("%q is not known (there is: %s)", shortened(name), there)}
}

// shortened is what an error quotes of a caller's word.
func shortened(word string) string {
	const shown = 40
	if len(word) > shown {
		return strings.ToValidUTF8(word[:shown], "") + "…"
	}
	return word
}

// checkSource returns the source as the engines get it: a leading byte order
// mark is dropped; line ends stay as they are.
func checkSource(field, source string, limit job.Bytes) (string, error) {
	if job.Bytes(len(source)) > limit {
		return "", &job.Invalid{
			Field: field, Fault: job.TooLarge,
			Reason: fmt.Sprintf("has %d bytes, the limit is %d", len(source), limit),
		}
	}
	if !utf8.ValidString(source) {
		return "", &job.Invalid{Field: field, Reason: "is not valid UTF-8"}
	}
	source = strings.TrimPrefix(source, byteOrderMark)
	if at := strings.IndexByte(source, 0); at >= 0 {
		return "", &job.Invalid{Field: field, Reason: fmt.Sprintf("has a NUL character in line %d", 1+strings.Count(source[:at], "\n"))}
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
