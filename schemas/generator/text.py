"""Small helpers for printing C."""

import textwrap

WIDTH = 100
BANNER = "/* Generated from the schemas by schemas/generate.py: change those, not this. */\n"


def comment(text, indent=""):
    """A block comment, wrapped."""
    one = f"{indent}/* {text} */"
    if len(one) <= WIDTH:
        return one + "\n"
    lines = textwrap.wrap(text, WIDTH - len(indent) - 6)
    return (f"{indent}/* " + f"\n{indent} * ".join(lines) + " */\n")


def declaration(code, note):
    """A member and what it means: behind it, or above it where the line would be too long."""
    line = f"    {code} /* {note} */"
    return line + "\n" if len(line) <= WIDTH else comment(note, "    ") + f"    {code}\n"


def chain(head, terms, operator, tail=";"):
    """head followed by terms joined with an operator, one line or one term per line."""
    gap = operator + " " if operator == "," else f" {operator} "
    one = head + gap.join(terms) + tail
    if len(one) <= WIDTH:
        return one + "\n"
    pad = " " * len(head)
    return head + (gap.rstrip() + "\n" + pad).join(terms) + tail + "\n"


def c_string(text):
    """A C literal, one source line per line of text."""
    def escape(line):
        return line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return "\n".join(f'        "{escape(line)}"' for line in text.splitlines(keepends=True))
