"""What the programs stand on, and what is done to it: three brokers, a PostgreSQL, and a proxy before each.

    with Servers(directory, undo) as s: …
    s.start(); s.brokers                # where programs find Kafka: at the proxies
    s.strike(blow)                      # returns at once; brokers are struck one after the other
    s.settle()                          # all is whole and as fast as ever
"""

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from confluent_kafka.admin import AdminClient

from full_disk import FullDisks
from plan import BROKERS
from stack import BUILD, Kafka, Postgres, alive, free_port, wait_for

# What a blow is counted as.
COUNTED = {"broker kill": "broker kills", "broker restart": "broker restarts", "broker disk full": "broker disks full",
           "cut": "cuts", "slow": "slowed", "postgres restart": "postgres restarts", "postgres kill": "postgres kills",
           "postgres disk full": "postgres disks full", "postgres backend": "backends killed"}
WHOLE_S = 240
FULL_S = 60  # by then somebody has tried to write


class Proxy:
    def __init__(self, port, target):
        self.port = port
        # a line that cannot be read is said on stderr
        self._process = subprocess.Popen([BUILD / "tests/proxy", str(port), str(target)], stdin=subprocess.PIPE, text=True)

    def say(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def stop(self):
        self._process.stdin.close()
        assert self._process.wait(10) == 0


class Servers:
    def __init__(self, directory, undo):
        fronts = {n: free_port() for n in BROKERS}
        self.disks = FullDisks({**{str(n): directory / f"kafka/broker-{n}/data" for n in BROKERS},
                                "postgres": directory / "postgres/data"}, undo)
        self.kafka = Kafka(directory / "kafka", brokers=len(BROKERS), heap="320m",
                           fronts=[f"127.0.0.1:{fronts[n]}" for n in BROKERS], env=self.disks.env)
        self.postgres = Postgres(directory / "postgres", env=self.disks.env)
        undo.callback(self.kafka.stop)
        undo.callback(self.postgres.stop)
        self.kafka.start()
        self.postgres.start()
        self.proxies = {str(n): Proxy(fronts[n], self.kafka.behind_front(n).rpartition(":")[2]) for n in BROKERS}
        port = free_port()
        self.database = self.postgres.url
        self.proxies["postgres"] = Proxy(port, self.database.rpartition(":")[2].partition("/")[0])
        before, _, path = self.database.rpartition("@")
        self.database_behind_proxy = f"{before}@127.0.0.1:{port}/{path.partition('/')[2]}"
        for proxy in self.proxies.values():
            undo.callback(proxy.stop)
        self.brokers = ",".join(f"127.0.0.1:{port}" for port in fronts.values())
        self._one_by_one = {"broker": ThreadPoolExecutor(1), "postgres": ThreadPoolExecutor(1)}
        for pool in self._one_by_one.values():
            undo.callback(pool.shutdown, cancel_futures=True)
        self._tasks, self._slow_until = [], {}
        self.counts = dict.fromkeys(COUNTED.values(), 0)

    @property
    def bounces(self):
        return self.counts["broker kills"] + self.counts["broker restarts"]

    def strike(self, blow):
        if blow.kind == "cut":
            self.proxies[blow.target].say("cut")
            self._count(blow)
        elif blow.kind == "slow":
            self.proxies[blow.target].say(f"slow {blow.ms}")
            self._slow_until[blow.target] = time.monotonic() + blow.away_s
            self._count(blow)
        else:
            what = self._bounce if blow.kind.startswith("broker") else self._strike_postgres
            self._tasks.append(self._one_by_one[blow.kind.split()[0]].submit(what, blow))

    def tend(self):
        """Raises what went wrong meanwhile."""
        for target, until in list(self._slow_until.items()):
            if time.monotonic() >= until:
                self.proxies[target].say("slow 0")
                del self._slow_until[target]
        for task in [t for t in self._tasks if t.done()]:
            self._tasks.remove(task)
            task.result()

    def is_settled(self):
        self.tend()
        return not self._tasks and not self._slow_until

    def copies(self):
        """How many there are in sync of the partition that has fewest."""
        topics = AdminClient({"bootstrap.servers": self.kafka.brokers}).list_topics(timeout=20).topics.values()
        return min(len(p.isrs) for t in topics for p in t.partitions.values())

    def _bounce(self, blow):
        """At most one is down, and the next falls only when there are three copies of everything again."""
        number = int(blow.target)
        if blow.kind == "broker kill":
            self.kafka.kill9(number)
            time.sleep(blow.away_s)  # a part of the blow
        elif blow.kind == "broker disk full":
            pid = self.kafka.pid(number)
            self._fill_disk(blow, lambda: not alive(pid))  # a broker ends by itself, since it has no other disk
        else:
            self.kafka.stop(number)
        self.kafka.start(number)
        wait_for(lambda: self.copies() == len(BROKERS), WHOLE_S, "three copies in sync", 0.5)
        self._count(blow)

    def _fill_disk(self, blow, over=lambda: True):
        """Until a write was refused and over() is true, and a while longer."""
        refused = self.disks.refused(blow.target)
        with self.disks.full(blow.target):
            wait_for(lambda: self.disks.refused(blow.target) > refused and over(), FULL_S, f"effect of {blow}")
            time.sleep(blow.away_s)  # a part of the blow

    def _strike_postgres(self, blow):
        if blow.kind == "postgres backend":
            for pid in self.postgres.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'candlewick' LIMIT 1"):
                os.kill(int(pid), signal.SIGKILL)  # the server ends all others, and recovers by itself
                self._count(blow)
            return
        if blow.kind == "postgres kill":
            self.postgres.kill9()
        elif blow.kind == "postgres disk full":
            self._fill_disk(blow)
        else:
            self.postgres.stop()
        self.postgres.start()  # if it runs no more: one without room for its log may have ended
        self._count(blow)

    def _count(self, blow):
        self.counts[COUNTED[blow.kind]] += 1
