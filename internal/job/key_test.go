package job_test

import (
	"crypto/sha256"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fumehood/fumehood/internal/job"
)

// The bytes that are hashed: a cache that outlives a release depends on them.
func TestKeyBytes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		job  job.Job
		want string
	}{
		{
			name: "every field",
			job: job.Job{
				Tenant: "u", Partition: "t", Language: "haml", Engine: "haml@6.1.1", Image: "sha256:00",
				Options: []byte("{}"), Locals: []byte(`{"a":1}`), Source: "%p é\n",
				Files: []job.File{{Name: "_a", Source: "b"}},
				Then:  []job.Step{{Language: "css", Engine: "postcss@8", Image: "sha256:01", Options: []byte("{}")}}, Limits: job.Limits{Wall: time.Second},
			},
			want: length(14) + "fumehood-key-3" + length(1) + "t" + length(4) + "haml" + length(10) + "haml@6.1.1" +
				length(9) + "sha256:00" + length(2) + "{}" + length(7) + `{"a":1}` + length(6) + "%p é\n" +
				length(1) + length(2) + "_a" + length(1) + "b" +
				length(1) + length(3) + "css" + length(9) + "postcss@8" + length(9) + "sha256:01" + length(2) + "{}",
		},
		{
			name: "nothing",
			want: length(14) + "fumehood-key-3" + length(0) + length(0) + length(0) + length(0) + length(0) + length(0) + length(0) + length(0) + length(0),
		},
		{
			name: "long fields",
			job:  job.Job{Language: strings.Repeat("l", 255), Source: strings.Repeat("s", 255), Files: []job.File{{Name: "f", Source: strings.Repeat("0123456789", 500)}}},
			want: length(14) + "fumehood-key-3" + length(0) + length(255) + strings.Repeat("l", 255) + length(0) + length(0) + length(0) + length(0) +
				length(255) + strings.Repeat("s", 255) + length(1) + length(1) + "f" + "\x00\x00\x00\x00\x00\x00\x13\x88" + strings.Repeat("0123456789", 500) + length(0),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(job.Key(sha256.Sum256([]byte(test.want))), test.job.Key()); diff != "" {
				t.Errorf("Key (-want +got):\n%s", diff)
			}
		})
	}
}

// length is a small number as the key has it: eight bytes, big end first.
func length(n byte) string {
	return string([]byte{0, 0, 0, 0, 0, 0, 0, n})
}

// Each field of a job changes its key, but for the limits and the tenant. A
// field that is new in Job fails here until somebody has decided what it is to
// the key.
func TestKeyFields(t *testing.T) {
	t.Parallel()
	for i := range reflect.TypeFor[job.Job]().NumField() {
		field := reflect.TypeFor[job.Job]().Field(i)
		t.Run(field.Name, func(t *testing.T) {
			t.Parallel()
			var changed job.Job
			value := reflect.ValueOf(&changed).Elem().Field(i)
			switch v := value.Addr().Interface().(type) {
			case *string:
				*v = "x"
			case *[]byte:
				*v = []byte("x")
			case *[]job.File:
				*v = []job.File{{}}
			case *[]job.Step:
				*v = []job.Step{{}}
			case *job.Limits:
				*v = job.Limits{Wall: 1, CPU: 2, Memory: 3, Source: 4, Options: 5, Output: 6, Diagnostics: 7}
			default:
				t.Fatalf("no test knows the type %s", field.Type)
			}
			got, want := changed.Key() != job.Job{}.Key(), field.Name != "Limits" && field.Name != "Tenant"
			if got != want {
				t.Errorf("it changes the key: got %v, want %v", got, want)
			}
		})
	}
}

func TestKeyString(t *testing.T) {
	t.Parallel()
	var key job.Key
	for i := range key {
		key[i] = byte(0xe0 + i)
	}
	got, want := key.String(), "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
