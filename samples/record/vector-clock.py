#!/usr/bin/env python3
"""Records samples/vector-clock: processes on four "hosts" that send each other
messages, keep vector clocks, and log every step through a real rsyslogd.

Each host is an rsyslogd of its own: own socket, own format, own time zone. Two
processes log to each. What really came before what (vector clocks, and the true
time before and after each call) goes to truth-vector-clock.tsv, not to the logs.

Usage: vector-clock.py [OUT]       needs rsyslogd; no root
"""

import multiprocessing
import os
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
HOSTS = [  # name, zone, rsyslog's template
    ("h1", "Asia/Seoul", "RSYSLOG_TraditionalFileFormat"),
    ("h2", "America/New_York", "RSYSLOG_FileFormat"),
    ("h3", "Europe/Berlin", "RSYSLOG_TraditionalFileFormat"),
    ("h4", "UTC", "RSYSLOG_SyslogProtocol23Format"),
]
PROCESSES, STEPS = 8, 40


def work(own, log, letters, truth):
    """One process: works, sends, receives, and logs each step before the next."""
    chance = random.Random(own)
    clock, steps = [0] * PROCESSES, 0
    syslog = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    syslog.connect(log)

    def say(what):
        nonlocal steps
        clock[own] += 1
        number, steps = own * 1000 + steps, steps + 1
        text = f"<14>worker[{100 + own}]: e={number} {what}"
        before = time.time_ns()
        syslog.send(text.encode())
        after = time.time_ns()
        truth.put((number, before, after, clock[:], what))

    while steps < STEPS:
        time.sleep(chance.choice([0, 0.001, 0.05, 1.5]) * chance.random())
        while not letters[own].empty():
            letter, other = letters[own].get()
            clock[:] = map(max, clock, other)
            say(f"receives m{letter}")
        if chance.random() < 0.6:
            letter = own * 1000 + steps
            to = chance.choice([peer for peer in range(PROCESSES) if peer != own])
            say(f"sends m{letter}")
            letters[to].put((letter, clock[:]))
        else:
            say("works")


def main():
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parent / "vector-clock").resolve()
    with tempfile.TemporaryDirectory() as folder:
        daemons = []
        for name, zone, template in HOSTS:
            log = out / name / "var/log"
            log.mkdir(parents=True, exist_ok=True)
            (log / "messages").unlink(missing_ok=True)
            conf = pathlib.Path(folder) / f"{name}.conf"
            conf.write_text(
                f'global(workDirectory="{folder}" localHostname="{name}")\n'
                'module(load="imuxsock" SysSock.Use="off")\n'
                f'input(type="imuxsock" Socket="{folder}/{name}.sock" RateLimit.Interval="0")\n'
                f'module(load="builtin:omfile" Template="{template}")\n'
                f"*.* {log}/messages\n"
            )
            daemons.append(
                subprocess.Popen(
                    ["rsyslogd", "-n", "-f", conf, "-i", f"{folder}/{name}.pid"],
                    env={**os.environ, "TZ": zone},
                )
            )
        for name, _, _ in HOSTS:
            while not os.path.exists(f"{folder}/{name}.sock"):
                time.sleep(0.05)
        letters = [multiprocessing.SimpleQueue() for _ in range(PROCESSES)]
        truth = multiprocessing.Queue()
        workers = [
            multiprocessing.Process(
                target=work, args=(own, f"{folder}/{HOSTS[own % len(HOSTS)][0]}.sock", letters, truth)
            )
            for own in range(PROCESSES)
        ]
        for worker in workers:
            worker.start()
        rows = []
        while any(worker.is_alive() for worker in workers) or not truth.empty():
            while not truth.empty():
                rows.append(truth.get())
            time.sleep(0.01)
        time.sleep(1)
        for daemon in daemons:
            daemon.terminate()
            daemon.wait()
    with open(HERE / "truth-vector-clock.tsv", "w") as file:
        file.write("# event\tnanoseconds before the call\tafter it\tvector clock\twhat\n")
        for number, before, after, clock, what in sorted(rows):
            file.write(f"{number}\t{before}\t{after}\t{','.join(map(str, clock))}\t{what}\n")


if __name__ == "__main__":
    main()
