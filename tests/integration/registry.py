"""A schema registry as Confluent publishes its interface, as far as our programs use it.

    with Registry(path="/apis/ccompat/v7", user=("me", "secret")) as registry:
        registry.url; registry.schemas[1]; registry.subjects["trades-candlewick.Trade"]
        registry.stop(); registry.start()                   # the same port, the same ids
        registry.failures = 2                               # the next two requests: 503

https://docs.confluent.io/platform/current/schema-registry/develop/api.html
"""

import base64
import contextlib
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from stack import free_port

CONTENT = "application/vnd.schemaregistry.v1+json"


class Refused(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.body = status, {"error_code": code, "message": message}


class Registry:
    def __init__(self, path="", user=None):
        self.port = free_port()
        self.path, self.user = path, user
        self.schemas = {}   # id -> {"schema": text, …}
        self.subjects = {}  # subject -> [id, …]
        self.refused = {}   # subject -> (status, error_code, message)
        self.requests = []  # "GET /schemas/ids/1"
        self.failures = 0
        self._lock = threading.Lock()  # each request has a thread of its own
        self._server = None
        self._connections = set()  # kept ones end with the server, as they would with its process

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}{self.path}"

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        registry = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16  # an answer leaves in one piece

            def setup(self):
                super().setup()
                registry._connections.add(self.connection)

            def finish(self):
                registry._connections.discard(self.connection)
                super().finish()

            def log_message(self, *_):
                pass

            def answer(self, method):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                try:
                    with registry._lock:
                        status, reply = 200, registry.handle(method, self.path, self.headers, body)
                except Refused as refused:
                    status, reply = refused.status, refused.body
                data = json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("Content-Type", CONTENT)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                self.answer("GET")

            def do_POST(self):
                self.answer("POST")

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self):
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            for connection in list(self._connections):
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._server = None

    # --- the protocol

    def handle(self, method, path, headers, body):
        self.requests.append(f"{method} {path.removeprefix(self.path)}")
        if self.failures > 0:
            self.failures -= 1
            raise Refused(503, 50003, "down for a moment")
        if self.user and headers.get("Authorization") != "Basic " + base64.b64encode(":".join(self.user).encode()).decode():
            raise Refused(401, 401, "Unauthorized")
        if not path.startswith(self.path):
            raise Refused(404, 404, "HTTP 404 Not Found")
        parts = path.removeprefix(self.path).strip("/").split("/")
        if method == "POST" and len(parts) == 3 and parts[0] == "subjects" and parts[2] == "versions":
            if headers.get("Content-Type") != CONTENT:
                raise Refused(415, 415, "HTTP 415 Unsupported Media Type")
            return self.register(parts[1], json.loads(body))
        if method == "GET" and parts[:2] == ["schemas", "ids"] and len(parts) == 3:
            return self.fetch(int(parts[2]))
        raise Refused(404, 404, "HTTP 404 Not Found")

    def register(self, subject, request):
        if subject in self.refused:
            raise Refused(*self.refused[subject])
        json.loads(request["schema"])
        assert request.get("schemaType", "AVRO") == "AVRO"
        number = self.add(request["schema"])
        known = self.subjects.setdefault(subject, [])
        if number not in known:
            known.append(number)
        return {"id": number}

    def add(self, text, **more):
        """The id of a text; the same text has the same one."""
        for number, known in self.schemas.items():
            if known == {"schema": text, **more}:
                return number
        number = 100_000 + len(self.schemas) * 257  # all four bytes of ids matter
        self.schemas[number] = {"schema": text, **more}
        return number

    def fetch(self, number):
        if number not in self.schemas:
            raise Refused(404, 40403, f"Schema {number} not found")
        return self.schemas[number]
