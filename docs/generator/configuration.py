"""CONFIGURATION.md: every option of every program."""

from .text import NOTICE, blocks, cell, code, code_cell, default, prose, sentence, table, values

HEAD = """# Configuration

Every program takes its options in three ways, and each option has one name, its key:

| | `log.level` | `kafka.sasl.username` |
|---|---|---|
| flag | `--log.level debug` or `--log.level=debug` | `--kafka.sasl.username me` |
| environment | `CW_LOG_LEVEL=debug` | `CW_KAFKA_SASL_USERNAME=me` |
| file, named by `--config FILE` or `CW_CONFIG` | `log.level = debug` | `kafka.sasl.username = me` |

Flags beat the environment, which beats the file, which beats the default. A flag that is `true` or `false` may go
without its value: `--print`. In the file, `#` begins a comment line. An unknown flag or key of the file is an error;
variables of the environment that are no option of a program are left to the other programs. Everything is checked
before the first connection.

`--dump-config` prints every value and where it came from, with secrets hidden, and leaves. `--describe` prints the
options and metrics as JSON: this page is made from it. `--help` and `--version` do what they say. Exit codes: 0 done,
1 failure, 2 wrong usage or configuration.
"""

COMMON = """
## Options of every program

"""

PASSED = """
## Properties of librdkafka

{programs} pass `kafka.<property>` on to
[librdkafka](https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md), for instance
`kafka.security.protocol`, `kafka.sasl.password` or `kafka.compression.type`. A property it does not know is an error,
and so is one that exactly-once or the layout of our groups depends on (`acks`, `isolation.level`, `transactional.id`,
…): the error names it.
"""


def option_row(option):
    return [code_cell(option["key"]), cell(values(option)), code_cell(default(option)),
            cell(option["help"]) + (" (a secret: not shown by `--dump-config`)" if option.get("secret") else "")]


def table_of(options):
    return table(["key", "values", "default", "meaning"], map(option_row, options))


def same(a, b):
    return all(a.get(k) == b.get(k) for k in a.keys() | b.keys() if k != "default")


def common_options(programs):
    """The options that all programs have; without a default where it differs."""
    found = []
    for option in programs[0]["options"]:
        others = [o for p in programs for o in p["options"] if o["key"] == option["key"]]
        if len(others) == len(programs) and all(same(option, o) for o in others):
            one_default = all(o["default"] == option["default"] for o in others)
            found.append({**option, "default": option["default"] if one_default else ""})
    return found


def details(text):
    out = ""
    for example, body in blocks(text):
        out += f"\n```sh\n{body}\n```\n" if example else f"\n{prose(body)}\n"
    return out


def program_section(program, common):
    shared = {o["key"]: o for o in common}
    own = [o for o in program["options"]
           if o["key"] not in shared or o["default"] != shared[o["key"]]["default"]]
    usage = " ".join(filter(None, [program["name"], "[options]", program["usage"]]))
    out = f"\n## {program['name']}\n\n{prose(sentence(program['summary']))}\n\n{code(usage)}\n"
    if own:
        out += "\n" + table_of(own)
    return out + (details(program["details"]) if program["details"] else "")


def render(programs):
    common = common_options(programs)
    passing = [code(p["name"]) for p in programs if "kafka." in p["prefixes"]]
    out = NOTICE + HEAD + COMMON + table_of(common)
    if passing:
        out += PASSED.format(programs=", ".join(passing[:-1]) + " and " + passing[-1] if passing[1:] else passing[0])
    return out + "".join(program_section(p, common) for p in programs)
