/* nursery.h: where V8 makes new objects. */
#ifndef NURSERY_H
#define NURSERY_H

#include <node_api.h>

#include "fumehood.h"

/*
 * Finds the parts of V8's nursery by filling it with garbage until no part is
 * new. The caller then has it collected.
 */
void nursery_find(napi_env env);

/*
 * Tells the parts that were found, and how many they are. Nothing may be in
 * any but the one in which V8 makes its next object, and no object may be made
 * from now on. None, if the parts are not as this file expects them.
 */
size_t nursery_parts(napi_env env, const struct fh_nursery **parts);

#endif
