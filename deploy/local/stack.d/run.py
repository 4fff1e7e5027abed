#!/usr/bin/env python3
"""run.py STACK   up, a live status until a signal, down: each a process of its own.

Signals are taken here and nowhere else: bash can neither undo a SIGINT that it was started to ignore nor, in 5.2,
survive every trap that runs amid a read. Ctrl-C then also comes to us and not to make, which would call it a failure.
"""

import os
import signal
import subprocess
import sys

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Steps:
    """One step after the other; a signal ends the one that runs, with all it started, and no other begins."""

    def __init__(self, stack):
        self.stack = stack
        self.child = None
        self.stop = False
        for number in SIGNALS:
            signal.signal(number, self.on_signal)

    def on_signal(self, _number, _frame):
        self.stop = True
        self.end_child()

    def end_child(self):
        if self.child and self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGTERM)

    def run(self, command):
        """Its exit code; 0 where a signal ended it or came before."""
        if self.stop:
            return 0
        self.child = subprocess.Popen([self.stack, command], process_group=0)
        if self.stop:
            self.end_child()
        code = self.child.wait()
        return 0 if self.stop else code


def take_terminal():
    """Makes us the terminal's foreground process group; answers the one that was, or None without a terminal."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # giving it back is asked from the background
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # stopped by Ctrl-Z, we would leave make waiting and the terminal to nobody
    if not sys.stdin.isatty() or os.tcgetpgrp(0) != os.getpgrp():
        return None
    before = os.getpgrp()
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    return before


def main():
    stack = sys.argv[1]
    steps = Steps(stack)
    terminal = take_terminal()
    code = steps.run("up") or steps.run("live")
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C does not cut the end short
    print("\nStopping...", flush=True)
    down = subprocess.run([stack, "down"], check=False).returncode
    if terminal is not None:
        os.tcsetpgrp(0, terminal)
    return code or down


if __name__ == "__main__":
    sys.exit(main())
