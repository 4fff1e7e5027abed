/**
 * Where the data files of a program are: topic declarations, migrations, pages.
 *
 *     char path[PATH_MAX];
 *     if (datafile_find("topics.json", "deploy/topics.json", path, &e) != 0) ...
 *
 * Looked for relative to the program itself, so that an installation may be moved: first as
 * installed (<program's folder>/../share/candlewick/<installed>), then in the source tree whose
 * build folder the program runs in (<program's folder>/../../<in_tree>).
 * Threads: pure function of the file system.
 */
#ifndef CANDLEWICK_DATAFILE_H
#define CANDLEWICK_DATAFILE_H

#include "err.h"

#include <limits.h>

/* Writes the first of both that exists. ERR_NOT_FOUND names both; ERR_LIMIT: a path too long. */
int datafile_find(const char *installed, const char *in_tree, char ret[PATH_MAX],
                  struct err *e) MUST_CHECK;

#endif
