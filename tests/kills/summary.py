"""What a run of kills prints.

    print(text(result))     # what run_kills.prove() returned
"""

from collections import defaultdict
from statistics import median

from blows import SESSION_S

SHOWN = 40


def text(result):
    shape = result["shape"]
    return "\n".join([
        *_trades(result), "", *_blows(result), "",
        *(f"DIFFERENT: {line}" for line in result["differences"][:SHOWN]),
        f"seed {shape['seed']}: {sum(result['trades'].values())} trades, {shape['kills']} kills, "
        f"duplicates {result['twice']}, losses {result['lost']}" + (", NOT EXACT" if result["differences"] else "")])


def _trades(result):
    shape, openings = result["shape"], result["openings"]
    yield (f"{sum(result['trades'].values())} of {result['made']} trades written in {result['market_s']:.0f} s: "
           + ", ".join(f"{x} {n}" for x, n in result["trades"].items())
           + f"; {shape['symbols']} symbols, two producers and {shape['shards']} shards of each")
    yield (f"shards taken over by the other producer {openings.get('taken over', 0)}, "
           f"taken up again by the same {openings.get('taken up again', 0)}")
    repaired, gaps, ids, given_up = (sum(result[f].values()) for f in ("repaired", "gaps", "gap_ids", "given_up"))
    yield (f"repaired by REST {repaired} trades; gap records {gaps} naming {ids} ids; given up {given_up}; "
           f"whole {result['settled_s']:.0f} s after the markets' end, reading included")
    yield (f"quotes {result['quotes']}; of an epoch that was over, and ignored, {result['quotes_ignored']} records; "
           f"that waited in a frozen producer {result['quotes_late']}")


def _blows(result):
    """Who was back before its session was over had its shards kept; else the other producer took them. What it cost is told
    of blows that no other one of the same exchange came near to."""
    groups = defaultdict(list)
    for s in result["struck"]:
        groups[s["name"], "longer" if s["back_us"] - s["at_us"] > SESSION_S * 1e6 else "shorter", s["exchange"]].append(s)
    yield f"{'':<50}alone    whole again, s        longest wait"
    yield f"{'blow':<13}{'away':<9}{'exchange':<10}{'struck':>7}{'owners':>8}{'':>8}    after its return      of a trade, s"
    for (name, away, exchange), struck in sorted(groups.items()):
        alone = [s for s in struck if s["alone"]]
        yield (f"{name:<13}{away:<9}{exchange:<10}{len(struck):>7}{sum(s['owned'] > 0 for s in struck):>8}{len(alone):>8}"
               f"{_spread(alone, 'whole_s'):>20}{_spread(alone, 'longest_s'):>19}")


def _spread(struck, figure):
    values = [s[figure] for s in struck]
    return f"{median(values):.1f}, most {max(values):.1f}" if values else ""
