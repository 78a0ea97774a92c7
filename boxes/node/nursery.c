/*
 * nursery.c: V8 has no function that tells where its nursery is, but every new
 * object is in it, one behind the other, and a handle of Node-API points to the
 * object's address. So a walk through it is strings made until they come by the
 * same parts again. V8 takes the nursery in parts of 256 KiB, each with some
 * bytes of its own at the head (v8/src/heap/memory-chunk-layout.h).
 */
#include "nursery.h"

#include <string.h>

enum {
	PART_BYTES = 256 * 1024,
	MAX_PARTS = 256,
	PROBE_BYTES = 1024,
	/* More at the head of a part than this is not V8's own. */
	LARGEST_HEAD = 64 * 1024,
	SKIPPED_PROBES = FH_HUGE_PAGE / PROBE_BYTES,
	MAX_PROBES = 4 * MAX_PARTS * (PART_BYTES / PROBE_BYTES),
	/* Two of V8's flags of a part. */
	FROM_HALF = 1 << 3,
	TO_HALF = 1 << 4,
	/* V8 marks a pointer to an object in its lowest bit. */
	POINTER_MARK = 1,
};

static struct fh_nursery parts[MAX_PARTS];
static size_t count;

/* Makes a string and forgets it. Returns its address, 0 if there is none. */
static uint64_t probe(napi_env env)
{
	static const char text[PROBE_BYTES];
	napi_handle_scope scope;
	napi_value made;
	uint64_t at = 0;

	if (napi_open_handle_scope(env, &scope) != napi_ok)
		return 0;
	if (napi_create_string_latin1(env, text, sizeof(text), &made) == napi_ok)
		at = *(const uint64_t *)(const void *)made - POINTER_MARK;
	napi_close_handle_scope(env, scope);
	return at;
}

static struct fh_nursery *part_of(uint64_t at)
{
	for (size_t i = 0; i < count; i++)
		if ((uint64_t)(uintptr_t)parts[i].at == at / PART_BYTES * PART_BYTES)
			return &parts[i];
	return NULL;
}

void nursery_find(napi_env env)
{
	const struct fh_nursery *last = NULL;
	size_t since_new = 0;

	/* Twice around after the last new part, or one of the two halves of the
	 * nursery might not have been seen. */
	for (size_t i = 0; i < MAX_PROBES && since_new <= 4 * count; i++) {
		uint64_t at = probe(env);
		struct fh_nursery *part = part_of(at);

		if (at == 0 || (part == NULL && count == MAX_PARTS)) {
			count = 0;
			return;
		}
		if (part == NULL) {
			part = &parts[count++];
			*part = (struct fh_nursery){
				.at = (char *)(uintptr_t)(at / PART_BYTES * PART_BYTES), .head = PART_BYTES, .bytes = PART_BYTES,
			};
			since_new = 0;
		}
		if (at % PART_BYTES < part->head)
			part->head = at % PART_BYTES;
		since_new += part != last;
		last = part;
	}
}

/* Whether every part is still in the nursery: V8 says at the very beginning of
 * a part which of the nursery's halves it is in, and of anything else neither. */
static int all_in_nursery(void)
{
	size_t from = 0, to = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t flags;

		memcpy(&flags, parts[i].at, sizeof(flags));
		from += (flags & (FROM_HALF | TO_HALF)) == FROM_HALF;
		to += (flags & (FROM_HALF | TO_HALF)) == TO_HALF;
	}
	return from == to && from + to == count;
}

static int in_whole_window(const struct fh_nursery *part)
{
	size_t beside = 0;

	for (size_t i = 0; i < count; i++)
		beside += (uintptr_t)parts[i].at / FH_HUGE_PAGE == (uintptr_t)part->at / FH_HUGE_PAGE;
	return beside == FH_HUGE_PAGE / PART_BYTES;
}

size_t nursery_parts(napi_env env, const struct fh_nursery **found)
{
	uint64_t next = probe(env);
	struct fh_nursery *first = part_of(next), *part = first;

	if (first == NULL)
		return 0;
	first->head = next % PART_BYTES + 2 * PROBE_BYTES;
	/* The shim can give a cell new memory by the huge page only: go on, over
	 * garbage, to where the first one begins. */
	for (size_t i = 0; i < SKIPPED_PROBES && !in_whole_window(part); i++) {
		next = probe(env);
		part = part_of(next);
		if (part == NULL)
			return 0;
	}
	if (part != first)
		part->head = next % PART_BYTES + 2 * PROBE_BYTES;
	for (size_t i = 0; i < count; i++)
		if (parts[i].head > LARGEST_HEAD)
			return 0;
	if (!all_in_nursery())
		return 0;
	*found = parts;
	return count;
}
