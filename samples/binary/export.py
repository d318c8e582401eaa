#!/usr/bin/env python3
"""Writes the entries of the journal samples in systemd's export format. Words made up."""
import struct
import sys

BOOT = "3f0e1d2c4b5a69788796a5b4c3d2e1f0"
START = 1418346659123456
# Long enough for journald to pack it (512 bytes and more).
TRACE = "java.lang.IllegalStateException: pool exhausted\n" + "".join(
    f"    at example.Pool.take(Pool.java:{line})\n" for line in range(40, 60))
ENTRIES = [
    ("kernel", None, 6, "Linux version 6.1.0-18-amd64"),
    ("sshd", 4711, 6, "Accepted publickey for root from 203.0.113.7 port 40000 ssh2"),
    ("shop", 812, 4, "slow answer from redis (1.2 s)"),
    ("shop", 812, 3, TRACE),
    ("shop", 812, 3, "order 42 lost\nsecond line\ttab \"quoted\" back\\slash"),
    ("worker", 9, 5, "안녕, 작업 끝 \x1b[31mred\x1b[0m"),
    ("worker", 9, 5, b"bad byte \xff here"),
    ("systemd", 1, 6, "Started session 3 of user root."),
]

out = sys.stdout.buffer


def field(name, value):
    value = value if isinstance(value, bytes) else str(value).encode()
    plain = all(byte >= 32 or byte == 9 for byte in value)
    if plain and b"\n" not in value:
        out.write(name.encode() + b"=" + value + b"\n")
    else:
        out.write(name.encode() + b"\n" + struct.pack("<Q", len(value)) + value + b"\n")


for number, (program, pid, priority, message) in enumerate(ENTRIES):
    at = START + number * 1_500_000
    field("__REALTIME_TIMESTAMP", at)
    field("__MONOTONIC_TIMESTAMP", 5_000_000 + number * 1_500_000)
    field("_BOOT_ID", BOOT)
    field("_MACHINE_ID", "00112233445566778899aabbccddeeff")
    field("_HOSTNAME", "web1")
    field("_SOURCE_REALTIME_TIMESTAMP", at - 250)
    field("SYSLOG_IDENTIFIER", program)
    field("PRIORITY", priority)
    if pid is not None:
        field("_PID", pid)
        field("_SYSTEMD_UNIT", f"{program}.service")
    field("_TRANSPORT", "journal" if pid else "kernel")
    if program == "worker":
        field("BLOB", bytes(range(8)) + b"\xfe\xff")
        field("TAG", "one")
        field("TAG", "two")
    field("MESSAGE", message)
    out.write(b"\n")
