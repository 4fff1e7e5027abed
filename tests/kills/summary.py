"""What a run of kills prints.

    print(text(result))     # what run_kills.prove() returned
"""

from collections import defaultdict
from statistics import median

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
    yield (f"repaired by REST {result['repaired']} trades; gap records {result['gaps']} naming {result['gap_ids']} ids; "
           f"given up {result['given_up']}; whole {result['settled_s']:.0f} s after the markets' end, reading included")
    yield f"quotes {result['quotes']}; of an epoch that was over, and ignored, {result['quotes_ignored']} records"


def _blows(result):
    """Those who were back before the session was over had their shards kept; else the other producer took them."""
    groups = defaultdict(list)
    for s in result["struck"]:
        away_s = (s["back_us"] - s["at_us"]) / 1e6
        groups[s["name"], "longer" if away_s > 10 else "shorter"].append(s)
    yield f"{'blow':<12}{'away 10 s or':<14}{'struck':>7}{'owners':>8}   {'whole again, s after its return':<34}{'longest wait of a trade, s':<26}"
    yield f"{'':<41}   {'median':>8}{'most':>8}{'':<18}{'median':>8}{'most':>8}"
    for (name, away), struck in sorted(groups.items()):
        whole, longest = [s["whole_s"] for s in struck], [s["longest_s"] for s in struck]
        yield (f"{name:<12}{away:<14}{len(struck):>7}{sum(s['owned'] > 0 for s in struck):>8}   {median(whole):>8.1f}{max(whole):>8.1f}"
               f"{'':<18}{median(longest):>8.1f}{max(longest):>8.1f}")
