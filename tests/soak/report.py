"""The table of a soak.

    print(text(result))     # what market_run.soak() returned
"""

MIB, GIB = 1024, 1024**3
HOURS_A_DAY = 24


def text(result):
    shape = result["shape"]
    head = (f"{shape['hours'] * 60:g} minutes of market at {shape['rate']} trades/s, {shape['symbols']} symbols, "
            f"{shape['speed']:g} times as fast as time")
    return "\n".join([head, "", *memory_lines(result), "", *disk_lines(result), "", *closing_lines(result)])


def memory_lines(result):
    yield (f"{'memory, MiB':<14}{'mean':>9}{'least':>9}{'most':>9}{'worst':>8}{'drift':>8}{'cores':>7}{'lag':>8}"
           f"   after {result['shape']['warm_up_minutes']:g} minutes")
    first, last = span(result)
    seconds = (last["minute"] - first["minute"]) * 60
    for name, v in result["memory"].items():
        cores = (last["cpu_s"][name] - first["cpu_s"][name]) / seconds
        lag = max(s["lag_records"].get(name) or 0 for s in result["samples"])
        verdict = "" if not name.startswith("cw-") else "flat" if v["flat"] else "NOT FLAT"
        yield (f"{name:<14}{v['mean_kib'] / MIB:>9.1f}{v['least_kib'] / MIB:>9.1f}{v['most_kib'] / MIB:>9.1f}"
               f"{v['worst_percent']:>7.1f}%{v['drift_percent']:>+7.1f}%{cores:>7.3f}{lag:>8.0f}   {verdict}".rstrip())


def disk_lines(result):
    yield (f"{'disk':<29}{'count':>10}{'B each':>9}{'+ index':>9}{'B a trade':>11}{'+ index':>9}"
           f"{'GiB a day':>11}{'+ index':>9}")
    for name, count, kept, index, day, day_index, trades in disk(result):
        each = [f"{b / count:>9.1f}" if count else f"{'':>9}" for b in (kept, kept + index)]
        yield (f"{name:<29}{count or '':>10}{each[0]}{each[1]}{kept / trades:>11.2f}{(kept + index) / trades:>9.2f}"
               f"{day / GIB:>11.3f}{(day + day_index) / GIB:>9.3f}")


def disk(result):
    """(name, records or rows, bytes, index bytes, bytes a day, index bytes a day, trades) of each topic and table."""
    counts = {**result["records"], "trade": result["rows"]["trade"],
              "candle_1s": result["rows"]["candle 1s"], "candle_revision_1s": result["rows"]["candle_revision 1s"],
              "candle_long": longer(result, "candle "), "candle_revision_long": longer(result, "candle_revision ")}
    first, last = span(result)
    days = (last["minute"] - first["minute"]) / 60 / HOURS_A_DAY
    for kind, part in (("topic_bytes", "log"), ("table_bytes", "rows")):
        for name, now in result["at_rest"][kind].items():
            then, end = first[kind].get(name, {part: 0, "index": 0}), last[kind][name]
            yield (f"{'topic' if part == 'log' else 'table'} {name}", counts.get(name), now[part], now["index"],
                   (end[part] - then[part]) / days, (end["index"] - then["index"]) / days, last["trades"])


def longer(result, table):
    return sum(n for name, n in result["rows"].items() if name.startswith(table) and not name.endswith(" 1s"))


def span(result):
    """The samples between which growth is taken: the first after the warm-up, and the last."""
    warm = [s for s in result["samples"] if s["minute"] > result["shape"]["warm_up_minutes"]]
    return warm[0], warm[-1]


def closing_lines(result):
    last = result["samples"][-1]
    yield (f"{last['trades']} trades; {result['worked_out']} candles worked out anew; "
           f"the market was at most {max(s['market_behind_s'] for s in result['samples']):.1f} s of its time late; "
           f"WAL {last['wal_bytes'] / 1024**2:.0f} MiB")
    for line in result["differences"][:20]:
        yield "DIFFERENT: " + line
    if len(result["differences"]) > 20:
        yield f"… and {len(result['differences']) - 20} more"
    yield "all trades, candles and rows are what the ledger says" if not result["differences"] else "NOT EXACT"
