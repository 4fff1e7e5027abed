"""Turns Avro schemas into C structs, codecs and tables. Entry point: ../generate.py."""
