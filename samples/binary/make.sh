#!/usr/bin/env bash
# Makes the binary samples in this folder again. Needs Debian's utmpdump (util-linux),
# systemd-journal-remote, and Python 3 with the modules lz4 and zstandard.
# See ORIGIN.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# Login records: written by utmpdump from text. Two records behind each other are a clock that was set.
export TZ=UTC
utmpdump -r > wtmp <<'TEXT'
[2] [00000] [~~  ] [reboot  ] [~           ] [6.1.0-18-amd64      ] [0.0.0.0        ] [2014-12-12T01:00:03,500000+00:00]
[1] [00053] [~~  ] [runlevel] [~           ] [6.1.0-18-amd64      ] [0.0.0.0        ] [2014-12-12T01:00:09,250000+00:00]
[6] [00702] [tty1] [LOGIN   ] [tty1        ] [                    ] [0.0.0.0        ] [2014-12-12T01:00:09,300000+00:00]
[7] [04711] [ts/0] [root    ] [pts/0       ] [203.0.113.7         ] [203.0.113.7    ] [2014-12-12T01:10:59,123456+00:00]
[7] [04800] [ts/1] [deploy  ] [pts/1       ] [build.example       ] [2001:db8::7    ] [2014-12-12T01:12:00,000001+00:00]
[4] [00000] [    ] [date    ] [|           ] [                    ] [0.0.0.0        ] [2014-12-12T01:20:00,000000+00:00]
[3] [00000] [    ] [date    ] [{           ] [                    ] [0.0.0.0        ] [2014-12-12T02:20:00,500000+00:00]
[8] [04711] [ts/0] [        ] [pts/0       ] [                    ] [0.0.0.0        ] [2014-12-12T02:30:00,000000+00:00]
[1] [00000] [~~  ] [shutdown] [~           ] [6.1.0-18-amd64      ] [0.0.0.0        ] [2014-12-12T02:31:00,000000+00:00]
TEXT
utmpdump -r > btmp <<'TEXT'
[6] [05001] [    ] [admin   ] [ssh:notty   ] [198.51.100.9        ] [198.51.100.9   ] [2014-12-12T01:11:01,000000+00:00]
[6] [05002] [    ] [root    ] [ssh:notty   ] [198.51.100.9        ] [198.51.100.9   ] [2014-12-12T01:11:03,000000+00:00]
TEXT

# A lastlog (of x86-64) with two users, and a wtmp of aarch64: packed by hand.
python3 - <<'PYTHON'
import struct
logins = {0: (1418346659, b"pts/0", b"203.0.113.7"), 8: (1418346720, b"pts/1", b"build.example")}
with open("lastlog", "wb") as out:
    for uid in range(9):
        out.write(struct.pack("<I32s256s", *logins.get(uid, (0, b"", b""))))
def record(kind, pid, line, ident, user, host, seconds, micros, address=bytes(16)):
    return struct.pack("<hxxi32s4s32s256shhqqq16s20x4x", kind, pid, line, ident, user, host, 0, 0, 0,
                       seconds, micros, address)
with open("wtmp-aarch64", "wb") as out:
    out.write(record(2, 0, b"~", b"~~", b"reboot", b"6.1.0-18-arm64", 1418346003, 500000))
    out.write(record(7, 4711, b"pts/0", b"ts/0", b"root", b"203.0.113.7", 1418346659, 123456,
                     bytes([203, 0, 113, 7]) + bytes(12)))
PYTHON

# Journals: written by systemd-journal-remote from one export, then made small, and packed in every way
# that journald ever did (today's writes zstd).
remote=/lib/systemd/systemd-journal-remote
python3 export.py > export.tmp
write() {
    SYSTEMD_JOURNAL_COMPACT=$1 "$remote" -o "$PWD/tmp.journal" export.tmp
    python3 repack.py tmp.journal "$2" "$3"
    rm tmp.journal
}
write 0 zstd.journal zstd
write 1 compact.journal zstd
write 0 lz4.journal lz4
write 0 xz.journal xz
rm export.tmp

python3 capture.py

# What systemd itself reads from it, to compare with.
journalctl --quiet --file zstd.journal --output json > journalctl.json

# The same as they come off a host: packed together, a journal packed once more, and cut.
mkdir -p host/var/log/journal
cp wtmp btmp lastlog shop.pcap host/var/log/
gzip -nc9 zstd.journal > host/var/log/journal/system.journal.gz
tar --sort=name --mtime=2014-12-14T00:00:00Z --owner=0 --group=0 --numeric-owner -cJf host.tar.xz host
rm -r host
