"""A simulator that speaks TLS to the streams of its producer, and is asked without it by everybody else.

    sim = TlsSimulator(logs, exchange="okx", ...)
    sim.trusting                # environment of a cw-producer that trusts its certificate

REST goes through a relay that takes any certificate: the library that cw-producer asks by trusts those of the system alone.
"""

import asyncio
import ssl
import threading
from contextlib import suppress

from simulator import ENDPOINTS, Simulator
from stack import free_port, run


async def pump(reader, writer):
    with suppress(OSError, ssl.SSLError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()


class Relay:
    """Plain connections to its port go on behind TLS to another one of this machine."""

    def __init__(self, to_port):
        self.port, self._to_port = free_port(), to_port
        self._loop, listening = asyncio.new_event_loop(), threading.Event()
        threading.Thread(target=self._run, args=(listening,), daemon=True).start()
        assert listening.wait(10), "a relay that listens"

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self, listening):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        listening.set()
        self._loop.run_forever()

    async def _serve(self, reader, writer):
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        try:
            there = await asyncio.open_connection("127.0.0.1", self._to_port, ssl=trusting)
        except (OSError, ssl.SSLError):
            writer.close()
            return
        await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))


class TlsSimulator(Simulator):
    def __init__(self, logs, **options):
        logs.mkdir(parents=True, exist_ok=True)
        cert, key = logs / "cert.pem", logs / "key.pem"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=cw-sim", "-addext",
            "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert)
        super().__init__(logs, tls_cert=cert, tls_key=key, **options)
        self.tls = ""  # for whoever asks through the relay
        self._port = int(self.listen.rpartition(":")[2])
        self._relay = Relay(self._port)
        self.trusting = {"SSL_CERT_FILE": cert}

    @property
    def http(self):
        return f"http://127.0.0.1:{self._relay.port}"

    @property
    def ws(self):
        return f"ws://127.0.0.1:{self._relay.port}"

    @property
    def endpoints(self):
        urls = {name: f"wss://localhost:{self._port}{path}" for name, path in ENDPOINTS[self.exchange].items()}
        return [part for name, url in {**urls, "rest": self.http}.items()
                for part in (f"--exchange.{self.exchange}.{name}.url", url)]

    def kill9(self):
        super().kill9()
        self._relay.close()
