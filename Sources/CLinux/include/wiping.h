// Memory that is overwritten before it is given back: for libraries that take their allocator from us.
#ifndef INKAN_WIPING_H
#define INKAN_WIPING_H

#include <stddef.h>

/// malloc in the form that libcrypto's CRYPTO_set_mem_functions takes.
void *inkan_wiping_malloc(size_t count, const char *file, int line);

/// realloc that overwrites the block it moves away from.
void *inkan_wiping_realloc(void *place, size_t count, const char *file, int line);

/// free that overwrites the block first, to its very end.
void inkan_wiping_free(void *place, const char *file, int line);

/// Overwrites what functions that have returned may have left below the caller's place on the stack: 96 KiB.
void inkan_wipe_stack(void);

#endif
