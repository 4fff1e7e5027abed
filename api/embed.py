"""embed.py FILE NAME OUTPUT: a C header that holds the file's bytes, static const unsigned char NAME[]."""

import sys
from pathlib import Path

file, name, output = sys.argv[1:]
numbers = [str(byte) for byte in Path(file).read_bytes()]
lines = [", ".join(numbers[i:i + 20]) for i in range(0, len(numbers), 20)]
Path(output).write_text(f"static const unsigned char {name}[] = {{\n" + ",\n".join(lines) + "};\n")
