"""Our decimals against PostgreSQL's numeric: 100,000 random operations, the edges among them, in one query."""

import random
import subprocess

import psycopg

from stack import BUILD

LINES = BUILD / "tests/decimal_lines"
OPERATIONS = 100_000
LIMIT = 10**38  # of e18: 38 digits, 18 of them after the point

# numeric divides and rounds half away from zero; half to even at the 18th decimal has to be said in whole numbers:
# of x / y the floor, what is left, and whether twice that is more than y, less, or just as much
EXPECTED = """
WITH whole AS (
  SELECT n, op, answer, a, b,
    CASE op WHEN 'add' THEN (a + b) * 1e18 WHEN 'sub' THEN (a - b) * 1e18 WHEN 'mul' THEN a * 1e18 * (b * 1e18)
            WHEN 'div' THEN abs(a) * 1e36 END AS x,
    CASE op WHEN 'mul' THEN 1e18 WHEN 'div' THEN abs(b) * 1e18 ELSE 1 END AS y,
    CASE WHEN op = 'div' THEN sign(a) * sign(b) ELSE 1 END AS direction
  FROM decimal_case WHERE op <> 'cmp' AND op <> 'text'
), parts AS (
  SELECT *, div(abs(x), nullif(y, 0)) AS q, mod(abs(x), nullif(y, 0)) AS rest FROM whole
), results AS (
  SELECT *, direction * CASE WHEN x < 0 THEN -1 ELSE 1 END
            * (q + CASE WHEN 2 * rest > y OR (2 * rest = y AND mod(q, 2) = 1) THEN 1 ELSE 0 END) AS e18
  FROM parts
), expected AS (
  SELECT n, op, a, b, answer,
    CASE WHEN e18 IS NULL OR abs(e18) >= 1e38 THEN 'none' ELSE trim_scale(e18 * 0.000000000000000001)::text END AS wanted
  FROM results
  UNION ALL SELECT n, op, a, b, answer, sign(a - b)::int::text FROM decimal_case WHERE op = 'cmp'
  UNION ALL SELECT n, op, a, b, answer, trim_scale(a)::text FROM decimal_case WHERE op = 'text'
)
SELECT op, count(*), count(*) FILTER (WHERE wanted = 'none'), count(*) FILTER (WHERE answer <> wanted),
       min(op || ' ' || a || ' ' || coalesce(b::text, '') || ': ' || answer || ', not ' || wanted)
         FILTER (WHERE answer <> wanted)
FROM expected GROUP BY op
"""


def number(chance):
    """Any magnitude and scale that decimal(38, 18) holds."""
    edges = [0, 1, -1, 5 * 10**17, 10**18, LIMIT - 1, 1 - LIMIT, 10**28, 3 * 10**18, 2**63, -(2**64)]
    unscaled = chance.choice(edges) if chance.random() < 0.1 else (
        chance.randrange(10 ** chance.randrange(1, 39)) * chance.choice([1, -1]))
    if chance.random() < 0.3:  # few digits, so that halves come up
        unscaled = chance.randrange(-1000, 1000) * 10 ** chance.randrange(12, 30)
    digits = f"{abs(unscaled):019d}"
    return ("-" if unscaled < 0 else "") + digits[:-18] + "." + digits[-18:]


def test_operations_equal_numeric(database):
    chance = random.Random(20)
    cases = []
    for _ in range(OPERATIONS):
        op = chance.choice(["add", "sub", "mul", "div", "cmp", "text"])
        cases.append((op, number(chance), None if op == "text" else number(chance)))
    # halves just between two decimals, both ways, and sums at the very edge
    halves = [("mul", f"{s}{i}.5", "0.000000000000000001") for i in range(200) for s in ("", "-")]
    halves += [("div", f"0.00000000000000{i:04d}", "2") for i in range(1, 400)]
    top = "99999999999999999999.999999999999999999"
    edges = [("add", top, "0.000000000000000001"), ("add", top, "0"), ("sub", "-" + top, "0.000000000000000001"),
             ("mul", top, "1"), ("mul", top, "1.000000000000000001"), ("div", top, "0.999999999999999999"),
             ("div", "1", "0"), ("div", "0", "0"), ("div", "1", "3"), ("div", "-2", "3")]
    cases += halves + edges
    lines = "".join(" ".join(filter(None, case)) + "\n" for case in cases)
    done = subprocess.run([LINES], input=lines, capture_output=True, text=True, timeout=120, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(cases) >= OPERATIONS

    with psycopg.connect(database) as connection:
        connection.execute("CREATE TEMP TABLE decimal_case (n int, op text, a numeric, b numeric, answer text)")
        with connection.cursor().copy("COPY decimal_case FROM STDIN") as copy:
            for n, (case, answer) in enumerate(zip(cases, answers)):
                copy.write_row((n, *case, answer))
        found = connection.execute(EXPECTED).fetchall()
    assert {row[0] for row in found} == {"add", "sub", "mul", "div", "cmp", "text"}
    for op, count, none, wrong, first in found:
        assert wrong == 0, f"{wrong} of {count} {op}: {first}"
        assert none > 0 or op in ("cmp", "text"), "results that do not fit are among them"
