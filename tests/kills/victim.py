"""A program in all its lives: struck, and brought back when it is time.

    one = Victim("okx 0", lambda: Program("producers/cw-producer", …))
    one.start()
    one.kill(away_s=3)          # or freeze(), stop()
    one.tend()                  # often: what is due happens
"""

import signal
import time

STOP_S = 15


def now_us():
    return time.time_ns() // 1000


class Victim:
    def __init__(self, name, start):
        self.name, self._start = name, start
        self.lives = []
        self.state = "unborn"  # "up", "stopping", "down", "frozen"
        self._back_us = self._stop_by_us = self._stop_us = 0

    @property
    def program(self):
        return self.lives[-1]

    def start(self):
        self.lives.append(self._start())
        self.state = "up"

    def is_up(self):
        return self.state == "up"

    def is_ready(self):
        return self.is_up() and self.program.ready()

    def kill(self, away_s):
        self.program.kill9()
        self._leave("down", away_s)

    def freeze(self, away_s):
        self.program.signal(signal.SIGSTOP)
        self._leave("frozen", away_s)

    def stop(self, away_s):
        self.program.signal(signal.SIGTERM)
        self._leave("stopping", away_s)
        self._stop_us = now_us()
        self._stop_by_us = self._stop_us + STOP_S * 1_000_000

    def _leave(self, state, away_s):
        self.state = state
        self._back_us = now_us() + round(away_s * 1e6)

    def tend(self):
        """What is due: it ends, it is started again, it wakes up."""
        if self.state == "stopping":
            self._tend_stopping()
        elif self.is_up():
            if not self.program.alive():
                self.ended()
        elif self.state != "unborn" and now_us() >= self._back_us:
            self.returns()
            if self.state == "frozen":
                self.program.signal(signal.SIGCONT)
                self.state = "up"
            else:
                self.start()

    def ended(self):
        """Nobody told it to."""
        raise AssertionError(f"{self.name} ended by itself with {self.program.process.returncode}:\n{self.program.log_end()}")

    def returns(self):
        """It is about to come back."""

    def _tend_stopping(self):
        if not self.program.alive():
            # one that was stopped before it could handle a signal was ended by it
            assert self.program.process.returncode in (0, -signal.SIGTERM), self.program.log_end()
            self._back_us += now_us() - self._stop_us
            self.state = "down"
        else:
            assert now_us() < self._stop_by_us, f"told to stop, it still runs:\n{self.program.log_end()}"

    def end(self):
        for life in self.lives:
            if life.alive():
                life.kill9()
