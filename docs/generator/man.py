"""A manual page of a program, from what it says of itself."""

import re

from .text import blocks, default, values


def roff(text):
    """A text as roff takes it: no escapes, and no line that looks like a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = re.sub(r",(?=\S)", r",\\:", text)  # a long list may be broken behind its commas
    for plain, escaped in (("…", "\\[u2026]"), ("×", "\\[mu]"), ("→", "\\[->]")):
        text = text.replace(plain, escaped)
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def option(o):
    metavar = {"text": "TEXT", "number": "N", "boolean": "", "choice": "|".join(o.get("choices", []))}[o["type"]]
    notes = [values(o)] if o["type"] == "number" and "min" in o else []
    notes += [f"default {default(o)}"] if default(o) else []
    return entry(o["key"], metavar, o["help"] + (f" ({'; '.join(notes)})" if notes else ""))


def entry(flag, argument, text):
    """A flag, what it takes, what it does."""
    taken = ' " ' + roff(argument) + '"' if argument else ""
    return f".TP\n.BI \\-\\-{roff(flag)}{taken}\n{roff(text)}\n"


def paragraphs(text):
    out = ""
    for example, body in blocks(text):
        body = roff(body)
        out += f".PP\n.nf\n.RS\n{body}\n.RE\n.fi\n" if example else ".PP\n" + body.replace("\n\n", "\n.PP\n") + "\n"
    return out


EVERYWHERE = [
    ("config FILE", "lines of key = value, # begins a comment"),
    ("dump-config", "print every value and where it came from, then exit"),
    ("describe", "print the options and the metrics as JSON, then exit"),
    ("version", "print the version, then exit"),
    ("help", "print the options, then exit"),
]


def render(program):
    name = roff(program["name"])
    out = f'.TH {program["name"].upper()} 1 "" "Candlewick {program["version"]}" "Candlewick"\n.ad l\n'
    out += f".SH NAME\n{name} \\- {roff(program['summary'].rstrip('.'))}\n"
    out += f".SH SYNOPSIS\n.B {name}\n[options] {roff(program['usage'])}".rstrip() + "\n"
    if program["details"]:
        out += ".SH DESCRIPTION\n" + paragraphs(program["details"])
    out += ".SH OPTIONS\n" + "".join(map(option, program["options"]))
    for prefix in program["prefixes"]:
        out += f".TP\n.BI \\-\\-{roff(prefix)} \"NAME VALUE\"\npassed on (see the documentation)\n"
    for flag, text in EVERYWHERE:
        out += entry(*flag.partition(" ")[::2], text)
    out += (".SH ENVIRONMENT\nEach option is also a variable, \\-\\-log.level as CW_LOG_LEVEL, and a key of the file.\n"
            "Flags beat the environment, which beats the file.\n")
    if program["metrics"]:
        out += ".SH METRICS\nServed as /metrics where \\-\\-health.listen says.\n"
        for m in program["metrics"]:
            out += f".TP\n.B {roff(m['name'])}\n{roff(m['help'])}\n"
    return out + ".SH EXIT STATUS\n0: done; 1: failure; 2: wrong usage or configuration.\n"
