/**
 * Where the data files of a program are (topic declarations, migrations, pages), and their text.
 *
 *     char path[PATH_MAX];
 *     if (datafile_find("topics.json", "deploy/topics.json", path, &e) != 0) ...
 *     struct strbuf text = STRBUF_INIT(1 << 20);
 *     if (datafile_read(path, &text, &e) != 0) ...
 *
 * Looked for relative to the program itself, so that an installation may be moved: first as
 * installed (<program's folder>/../share/candlewick/<installed>), then in the source tree whose
 * build folder the program runs in (<program's folder>/../../<in_tree>).
 * Threads: pure functions of the file system.
 */
#ifndef CANDLEWICK_DATAFILE_H
#define CANDLEWICK_DATAFILE_H

#include "strbuf.h"

#include <limits.h>

/* Writes the first of both that exists. ERR_NOT_FOUND names both; ERR_LIMIT: a path too long. */
int datafile_find(const char *installed, const char *in_tree, char ret[PATH_MAX],
                  struct err *e) MUST_CHECK;

/* Appends the file's bytes. ERR_CONF names the file: it cannot be read, or is longer than the
 * buffer's limit. */
int datafile_read(const char *path, struct strbuf *out, struct err *e) MUST_CHECK;

#endif
