#define _GNU_SOURCE
#include "wiping.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void *inkan_wiping_malloc(size_t count, const char *file, int line) {
    (void)file;
    (void)line;
    return malloc(count);
}

void inkan_wiping_free(void *place, const char *file, int line) {
    (void)file;
    (void)line;
    if (!place) return;
    explicit_bzero(place, malloc_usable_size(place));
    free(place);
}

void *inkan_wiping_realloc(void *place, size_t count, const char *file, int line) {
    if (!place) return malloc(count);
    if (count == 0) {
        inkan_wiping_free(place, file, line);
        return NULL;
    }
    // Never realloc(3): it may move the block and leave the old one as it was.
    size_t room = malloc_usable_size(place);
    if (count <= room && count > room / 2) return place;
    void *moved = malloc(count);
    if (!moved) return NULL;
    memcpy(moved, place, count < room ? count : room);
    inkan_wiping_free(place, file, line);
    return moved;
}

__attribute__((noinline)) void inkan_wipe_stack(void) {
    unsigned char below[96 * 1024];
    explicit_bzero(below, sizeof below);
}
