package cell_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/box"
	"github.com/fumehood/fumehood/internal/boxtest"
	"github.com/fumehood/fumehood/internal/job"
)

// pugJob is a template of one expression, which is JavaScript: module finds
// modules of Node in its scope, and binding what lies under them.
func pugJob(expression string) job.Job {
	source := "- const module = (name) => process.getBuiltinModule(name)\n" +
		"- const { binding } = process, fs = module('fs'), { Worker } = module('worker_threads')\n" +
		"!= " + expression + "\n"
	return job.Job{Language: "pug", Options: []byte("{}"), Locals: []byte("{}"), Source: source, Limits: boxtest.Limits}
}

// ending is how a compile ends: its outcome, and its output or a part of what
// it says instead. The empty one is any but with an output.
type ending struct {
	outcome job.Outcome
	says    string
}

func prints(text string) ending  { return ending{job.OK, text} }
func refuses(text string) ending { return ending{job.SourceError, text} }

func (e ending) check(t *testing.T, walls string, got job.Result) {
	t.Helper()
	if e == (ending{}) && got.Outcome != job.OK {
		return
	}
	if got.Outcome != e.outcome || (e.outcome == job.OK && got.Output != e.says) ||
		(e.outcome != job.OK && !strings.Contains(got.Diagnostics[0].Message, e.says)) {
		t.Errorf("%s: %s %v %q, want %s %q", walls, got.Outcome, got.Diagnostics, got.Output, e.outcome, e.says)
	}
}

// wasm is a module whose function f answers 42. V8 is made ready to compile it:
// machine code wants memory that can be run.
const wasm = `(['--no-jitless', '--expose-wasm', '--liftoff'].forEach((flag) => module('v8').setFlagsFromString(flag)), ` +
	`module('vm').runInNewContext("new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0,1,5,1,96,0,1,127,3,2,1,0,7,5,1,1,102,0,0,10,6,1,4,0,65,42,11]))).exports.f()"))`

// Each row attempts a forbidden act behind all walls, and again with the walls
// that forbid it left out, where it must succeed or meet the wall that stands
// behind them. Where a row has an end with fewer walls out, that shows one
// wall more that refuses by itself.
func TestNodeWallsRefuse(t *testing.T) {
	t.Parallel()
	const (
		files = box.Landlock | box.Seccomp
		all   = files | box.RLimits | box.Identity | box.PIDNamespace
	)
	boxes := make(map[box.Wall]func() *box.Box)
	for _, without := range []box.Wall{
		0, box.Seccomp, box.Landlock, files, box.RLimits, box.RLimits | box.Seccomp, box.RLimits | files, box.PIDNamespace,
		box.Identity, box.Identity | box.Seccomp, all &^ box.RLimits,
	} {
		boxes[without] = sync.OnceValue(func() *box.Box { return boxtest.StartOf(t, "node-markup", without) })
	}
	crash := ending{job.Crashed, "crashed with"}
	type attempt struct {
		without box.Wall
		ends    ending
	}
	for _, test := range []struct {
		name, act string
		behindAll ending
		others    []attempt
	}{
		{
			"read a file", "fs.readFileSync('/fumehood/markup.js').length > 0", refuses("EACCES"),
			[]attempt{{box.Seccomp, refuses("EACCES")}, {box.Landlock, refuses("EACCES")}, {files, prints("true")}},
		},
		{
			"list a directory", "fs.readdirSync('/').includes('fumehood')", refuses("EACCES"),
			[]attempt{{box.Seccomp, refuses("EACCES")}, {box.Landlock, refuses("EACCES")}, {files, prints("true")}},
		},
		// Landlock knows no right to ask for a name.
		{"see that a file exists", "fs.existsSync('/fumehood')", prints("false"), []attempt{{box.Seccomp, prints("true")}}},
		{
			"write a file", "fs.writeFileSync('/x', 'y')", refuses("EACCES"),
			[]attempt{{box.Landlock, refuses("EACCES")}, {files, refuses("EROFS")}},
		},
		{
			"many open files", "[...Array(30)].map(() => fs.openSync('/dev/null')).length", refuses("EACCES"),
			[]attempt{{files, refuses("EMFILE")}, {box.RLimits | files, prints("30")}},
		},
		{
			"make a TCP socket", "[new (binding('tcp_wrap').TCP)(0)].map((s) => [s.bind('127.0.0.1', 0), s.fd >= 0])", prints("-1,false"),
			// It is there, and the box refuses to let it be bound.
			[]attempt{{box.Seccomp, prints("-1,true")}},
		},
		{
			"make a UDP socket", "[new (binding('udp_wrap').UDP)()].map((s) => [s.bind('127.0.0.1', 0, 0), s.fd >= 0])", prints("-1,false"),
			[]attempt{{box.Seccomp, prints("-1,true")}},
		},
		{
			"start a child", "module('child_process').spawnSync('/fumehood/init').error.code", prints("EPERM"),
			// Node then aborts on the way to a child. That a program could run is the next row's to show.
			[]attempt{{box.Seccomp, crash}, {files, crash}},
		},
		{
			// Node wants three open files for it. The program ends at once: it wants an argument.
			"become another program", "[0, 1, 2].map(() => fs.openSync('/dev/null')) && process.execve('/fumehood/init', ['init'], {})", refuses("EACCES"),
			[]attempt{{box.Seccomp, refuses("EACCES")}, {box.Landlock, refuses("EACCES")}, {files, ending{job.Crashed, "(status 125)"}}},
		},
		{"start a thread", "new Worker('1', { eval: true }).threadId > 0", refuses("EPERM"), []attempt{{box.Seccomp, prints("true")}}},
		{
			"start many threads", "[...Array(20)].map(() => new Worker('1', { eval: true })).length", refuses("EPERM"),
			// The limit may meet Node, which throws, or one of the threads, which aborts.
			[]attempt{{box.Seccomp, ending{}}, {box.RLimits | box.Seccomp, prints("20")}},
		},
		{"make machine code", wasm, ending{job.Crashed, "SIGTRAP"}, []attempt{{box.Seccomp, prints("42")}}},
		{"fill 150 MB", "Buffer.alloc(150e6, 1).length", refuses("allocate"), []attempt{{box.RLimits, prints("150000000")}}},
		{
			"fill V8's heap", "Array.from({ length: 25000 }, () => new Array(1000).fill(0)).length", ending{job.OutOfMemory, "memory"},
			[]attempt{{box.RLimits, prints("25000")}},
		},
		{"see its parent", "process.ppid > 0", prints("false"), []attempt{{box.PIDNamespace, prints("true")}}},
		// Not even with nothing in the way: the zygote has unmounted it.
		{"see /proc", "fs.readdirSync('/proc').length", refuses("EACCES"), []attempt{{files, prints("0")}}},
		{
			"signal other processes", "[...Array(60).keys()].slice(2).some((pid) => { try { return process.kill(pid, 0) } catch { return false } })",
			prints("false"), []attempt{{box.PIDNamespace, prints("false")}, {all &^ box.RLimits, prints("true")}},
		},
		{
			"signal all processes", "process.kill(-1, 0)", refuses("EPERM"),
			[]attempt{{box.Seccomp, refuses("ESRCH")}, {all &^ box.RLimits, prints("true")}},
		},
		{"be root of the box", "process.getuid()", prints("1007"), []attempt{{box.Identity, prints("0")}}},
		{
			"take a group", "[process.setgroups([5])] && process.getgroups()", refuses("EPERM"),
			[]attempt{{box.Identity, refuses("EPERM")}, {box.Seccomp, refuses("EPERM")}, {box.Identity | box.Seccomp, prints("5,0")}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.behindAll.check(t, "behind all walls", run(t, boxes[0](), pugJob(test.act)))
			for _, other := range test.others {
				other.ends.check(t, "without "+names(other.without), run(t, boxes[other.without](), pugJob(test.act)))
			}
		})
	}
}

// names spells out which walls a mask stands for.
func names(walls box.Wall) string {
	var all []string
	for i, name := range []string{"pid namespace", "rlimits", "identity", "Landlock", "seccomp"} {
		if walls&(1<<i) != 0 {
			all = append(all, name)
		}
	}
	return strings.Join(all, ", ")
}

// The kernel ends a compile that uses more processor time than its limit, well
// before the daemon would; without rlimits it is the daemon who does.
func TestNodeProcessorTime(t *testing.T) {
	t.Parallel()
	j := pugJob("(() => { for (;;); })()")
	j.Limits.CPU, j.Limits.Wall = time.Second, 8*time.Second
	for _, test := range []struct {
		without box.Wall
		says    string
	}{{0, "more than 1s of processor time"}, {box.RLimits, "longer than 8s"}} {
		ending{job.Timeout, test.says}.check(t, "without "+names(test.without), run(t, boxtest.StartOf(t, "node-markup", test.without), j))
	}
}
