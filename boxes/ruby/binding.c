/*
 * binding.c: Ruby's side of the shim. It defines one method,
 *
 *   Fumehood.serve(engines, rehearsal, compiler)
 *
 * engines:   {"haml" => "6.1.1", ...}
 * rehearsal: called without arguments, once, in a trial child
 * compiler:  called with (language, options, locals, source, files), files
 *            being a Hash of sources by name and the rest strings;
 *            answers [true, output, diagnostics] or [false, nil, diagnostics],
 *            a diagnostic being [severity, line, column, end_line, end_column,
 *            file, code, message] with integers and strings, 0 for "not known"
 *
 * Each of this box's engines has one version, so that a job's is not passed.
 *
 * What the compiler answers was made by hostile code: every value is checked
 * for its type here before it is used, and a wrong one ends the cell.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ruby.h>
#include <ruby/encoding.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fumehood.h"

/* Ruby's transient heap is 32 MiB in blocks of 32 KiB (transient_heap.c), of
 * which little but the heads was ever written: one small page in eight. */
enum { HEADS_IN_HUGE = FH_HUGE_PAGE / (32 * 1024) };

enum { MAX_ENGINES = 16, MAX_DIAGNOSTICS = 1000, MAX_RESERVED = 8, FD_SCAN = 64 };

static VALUE rehearsal, compiler;

/* The event descriptors that this Ruby believes to own, by number. */
static int reserved[MAX_RESERVED];
static int reserved_count;

extern int rb_reserved_fd_p(int fd);

/* Process._fork is Ruby's own: it flushes, forks and makes the child's VM a
 * VM of one thread with a fresh random seed. */
static pid_t ruby_fork(void)
{
	return NUM2PIDT(rb_funcall(rb_mProcess, rb_intern("_fork"), 0));
}

static VALUE call_rehearsal(VALUE unused)
{
	(void)unused;
	return rb_funcall(rehearsal, rb_intern("call"), 0);
}

static void find_reserved(void)
{
	reserved_count = 0;
	for (int fd = 0; fd < FD_SCAN && reserved_count < MAX_RESERVED; fd++)
		if (rb_reserved_fd_p(fd))
			reserved[reserved_count++] = fd;
}

static void ruby_rehearse(uint32_t unused)
{
	int state = 0;

	(void)unused;
	rb_protect(call_rehearsal, Qnil, &state);
	if (state != 0)
		_exit(FH_EXIT_NO_RESULT);
}

/* The walls closed Ruby's event descriptors, which it shared with the zygote
 * and every other cell. Fresh ones take their numbers: without them the first
 * sleep or signal would find a closed descriptor and abort. */
static void ruby_wake(void)
{
	find_reserved();
	for (int i = 0; i < reserved_count; i++) {
		int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

		if (fd < 0)
			_exit(FH_EXIT_NO_RESULT);
		if (fd == reserved[i])
			continue;
		if (dup3(fd, reserved[i], O_CLOEXEC) < 0)
			_exit(FH_EXIT_NO_RESULT);
		close(fd);
	}
}

static VALUE text(struct fh_bytes b)
{
	return rb_enc_str_new(b.at, (long)b.length, rb_utf8_encoding());
}

static VALUE call_compiler(VALUE argument)
{
	const struct fh_job *job = (const struct fh_job *)argument;
	VALUE files = rb_hash_new(), answer;

	for (size_t i = 0; i < job->file_count; i++)
		rb_hash_aset(files, text(job->files[i].name), text(job->files[i].source));
	answer = rb_funcall(compiler, rb_intern("call"), 5, text(job->language), text(job->options),
			    text(job->locals), text(job->source), files);

	/* Whatever is on the heap now belongs to the job: nothing is collected
	 * between here and _exit, and no reference below can move. */
	rb_gc_disable();
	return answer;
}

static int is_text(VALUE v)
{
	return RB_TYPE_P(v, T_STRING);
}

static struct fh_bytes bytes_of(VALUE v)
{
	return (struct fh_bytes){ .at = RSTRING_PTR(v), .length = (size_t)RSTRING_LEN(v) };
}

static uint32_t position_of(VALUE v)
{
	long n = FIXNUM_P(v) ? FIX2LONG(v) : 0;

	return n > 0 && n <= INT32_MAX ? (uint32_t)n : 0;
}

static int add_diagnostic(struct fh_result *result, VALUE d)
{
	struct fh_diagnostic out;

	if (!RB_TYPE_P(d, T_ARRAY) || RARRAY_LEN(d) != 8 || !is_text(RARRAY_AREF(d, 5)) ||
	    !is_text(RARRAY_AREF(d, 6)) || !is_text(RARRAY_AREF(d, 7)))
		return -1;
	out = (struct fh_diagnostic){
		.severity = (uint8_t)position_of(RARRAY_AREF(d, 0)),
		.line = position_of(RARRAY_AREF(d, 1)),
		.column = position_of(RARRAY_AREF(d, 2)),
		.end_line = position_of(RARRAY_AREF(d, 3)),
		.end_column = position_of(RARRAY_AREF(d, 4)),
		.file = bytes_of(RARRAY_AREF(d, 5)),
		.code = bytes_of(RARRAY_AREF(d, 6)),
		.message = bytes_of(RARRAY_AREF(d, 7)),
	};
	return fh_result_diagnose(result, &out);
}

static int ruby_compile(const struct fh_job *job, struct fh_result *result)
{
	VALUE answer, output, diagnostics;
	int state = 0;

	answer = rb_protect(call_compiler, (VALUE)job, &state);
	if (state != 0) {
		if (rb_obj_is_kind_of(rb_errinfo(), rb_eNoMemError))
			return FH_EXIT_MEMORY;
		return FH_EXIT_NO_RESULT;
	}
	if (!RB_TYPE_P(answer, T_ARRAY) || RARRAY_LEN(answer) != 3)
		return FH_EXIT_NO_RESULT;
	output = RARRAY_AREF(answer, 1);
	diagnostics = RARRAY_AREF(answer, 2);
	if (!RB_TYPE_P(diagnostics, T_ARRAY))
		return FH_EXIT_NO_RESULT;
	result->kind = RTEST(RARRAY_AREF(answer, 0)) ? FH_OK : FH_SOURCE_ERROR;
	if (result->kind == FH_OK) {
		if (!is_text(output))
			return FH_EXIT_NO_RESULT;
		result->output = bytes_of(output);
	}
	for (long i = 0; i < RARRAY_LEN(diagnostics) && i < MAX_DIAGNOSTICS; i++)
		if (add_diagnostic(result, RARRAY_AREF(diagnostics, i)) < 0)
			return FH_EXIT_NO_RESULT;
	return 0;
}

static struct fh_engine_version versions[MAX_ENGINES];

static int add_engine(VALUE name, VALUE version, VALUE count)
{
	size_t *n = (size_t *)count;

	if (*n < MAX_ENGINES)
		versions[(*n)++] = (struct fh_engine_version){
			.name = StringValueCStr(name), .version = StringValueCStr(version),
		};
	return ST_CONTINUE;
}

static VALUE serve(VALUE self, VALUE engines, VALUE rehearse, VALUE compile)
{
	static struct fh_interpreter ruby = {
		.engines = versions, .fork = ruby_fork, .rehearse = ruby_rehearse, .rehearsals = 1,
		.joined_from = HEADS_IN_HUGE, .keeps_guards = 1, .wake = ruby_wake, .compile = ruby_compile,
	};

	(void)self;
	Check_Type(engines, T_HASH);
	rehearsal = rehearse;
	compiler = compile;
	rb_hash_foreach(engines, add_engine, (VALUE)&ruby.engine_count);
	return INT2FIX(fh_serve(&ruby));
}

void Init_fumehood(void);

void Init_fumehood(void)
{
	VALUE module = rb_define_module("Fumehood");

	rb_gc_register_address(&rehearsal);
	rb_gc_register_address(&compiler);
	rb_define_singleton_method(module, "serve", serve, 3);
}
