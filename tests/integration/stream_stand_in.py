"""Stand-ins for an exchange's stream that send what a test tells them to, frame by frame.

    with BinanceStream() as x:                       # deflate=True: compresses what it sends
        ... cw-producer --exchange.binance.ws.url x.url ...
        x.wait_subscribed("btcusdt@bookTicker")
        x.quote("BTCUSDT", "9.5", "1", "10", "2")
        x.trade("BTCUSDT", 1)
        x.cut("bookTicker")                          # the connections that carry it
        x.announce("bookTicker")                     # that their end is near
        old, new = x.carrying("bookTicker")          # oldest first
        x.quote("BTCUSDT", "9.5", "1", "10", "2", to=[old])
        x.answers = False; ...; x.answer()           # requests wait for their acknowledgement
        x.open = False                               # whoever connects is refused
    with KrakenStream() as x:
        x.refused, x.silent = {"trade:ETH/USD"}, {"ticker:ETH/USD"}      # told so, or not answered

cw-sim makes a market; this makes single events, at the moment a test wants them.
"""

import asyncio
import base64
import hashlib
import json
import re
import struct
import threading
import time
import zlib

from stack import wait_for

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TAIL = b"\x00\x00\xff\xff"  # what permessage-deflate leaves out


class _Connection:
    def __init__(self, writer, deflate):
        self.writer = writer
        self.streams = set()
        self._deflate = zlib.compressobj(wbits=-15) if deflate else None

    def send(self, text, opcode=1):
        body, first = text.encode(), 0x80 | opcode
        if self._deflate and opcode == 1:
            body = (self._deflate.compress(body) + self._deflate.flush(zlib.Z_SYNC_FLUSH)).removesuffix(_TAIL)
            first |= 0x40
        n = len(body)
        head = bytes([first, n]) if n < 126 else struct.pack(">BBH", first, 126, n) if n < 1 << 16 else struct.pack(
            ">BBQ", first, 127, n)
        self.writer.write(head + body)


class Stream:
    """What both share; a stream is named by its subclass."""

    def __init__(self, deflate=False):
        self._deflate = deflate
        self._loop = asyncio.new_event_loop()
        self._connections = []
        self._port = None
        self.offered = []  # Sec-WebSocket-Extensions of each connection
        self.said = []  # text messages of all connections
        self.open = True
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        wait_for(lambda: self._port, 10, "the exchange's port")
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _end(self):
        """Whoever is connected still is hung up on."""
        serving = asyncio.all_tasks() - {asyncio.current_task()}
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    @property
    def url(self):
        return f"ws://127.0.0.1:{self._port}"

    # --- what a test says ---

    def wait_subscribed(self, *streams, seconds=20):
        def done():
            carried = set().union(*(c.streams for c in list(self._connections)))
            return set(streams) <= carried
        wait_for(done, seconds, f"subscription of {streams}")

    def send(self, stream, payload, to=None):
        """To every connection that carries the stream, or to those."""
        self._call(lambda: [c.send(json.dumps(payload)) for c in to or self._connections if stream in c.streams])

    def carrying(self, channel):
        """The connections that carry the channel."""
        return [c for c in list(self._connections) if any(channel in re.split("[@:]", s) for s in list(c.streams))]

    def cut(self, channel):
        """Ends the connections that carry the channel, without a word."""
        self.end(self.carrying(channel))

    def end(self, connections):
        """Without a word."""
        self._call(lambda: [c.writer.transport.abort() for c in connections])

    def announce(self, channel):
        """The connections that carry the channel will end."""
        connections = self.carrying(channel)
        assert connections
        self._call(lambda: [c.send(json.dumps(self.announcement)) for c in connections])

    @property
    def connections(self):
        return len(self._connections)

    # --- the server ---

    def _call(self, what):
        done = threading.Event()
        def run():
            what()
            done.set()
        self._loop.call_soon_threadsafe(run)
        assert done.wait(10)

    def _run(self):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self._port = server.sockets[0].getsockname()[1]
        self._loop.run_forever()

    async def _serve(self, reader, writer):
        try:
            c = await self._handshake(reader, writer)
            self._connections.append(c)
            try:
                while await self._frame(reader, c):
                    pass
            finally:
                self._connections.remove(c)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _handshake(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if not self.open:
            writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            raise ConnectionError
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        fields = {k.lower(): v for k, v in fields.items()}
        key = base64.b64encode(hashlib.sha1(fields["sec-websocket-key"].encode() + _GUID).digest()).decode()
        self.offered.append(fields.get("sec-websocket-extensions", ""))
        extension = "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n" if self._deflate else ""
        writer.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      f"Sec-WebSocket-Accept: {key}\r\n{extension}\r\n").encode())
        return _Connection(writer, self._deflate)

    async def _frame(self, reader, c):
        first, n = await reader.readexactly(2)
        opcode, n = first & 15, n & 127
        if n == 126:
            n = struct.unpack(">H", await reader.readexactly(2))[0]
        elif n == 127:
            n = struct.unpack(">Q", await reader.readexactly(8))[0]
        mask = await reader.readexactly(4)
        body = bytes(b ^ mask[i % 4] for i, b in enumerate(await reader.readexactly(n)))
        if first & 0x40:
            body = zlib.decompressobj(wbits=-15).decompress(body + _TAIL)
        if opcode == 1 and body == b"ping":  # OKX's
            c.send("pong")
        elif opcode == 1:
            self.said.append(body.decode())
            self._hear(c, json.loads(body))
        elif opcode == 9:
            c.send(body.decode(), opcode=10)
        return opcode != 8


class BinanceStream(Stream):
    """Streams are named as the exchange does: btcusdt@trade. Each request is acknowledged."""

    announcement = {"e": "serverShutdown", "E": 1770123456789}

    def __init__(self, deflate=False):
        super().__init__(deflate)
        self.answers, self._unanswered = True, []

    def _hear(self, c, request):
        assert request["method"] == "SUBSCRIBE"
        self._unanswered.append((c, request))
        if self.answers:
            self._answer()

    def _answer(self):
        for c, request in self._unanswered:
            c.streams |= set(request["params"])
            c.send(json.dumps({"result": None, "id": request["id"]}))
        self._unanswered.clear()

    def answer(self):
        self.answers = True
        self._call(self._answer)

    @property
    def unanswered(self):
        return len(self._unanswered)

    def subscribe_unanswered(self):
        """What was asked for is sent, although it is not acknowledged. The connections."""
        for c, request in self._unanswered:
            c.streams |= set(request["params"])
        return [c for c, _ in self._unanswered]

    def quote(self, native, bid, bid_amount, ask, ask_amount, to=None):
        self.send(f"{native.lower()}@bookTicker",
                  {"u": 1, "s": native, "b": bid, "B": bid_amount, "a": ask, "A": ask_amount}, to)

    def trade(self, native, number, price="1", to=None):
        self.send(f"{native.lower()}@trade",
                  {"e": "trade", "s": native, "t": number, "p": price, "q": "1", "T": int(time.time() * 1000), "m": True},
                  to)


class KrakenStream(Stream):
    """Streams are named channel:symbol. Each symbol is acknowledged, refused or left without an answer."""

    def __init__(self):
        super().__init__()
        self.refused, self.silent = set(), set()

    def _hear(self, c, request):
        if request["method"] == "ping":
            c.send(json.dumps({"method": "pong", "time_in": "", "time_out": ""}))
            return
        channel = request["params"]["channel"]
        for symbol in request["params"]["symbol"]:
            stream = f"{channel}:{symbol}"
            c.streams.add(stream)
            about = {"method": "subscribe", "req_id": request["req_id"], "time_in": "", "time_out": ""}
            if stream in self.refused:
                c.send(json.dumps({**about, "success": False, "symbol": symbol,
                                   "error": f"Currency pair not supported {symbol}"}))
            elif stream not in self.silent:
                c.send(json.dumps({**about, "success": True,
                                   "result": {"channel": channel, "symbol": symbol, "snapshot": False}}))

    def quote(self, native, bid, ask):
        self.send(f"ticker:{native}", {"channel": "ticker", "type": "update", "data": [
            {"symbol": native, "bid": bid, "bid_qty": 1.5, "ask": ask, "ask_qty": 2.5,
             "timestamp": "2026-01-01T00:00:00.000001Z"}]})

    def trade(self, native, number):
        self.send(f"trade:{native}", {"channel": "trade", "type": "update", "data": [
            {"symbol": native, "side": "buy", "price": 5.5, "qty": 0.5, "ord_type": "limit", "trade_id": number,
             "timestamp": "2026-01-01T00:00:00.000001Z"}]})


class OkxStream(Stream):
    """Streams are named channel:symbol. Each symbol is acknowledged."""

    announcement = {"event": "notice", "code": "64008", "connId": "a4d3ae55",
                    "msg": "The connection will soon be closed for a service upgrade. Please reconnect."}

    def _hear(self, c, request):
        assert request["op"] == "subscribe"
        for arg in request["args"]:
            c.streams.add(f"{arg['channel']}:{arg['instId']}")
            c.send(json.dumps({"event": "subscribe", "arg": arg, "connId": "a4d3ae55"}))

    def trade(self, native, number, to=None):
        self.send(f"trades-all:{native}", {"arg": {"channel": "trades-all", "instId": native}, "data": [
            {"instId": native, "tradeId": str(number), "px": "5.5", "sz": "0.5", "side": "buy", "source": "0",
             "ts": str(int(time.time() * 1000))}]}, to)
