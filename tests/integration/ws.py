"""A WebSocket client on a bare socket (RFC 6455), for tests that must see frames as they were sent.

    with WebSocket("ws://127.0.0.1:9443/ws/btcusdt@trade") as ws:
        ws.send('{"method":"LIST_SUBSCRIPTIONS","id":1}')
        text = ws.text(5)

It is no more polite than it is told to be: pongs="answer" answers pings, "none" does not, "wrong" answers another
payload; recv_buffer makes a client that cannot take much. tls is an ssl.SSLContext for wss; with deflate it asks for
permessage-deflate (RFC 7692), and compressed counts the messages that came so.
"""

import base64
import hashlib
import os
import socket
import struct
import time
import zlib
from urllib.parse import urlsplit

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Refused(Exception):
    """The handshake was answered with another status than 101."""

    def __init__(self, status, headers):
        super().__init__(f"HTTP {status}")
        self.status = status
        self.headers = headers  # names in lower case


class Closed(Exception):
    """The server closed; code 1006 without a close frame."""

    def __init__(self, code, reason=""):
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class WebSocket:
    def __init__(self, url, pongs="answer", recv_buffer=0, timeout=10, tls=None, deflate=False):
        at = urlsplit(url)
        self.pongs = pongs
        self.pings = []  # payloads, as they came
        self.ponged = []  # likewise of what answered our pings
        self._buffer = b""
        self._at = 0  # what lies before it has been read
        self._socket = socket.socket()
        if recv_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, recv_buffer)
        self._socket.settimeout(timeout)
        self._socket.connect((at.hostname, at.port))
        if tls:
            self._socket = tls.wrap_socket(self._socket, server_hostname=at.hostname)
        self.compressed = 0
        self._extension = "Sec-WebSocket-Extensions: permessage-deflate\r\n" if deflate else ""
        self._inflate = None  # the decompressor, where it was agreed on
        self._handshake(at)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def _handshake(self, at):
        key = base64.b64encode(os.urandom(16)).decode()
        target = at.path + ("?" + at.query if at.query else "")
        self._socket.sendall(
            (f"GET {target} HTTP/1.1\r\nHost: {at.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{self._extension}\r\n").encode())
        while b"\r\n\r\n" not in self._buffer:
            self._fill()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        status = int(lines[0].split()[1])
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:])}
        if status != 101:
            raise Refused(status, headers)
        assert headers["sec-websocket-accept"] == base64.b64encode(
            hashlib.sha1((key + _GUID).encode()).digest()).decode()
        agreed = headers.get("sec-websocket-extensions", "")
        assert not agreed or self._extension, "an extension nobody asked for"
        if "permessage-deflate" in agreed:
            self._inflate = zlib.decompressobj(-15)
            self._forgets = "server_no_context_takeover" in agreed

    # --- sending ---

    def frame(self, opcode, payload=b"", final=True):
        mask = os.urandom(4)
        head = bytes([(0x80 if final else 0) | opcode])
        if len(payload) < 126:
            head += bytes([0x80 | len(payload)])
        elif len(payload) < 1 << 16:
            head += struct.pack(">BH", 0x80 | 126, len(payload))
        else:
            head += struct.pack(">BQ", 0x80 | 127, len(payload))
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        self.raw(head + mask + masked)

    def send(self, text):
        self.frame(TEXT, text.encode())

    def raw(self, data):
        self._socket.sendall(data)

    # --- receiving ---

    def _fill(self):
        try:
            data = self._socket.recv(1 << 20)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Closed(1006)
        self._buffer = self._buffer[self._at:] + data
        self._at = 0

    def _need(self, n):
        while len(self._buffer) - self._at < n:
            self._fill()

    def _take(self, n):
        self._need(n)
        taken = self._buffer[self._at:self._at + n]
        self._at += n
        return taken

    def receive(self):
        """(opcode, payload) of the next message; the server fragments only what it compresses."""
        first, payload = self._receive_frame()
        compressed = first & 0x40
        assert compressed or first & 0x80, "a fragment of a plain message"
        final = first & 0x80
        while not final:
            more, part = self._receive_frame()
            assert more & 0x0F == 0, "something amid fragments"
            final = more & 0x80
            payload += part
        if compressed:
            self.compressed += 1
            payload = self._inflate.decompress(payload + b"\x00\x00\xff\xff")
            if self._forgets:
                self._inflate = zlib.decompressobj(-15)
        return first & 0x0F, payload

    def _receive_frame(self):
        first, length = self._take(2)
        assert not length & 0x80, "a masked frame from a server"
        if length == 126:
            length = struct.unpack(">H", self._take(2))[0]
        elif length == 127:
            length = struct.unpack(">Q", self._take(8))[0]
        return first, self._take(length)

    def text(self, seconds=10):
        """The next text message; pings in between are treated as told. TimeoutError, Closed."""
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            opcode, payload = self.receive()
            if opcode == TEXT:
                return payload.decode()
            if opcode == CLOSE:
                code = struct.unpack(">H", payload[:2])[0] if payload else 1005
                raise Closed(code, payload[2:].decode())
            if opcode == PING:
                self.pings.append(payload)
                self._pong(payload)
            if opcode == PONG:
                self.ponged.append(payload)

    def _pong(self, payload):
        if self.pongs == "none":
            return
        try:
            self.frame(PONG, payload if self.pongs == "answer" else b"1")
        except (BrokenPipeError, ConnectionResetError):
            pass  # closed meanwhile: what was received before is still to be read

    def texts(self, n, seconds=30):
        deadline = time.monotonic() + seconds
        return [self.text(deadline - time.monotonic()) for _ in range(n)]

    def until_closed(self, seconds=10):
        """Reads on until the server closes: (code, reason)."""
        deadline = time.monotonic() + seconds
        try:
            while True:
                self.text(deadline - time.monotonic())
        except Closed as closed:
            return closed.code, closed.reason
