#!/usr/bin/env python3
"""Our decimals against Python's: the same random operations, the same answers, to the last digit.

decimal_oracle.py PROGRAM   PROGRAM is decimal_lines; CW_TEST_SEED and CW_TEST_CASES choose the operations.
"""

import os
import random
import subprocess
import sys
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext

SCALE = Decimal(1).scaleb(-18)
LIMIT = 10**38
SHOWN = 10


def plain(value):
    """The shortest plain text, as decimal_format() promises it."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def rounded(value):
    """At 18 decimals, half to even, or None where that does not fit."""
    result = value.quantize(SCALE, rounding=ROUND_HALF_EVEN)
    return result if abs(result) < Decimal(10) ** 20 else None


def parsed(text):
    """What decimal_parse() must make of a well-formed number: the value, or None where it does not fit."""
    value = Decimal(text)
    scaled = value.scaleb(18)
    fits = scaled == scaled.to_integral_value() and abs(scaled) < LIMIT
    return value if fits else None


def divided(a, b):
    """Exact: in whole numbers, because a quotient cut to any precision could be rounded twice."""
    if b == 0:
        return None
    numerator, denominator = abs(int(a.scaleb(18))) * 10**18, abs(int(b.scaleb(18)))
    quotient, remainder = divmod(numerator, denominator)
    if 2 * remainder > denominator or (2 * remainder == denominator and quotient % 2):
        quotient += 1
    if quotient >= LIMIT:
        return None
    return Decimal(-quotient if (a < 0) != (b < 0) else quotient).scaleb(-18)


def signed_bytes(number):
    length = 1
    while not -(1 << (8 * length - 1)) <= number < 1 << (8 * length - 1):
        length += 1
    return number.to_bytes(length, "big", signed=True)


class Numbers:
    """Numbers of all sizes; those near a power of ten or two, and near a tie, more often than chance would."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def scaled(self):
        r = self.random
        kind = r.randrange(5)
        if kind == 0:
            value = r.randrange(10 ** r.randint(1, 38))
        elif kind == 1:
            value = 10 ** r.randint(0, 38) + r.randint(-2, 2)
        elif kind == 2:
            value = (1 << r.randint(0, 126)) + r.randint(-2, 2)
        elif kind == 3:
            value = r.randrange(1, 1000) * 5 ** r.randint(0, 25) * 2 ** r.randint(0, 25)
        else:
            value = r.randrange(10 ** r.randint(1, 12)) * 10 ** r.randint(0, 20)
        value = min(max(value, 0), LIMIT - 1)
        return -value if r.random() < 0.4 else value

    def value(self):
        return Decimal(self.scaled()).scaleb(-18)

    def text(self):
        """A well-formed number, not always one that fits: zeros at both ends, a point anywhere, an exponent."""
        r = self.random
        digits = "0" * r.randrange(3) + str(abs(self.scaled())) + "0" * r.choice((0, 0, 1, 7, 30))
        point = r.randint(1, len(digits))
        text = digits[:point] + ("." + digits[point:] if point < len(digits) else "")
        if r.random() < 0.6:
            text += r.choice("eE") + r.choice(("", "+", "-", "-")) + str(r.choice((r.randrange(45), 18, 100000)))
        return ("-" if r.random() < 0.3 else "") + text


def operation(numbers, kind):
    """One line for the program and the answer it must give."""
    if kind == "text":
        text = numbers.text()
        value = parsed(text)
        return f"text {text}", "limit" if value is None else plain(value)
    if kind == "bytes":
        scaled = numbers.scaled()
        return f"bytes {plain(Decimal(scaled).scaleb(-18))}", signed_bytes(scaled).hex()
    if kind == "from":
        data = numbers.random.randbytes(numbers.random.randint(1, 18))
        if numbers.random.random() < 0.5:
            data = signed_bytes(numbers.scaled())
        scaled = int.from_bytes(data, "big", signed=True)
        return f"from {data.hex()}", plain(Decimal(scaled).scaleb(-18)) if abs(scaled) < LIMIT else "limit"
    a, b = numbers.value(), numbers.value()
    line = f"{kind} {plain(a)} {plain(b)}"
    if kind == "cmp":
        return line, str((a > b) - (a < b))
    if kind == "div":
        result = divided(a, b)
    else:
        result = rounded({"add": a + b, "sub": a - b, "mul": a * b}[kind])
    return line, "none" if result is None else plain(result)


def main():
    program = sys.argv[1]
    seed = int(os.environ.get("CW_TEST_SEED", "20260101"))
    cases = int(os.environ.get("CW_TEST_CASES", "100000"))
    numbers = Numbers(seed)
    kinds = ("add", "sub", "mul", "mul", "div", "div", "cmp", "text", "text", "bytes", "from")
    with localcontext() as context:
        context.prec = 200
        context.traps[InvalidOperation] = True
        pairs = [operation(numbers, kinds[i % len(kinds)]) for i in range(cases)]
    lines = "".join(line + "\n" for line, _ in pairs)
    answers = subprocess.run([program], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    if len(answers) != cases:
        sys.exit(f"seed {seed}: {cases} operations, {len(answers)} answers")
    wrong = [(line, answer, due) for (line, due), answer in zip(pairs, answers) if answer != due]
    for line, answer, due in wrong[:SHOWN]:
        print(f"seed {seed}: {line} = {answer}, expected {due}")
    refused = sum(due in ("none", "limit") for _, due in pairs)
    print(f"seed {seed}: {cases} operations, {refused} of them without a result, {len(wrong)} wrong")
    if not cases * 0.02 < refused < cases * 0.5:
        sys.exit("the operations do not reach both sides of the limits")
    sys.exit(bool(wrong))


main()
