#!/usr/bin/env python3
"""Stands in for every program of the stack, so that supervision can be tested apart from what is supervised.

It is ready at once and leaves on SIGTERM. STAND_IN_BROKEN names the program that ends at once with an error, as one
does whose option is wrong.
"""

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = os.path.basename(sys.argv[0])
CANDLE = {"exchange": "binance", "symbol": "BTC-USDT", "open_time": "2026-01-02T03:04:00.000000Z", "open": "1", "high": "2", "low": "0.5", "close": "1.5",
          "volume": "7", "trades": 3, "status": "provisional"}
FEED = {"exchange": "kraken", "state": "up", "age_us": 123456, "symbols": 4}
EDGE = {"legs": [{"exchange": "kraken", "symbol": "BTC-EUR"}, {"exchange": "okx", "symbol": "BTC-EUR"}],
        "gross_bps": "7.126", "net_bps": "-42.94", "state": "watching", "reason": "fees"}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/readyz":
            body = json.dumps({"status": "ready", "waiting": {}})
        elif self.path == "/metrics":
            body = ('candlewick_trades_written_total{exchange="kraken"} 8\n'
                    'candlewick_quotes_written_total{exchange="kraken"} 9\n'
                    'candlewick_records_produced_total{topic="candles.1m"} 5\n'
                    'candlewick_records_produced_total{topic="candles.1h"} 9\n'
                    'candlewick_records_mirrored_total 4\n'
                    'candlewick_rows_written_total{table="candle"} 7\n'
                    'candlewick_consumer_lag_records{topic="trades",partition="0"} 2\n')
        elif self.path.startswith("/v1/symbols"):
            body = json.dumps({"symbols": [{"exchange": "binance", "symbol": "BTC-USDT", "trades": 3}], "next": None})
        elif self.path.startswith("/v1/exchanges"):
            body = json.dumps({"exchanges": [FEED], "next": None})
        elif self.path.startswith("/v1/arbitrage"):
            body = json.dumps({"opportunities": [EDGE] if "watching" in self.path else [], "next": None})
        else:
            body = json.dumps({"symbol": "BTC-USDT", "candles": [CANDLE], "next": None})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


def main():
    print(json.dumps({"msg": "start", "program": NAME, "arguments": sys.argv[1:]}), file=sys.stderr, flush=True)
    if os.environ.get("STAND_IN_BROKEN") == NAME:
        print('{"level":"error","msg":"broken on purpose"}', file=sys.stderr)
        return 1
    if NAME in ("cw-topics", "cw-migrate"):
        return 0
    addresses = [os.environ["CW_HEALTH_LISTEN"]]
    if "--listen" in sys.argv:
        addresses.append(sys.argv[sys.argv.index("--listen") + 1])
    for address in addresses:
        host, port = address.split(":")
        server = ThreadingHTTPServer((host, int(port)), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    signal.sigwait({signal.SIGTERM})
    # programs take a second SIGTERM for impatience: they leave at once, whatever is half done
    again = signal.sigtimedwait({signal.SIGTERM}, 0.5)
    print('{"msg":"cut short"}' if again else '{"msg":"leaving"}', file=sys.stderr)
    return 0


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    sys.exit(main())
