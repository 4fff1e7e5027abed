"""The command line of what runs for long: an option for each field of its shape, and --output.

    parser, shape, output = shape_options(__doc__, Shape, TOP / "var/soak.json", sys.argv[1:])
"""

import argparse
from dataclasses import fields
from pathlib import Path


def shape_options(doc, shape, output, arguments):
    """(the parser, for what it cannot know to be wrong; a shape; a path). shape: a dataclass whose fields have defaults."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    for f in fields(shape):
        parser.add_argument("--" + f.name.replace("_", "-"), type=f.type, default=f.default, help=f"default {f.default}")
    parser.add_argument("--output", type=Path, default=output)
    given = vars(parser.parse_args(arguments))
    path = given.pop("output")
    return parser, shape(**given), path
