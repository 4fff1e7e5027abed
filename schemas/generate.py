#!/usr/bin/env python3
"""Prints the record library's C from the Avro schemas.

    generate.py OUTDIR FILE.avsc... [--released FILE.avsc...]

writes records_gen.h, records_gen.c, records_tables_gen.c and crc64_gen.h, provided that the schemas
are compatible with those that were released. Run by the build.
"""

import pathlib
import sys

sys.dont_write_bytecode = True  # the source tree stays as it is

from generator.codec import codec  # noqa: E402
from generator.evolution import check  # noqa: E402
from generator.header import header  # noqa: E402
from generator.model import Model, SchemaError  # noqa: E402
from generator.tables import crc64, tables  # noqa: E402


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    mark = arguments.index("--released") if "--released" in arguments else len(arguments)
    paths, released = arguments[1:mark], arguments[mark + 1:]
    model = Model()
    try:
        for path in sorted(paths):
            model.load(path)
        model.check()
        check(model.schemas, released)
    except (SchemaError, OSError) as error:
        print(f"generate.py: {error}", file=sys.stderr)
        return 1
    out = pathlib.Path(arguments[0])
    for name, text in (("records_gen.h", header(model)), ("records_gen.c", codec(model)),
                       ("records_tables_gen.c", tables(model)), ("crc64_gen.h", crc64())):
        (out / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
