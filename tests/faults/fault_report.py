"""The table of `make faults`.

    print(head()); print(line(outcome)) ...
"""

COLUMNS = [("trades", "trades"), ("written", "written"), ("by_rest", "by REST"), ("repeated", "repeated"),
           ("declared", "declared"), ("repaired_later", "repaired"), ("given_up", "given up"), ("dead_letters", "letters"), ("quotes", "quotes"),
           ("void", "void"), ("false", "false"), ("oldest_quote_s", "late s"), ("whole_s", "whole s")]


def head():
    return f"{'fault':<26}{'exchange':<9}" + "".join(f"{title:>9}" for _, title in COLUMNS)


def line(outcome):
    cells = "".join(f"{outcome.figures.get(key, '-'):>9}" for key, _ in COLUMNS)
    verdict = "ok" if not outcome.differences else f"FAILED: {outcome.differences[0]}"
    return f"{outcome.case:<26}{outcome.exchange:<9}{cells}  {verdict}"


def closing(outcomes):
    failed = [o for o in outcomes if o.differences]
    if not failed:
        return f"all {len(outcomes)} are whole: what is missing could not be had, nothing is written twice, no field differs"
    return f"{len(failed)} of {len(outcomes)} FAILED"
