"""cw-tap on both framings and on schemas that are not its own: from a registry, and from the topic `schemas`."""

import copy
import io
import json
import struct
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import fastavro
import pytest
from fastavro.schema import fingerprint, to_parsing_canonical_form

from avro_records import MARKER, SCHEMAS, encode, expected_json
from records import Writer
from stack import environment
from test_tap import TAP, complaints, parsed, piped, rate, rates, tap

NEWER = copy.deepcopy(SCHEMAS["Rate"].definition)
NEWER["fields"].insert(0, {"name": "note", "type": ["null", "string"], "default": None})
PRINT = bytes.fromhex(fingerprint(to_parsing_canonical_form(NEWER), "CRC-64-AVRO"))  # in the order of the wire


def newer_body(epoch):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(copy.deepcopy(NEWER)), {**rate(epoch), "note": "new"})
    return out.getvalue()


def confluent(number, body):
    return b"\0" + struct.pack(">I", number) + body


def ours(epoch):
    """With the schema's id instead of its fingerprint."""
    return confluent(3, encode("Rate", rate(epoch))[10:])


@pytest.fixture
def registry():
    """Knows our rate as 3 and a newer one as 7; answers 503 while it is ill."""
    class Handler(BaseHTTPRequestHandler):
        ill = False
        asked = []
        texts = {"3": json.dumps(SCHEMAS["Rate"].definition), "7": json.dumps(NEWER)}

        def do_GET(self):
            number = self.path.removeprefix("/schemas/ids/").partition("?")[0]
            self.asked.append(number)
            found = self.texts.get(number)
            body = {"schema": found} if found else {"error_code": 40403, "message": "Schema not found"}
            self.send_response(503 if self.ill else 200 if found else 404)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Handler.url = f"http://127.0.0.1:{server.server_port}"
    yield Handler
    server.shutdown()
    server.server_close()


def lines_of(*epochs):
    return [expected_json("Rate", rate(n)) for n in epochs]


def test_pipe_of_both_framings(registry):
    values = [*rates(1), ours(2), confluent(7, newer_body(3)), None, *rates(4), confluent(7, newer_body(5))]
    code, lines, log = tap("--schema.registry.url", registry.url, stdin=piped(values))
    assert (code, log) == (0, [])
    assert lines == [*lines_of(1, 2, 3), None, *lines_of(4, 5)]
    assert registry.asked == ["3", "7"]  # each once


def test_pipe_finds_the_next_value_after_garbage(registry):
    values = [b"Option --property is deprecated", ours(1), ours(2)[:-2], confluent(9, b"no such schema"), ours(3)]
    code, lines, log = tap("--schema.registry.url", registry.url, stdin=piped(values))
    assert (code, lines) == (1, lines_of(1, 3))
    assert log[-1]["left_out"] >= 2
    assert log[0]["begins"] == "Option --property is deprecated\n"


def test_pipe_without_a_registry():
    code, lines, log = tap(stdin=piped([ours(1), *rates(2)]))
    assert (code, lines) == (1, lines_of(2))
    assert "schema.registry.url is not set" in log[0]["reason"]


def test_pipe_waits_for_a_registry_that_is_ill(registry):
    registry.ill = True
    with subprocess.Popen([TAP, "--schema.registry.url", registry.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=environment({"CW_LOG_FORMAT": "json"})) as process:
        process.stdin.write(piped([ours(1)]))
        process.stdin.flush()
        assert json.loads(process.stderr.readline())["msg"] == "waiting for a schema"
        registry.ill = False
        assert json.loads(process.stdout.readline()) == expected_json("Rate", rate(1))
        process.stdin.close()
        assert process.wait(10) == 0


def test_pipe_told_to_stop_while_it_waits(registry):
    registry.ill = True
    with subprocess.Popen([TAP, "--schema.registry.url", registry.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=environment({"CW_LOG_FORMAT": "json"})) as process:
        process.stdin.write(piped([ours(1)]))
        process.stdin.flush()
        assert json.loads(process.stderr.readline())["msg"] == "waiting for a schema"
        process.terminate()
        assert process.wait(10) == 0
        assert process.stdout.read() == b""


def test_topic_with_schemas_of_another_release(kafka, prefix, registry):
    kafka.make_topic(prefix + "rates")
    kafka.make_topic(prefix + "schemas")
    writer = Writer(kafka.brokers)
    writer.put(prefix + "schemas", json.dumps(NEWER).encode(), PRINT[::-1].hex().encode())
    for value in (*rates(1), MARKER + PRINT + newer_body(2), ours(3), MARKER + b"\1\2\3\4\5\6\7\x08" + newer_body(4)):
        writer.put(prefix + "rates", value)
    writer.flush()
    done = subprocess.run([TAP, "--brokers", kafka.brokers, "--prefix", prefix, "--topic", "rates", "--from-beginning",
                           "--exit-at-end", "--schema.registry.url", registry.url], capture_output=True, timeout=60,
                          stdin=subprocess.DEVNULL, env=environment({"CW_LOG_FORMAT": "json"}))
    log = complaints(parsed(done.stderr))
    assert (done.returncode, parsed(done.stdout)) == (1, lines_of(1, 2, 3))
    assert (log[0]["offset"], log[0]["error"]) == (3, "no schema with the fingerprint 0807060504030201")
