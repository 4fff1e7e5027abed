"""What everything holds at a moment: memory and CPU of processes, bytes of topics and tables, lag.

    look = Look(programs, kafka, postgres, prefix, database)
    sample = look.now(minute)       # a dict, as in var/soak.json
"""

import re
from collections import Counter

import psycopg

from usage import cpu_seconds, of_family, resident_kib, share_kib

# A partition of a day counts for its table: trade_20261121 for trade.
TABLES = """
SELECT regexp_replace(relname, '_[0-9]{8}$', ''), sum(pg_table_size(oid))::bigint, sum(pg_indexes_size(oid))::bigint
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace GROUP BY 1 ORDER BY 1
"""


class Look:
    def __init__(self, programs, kafka, postgres, prefix, database):
        """programs: {name: Program}; those named cw-candles and cw-postgres know their lag."""
        self.programs, self._kafka, self._postgres, self._prefix = programs, kafka, postgres, prefix
        self._database = psycopg.connect(database, autocommit=True)

    def close(self):
        self._database.close()

    def now(self, minute):
        running = {name: program.pid for name, program in self.programs.items() if program.alive()}
        servers = {"Kafka": self._kafka.pid(), "PostgreSQL": self._postgres.pid()}
        return {
            "minute": minute,
            "resident_kib": {**{name: resident_kib(pid) for name, pid in running.items()},
                             **{name: of_family(share_kib, pid) for name, pid in servers.items()}},
            "cpu_s": {**{name: cpu_seconds(pid) for name, pid in running.items()},
                      **{name: of_family(cpu_seconds, pid) for name, pid in servers.items()}},
            "lag_records": {name: self.programs[name].metric("candlewick_consumer_lag_records")
                            for name in ("cw-candles", "cw-postgres")},
            "topic_bytes": self.topic_bytes(),
            "table_bytes": self.table_bytes(),
            "wal_bytes": allocated(self._postgres.directory / "data" / "pg_wal"),
        }

    def topic_bytes(self):
        """{topic: {"log", "index"}}: records as they are stored; and what Kafka keeps beside them to find them."""
        log, index = Counter(), Counter()
        for folder in (self._kafka.directory / "broker-1" / "data").iterdir():
            named = re.fullmatch(r"(.+)-\d+", folder.name)
            if not named or not (named[1].startswith(self._prefix) or named[1].startswith("__")):
                continue
            topic = named[1].removeprefix(self._prefix)
            log[topic] += sum(path.stat().st_size for path in folder.glob("*.log"))
            index[topic] += allocated(folder) - sum(path.stat().st_blocks * 512 for path in folder.glob("*.log"))
        return {topic: {"log": log[topic], "index": index[topic]} for topic in sorted(log)}

    def table_bytes(self):
        """{table: {"rows", "index"}}"""
        return {name: {"rows": rows, "index": index} for name, rows, index in self._database.execute(TABLES).fetchall()}


def allocated(folder):
    """Bytes that the files of a folder take on the disk. Files come and go meanwhile."""
    total = 0
    for path in folder.iterdir():
        try:
            total += path.stat().st_blocks * 512
        except FileNotFoundError:
            pass
    return total
