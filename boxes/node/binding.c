/*
 * binding.c: Node's side of the shim, a Node-API addon with three functions,
 *
 *   exit(status)        ends the process at once
 *   findNursery()       to be called before the last collections (nursery.h)
 *   serve(engines, rehearsals, compiler, tidy)
 *
 * engines:   [["pug", "3.0.4"], ...]
 * rehearsals: functions to call without arguments, each once, in a trial child
 * compiler:  called with (language, version, options, locals, source, files,
 *            seed), files being an array of [name, source], seed one of four
 *            random numbers of 32 bits, the rest strings;
 *            answers [ok, output, sourceMap, diagnostics], output and sourceMap
 *            being strings, a diagnostic [severity, line, column, endLine,
 *            endColumn, file, code, message] with numbers and strings, 0 for
 *            "not known"
 * tidy:      whether nothing is in the nursery but at its very beginning
 *
 * What the compiler answers was made by hostile code: every value is checked
 * for its type here before it is used, and a wrong one ends the cell.
 */
#define _GNU_SOURCE
#include <node_api.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "fumehood.h"
#include "nursery.h"

enum { MAX_ENGINES = 24, MAX_DIAGNOSTICS = 1000, NAME_BYTES = 32 };

/* What one answer of the compiler holds, in this order. */
enum { ANSWER_OK, ANSWER_OUTPUT, ANSWER_SOURCE_MAP, ANSWER_DIAGNOSTICS };

static napi_env vm;
static napi_ref rehearsals, compiler;

/*
 * V8 ends the process with SIGTRAP when there is no memory for its heap, or for
 * anything else of its own. It has official ways to be told of both first, which
 * Node-API does not offer: these are v8::Isolate::GetCurrent,
 * v8::Isolate::SetOOMErrorHandler and v8::V8::SetFatalMemoryErrorCallback.
 */
extern void *current_isolate(void) __asm__("_ZN2v87Isolate10GetCurrentEv");
extern void set_heap_handler(void *isolate, void (*handler)(const char *where, const void *details))
	__asm__("_ZN2v87Isolate18SetOOMErrorHandlerEPFvPKcRKNS_10OOMDetailsEE");
extern void set_memory_handler(void (*handler)(const char *where, const void *details))
	__asm__("_ZN2v82V827SetFatalMemoryErrorCallbackEPFvPKcRKNS_10OOMDetailsEE");

static void on_out_of_memory(const char *where, const void *details)
{
	(void)where;
	(void)details;
	_exit(FH_EXIT_MEMORY);
}

/* A value that must be there: an interpreter that cannot make one is out of
 * memory or broken. */
static void must(napi_status status)
{
	if (status != napi_ok)
		_exit(FH_EXIT_NO_RESULT);
}

static napi_value referred(napi_ref reference)
{
	napi_value value;

	must(napi_get_reference_value(vm, reference, &value));
	return value;
}

static napi_value undefined(void)
{
	napi_value value;

	must(napi_get_undefined(vm, &value));
	return value;
}

static napi_value text(struct fh_bytes b)
{
	napi_value value;

	must(napi_create_string_utf8(vm, b.at == NULL ? "" : b.at, b.length, &value));
	return value;
}

static napi_value array(size_t length)
{
	napi_value value;

	must(napi_create_array_with_length(vm, length, &value));
	return value;
}

static napi_value files_of(const struct fh_job *job)
{
	napi_value files = array(job->file_count);

	for (size_t i = 0; i < job->file_count; i++) {
		napi_value file = array(2);

		must(napi_set_element(vm, file, 0, text(job->files[i].name)));
		must(napi_set_element(vm, file, 1, text(job->files[i].source)));
		must(napi_set_element(vm, files, (uint32_t)i, file));
	}
	return files;
}

static napi_value element(napi_value of, uint32_t index)
{
	napi_value value;

	must(napi_get_element(vm, of, index, &value));
	return value;
}

/* The length of an array, or the end of the cell. */
static uint32_t length_of(napi_value v)
{
	uint32_t length;
	bool is_array = false;

	must(napi_is_array(vm, v, &is_array));
	if (!is_array)
		_exit(FH_EXIT_NO_RESULT);
	must(napi_get_array_length(vm, v, &length));
	return length;
}

/* A copy of a string in UTF-8; lone surrogates become U+FFFD. */
static struct fh_bytes bytes_of(napi_value v)
{
	size_t length;
	char *copy;

	must(napi_get_value_string_utf8(vm, v, NULL, 0, &length));
	copy = malloc(length + 1);
	if (copy == NULL)
		_exit(FH_EXIT_MEMORY);
	must(napi_get_value_string_utf8(vm, v, copy, length + 1, &length));
	return (struct fh_bytes){ .at = copy, .length = length };
}

static uint32_t number_of(napi_value v)
{
	int64_t n;

	if (napi_get_value_int64(vm, v, &n) != napi_ok || n < 0 || n > INT32_MAX)
		return 0;
	return (uint32_t)n;
}

static int add_diagnostic(struct fh_result *result, napi_value d)
{
	struct fh_diagnostic out;

	if (length_of(d) != 8)
		return -1;
	out = (struct fh_diagnostic){
		.severity = (uint8_t)number_of(element(d, 0)),
		.line = number_of(element(d, 1)),
		.column = number_of(element(d, 2)),
		.end_line = number_of(element(d, 3)),
		.end_column = number_of(element(d, 4)),
		.file = bytes_of(element(d, 5)),
		.code = bytes_of(element(d, 6)),
		.message = bytes_of(element(d, 7)),
	};
	return fh_result_diagnose(result, &out);
}

/* Every cell is a copy of one process: what shall differ must be brought in. */
static napi_value seed(void)
{
	uint32_t words[4];
	napi_value value = array(4), word;

	if (getrandom(words, sizeof(words), 0) != sizeof(words))
		_exit(FH_EXIT_NO_RESULT);
	for (uint32_t i = 0; i < 4; i++) {
		must(napi_create_uint32(vm, words[i], &word));
		must(napi_set_element(vm, value, i, word));
	}
	return value;
}

static int node_compile(const struct fh_job *job, struct fh_result *result)
{
	napi_value arguments[7] = {
		text(job->language), text(job->version), text(job->options), text(job->locals), text(job->source),
		files_of(job), seed(),
	};
	napi_value answer, diagnostics;
	uint32_t count;
	bool ok;

	if (napi_call_function(vm, undefined(), referred(compiler), 7, arguments, &answer) != napi_ok)
		return FH_EXIT_NO_RESULT;
	if (length_of(answer) != 4 || napi_get_value_bool(vm, element(answer, ANSWER_OK), &ok) != napi_ok)
		return FH_EXIT_NO_RESULT;
	result->kind = ok ? FH_OK : FH_SOURCE_ERROR;
	result->output = bytes_of(element(answer, ANSWER_OUTPUT));
	result->source_map = bytes_of(element(answer, ANSWER_SOURCE_MAP));
	diagnostics = element(answer, ANSWER_DIAGNOSTICS);
	count = length_of(diagnostics);
	for (uint32_t i = 0; i < count && i < MAX_DIAGNOSTICS; i++)
		if (add_diagnostic(result, element(diagnostics, i)) < 0)
			return FH_EXIT_NO_RESULT;
	return 0;
}

static void node_rehearse(uint32_t which)
{
	napi_value unused;

	must(napi_call_function(vm, undefined(), element(referred(rehearsals), which), 0, NULL, &unused));
}

static struct fh_engine_version versions[MAX_ENGINES];

static size_t read_engines(napi_value engines)
{
	static char texts[MAX_ENGINES][2][NAME_BYTES];
	uint32_t count = length_of(engines);
	size_t unused;

	if (count > MAX_ENGINES)
		_exit(FH_EXIT_NO_RESULT);
	for (uint32_t i = 0; i < count; i++) {
		napi_value engine = element(engines, i);

		for (uint32_t k = 0; k < 2; k++)
			must(napi_get_value_string_utf8(vm, element(engine, k), texts[i][k], NAME_BYTES, &unused));
		versions[i] = (struct fh_engine_version){ .name = texts[i][0], .version = texts[i][1] };
	}
	return count;
}

static napi_value serve(napi_env caller, napi_callback_info info)
{
	static struct fh_interpreter node = {
		.engines = versions, .fork = fork, .rehearse = node_rehearse, .compile = node_compile,
		.joined_from = FH_HUGE_PAGE / 4096 / 2,
	};
	napi_value arguments[4];
	size_t count = 4;
	bool tidy;

	vm = caller;
	must(napi_get_cb_info(vm, info, &count, arguments, NULL, NULL));
	node.engine_count = read_engines(arguments[0]);
	must(napi_create_reference(vm, arguments[1], 1, &rehearsals));
	node.rehearsals = length_of(arguments[1]);
	must(napi_create_reference(vm, arguments[2], 1, &compiler));
	set_heap_handler(current_isolate(), on_out_of_memory);
	set_memory_handler(on_out_of_memory);
	must(napi_get_value_bool(vm, arguments[3], &tidy));
	if (tidy)
		node.nursery_count = nursery_parts(vm, &node.nursery);
	_exit(fh_serve(&node) == 0 ? 0 : 1);
}

static napi_value find_nursery(napi_env caller, napi_callback_info info)
{
	(void)info;
	nursery_find(caller);
	return NULL;
}

/* Node's own exit waits for threads that a forked child does not have. */
static napi_value leave(napi_env caller, napi_callback_info info)
{
	napi_value status;
	size_t count = 1;
	int32_t n = 0;

	if (napi_get_cb_info(caller, info, &count, &status, NULL, NULL) == napi_ok && count > 0)
		napi_get_value_int32(caller, status, &n);
	_exit(n);
}

static int add_function(napi_env env, napi_value exports, const char *name, napi_callback function)
{
	napi_value value;

	return napi_create_function(env, name, NAPI_AUTO_LENGTH, function, NULL, &value) == napi_ok &&
		napi_set_named_property(env, exports, name, value) == napi_ok;
}

NAPI_MODULE_INIT()
{
	if (!add_function(env, exports, "serve", serve) || !add_function(env, exports, "findNursery", find_nursery) ||
	    !add_function(env, exports, "exit", leave))
		return NULL;
	return exports;
}
