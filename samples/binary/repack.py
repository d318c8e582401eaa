#!/usr/bin/env python3
"""Writes a journal file again: small (hash tables of eight empty slots, no room set aside), and packed the
way it is told to be (zstd, lz4 or xz). `journalctl --file` reads the result; searching by field and
`--verify` do not work on it.

usage: repack.py IN OUT zstd|lz4|xz     (needs the Python modules lz4 and zstandard)
"""
import lzma
import struct
import sys

import lz4.block
import zstandard

DATA, FIELD, ENTRY, DATA_TABLE, FIELD_TABLE, ARRAY = 1, 2, 3, 4, 5, 6
SHORTEST_PACKED = 512

source = open(sys.argv[1], "rb").read()
how = sys.argv[3]
flag, feature = {"xz": (1, 1), "lz4": (2, 2), "zstd": (4, 8)}[how]
features, = struct.unpack_from("<I", source, 12)
compact = bool(features & 16)
header_size, = struct.unpack_from("<Q", source, 88)
payload_at = 72 if compact else 64


def unpack(flags, payload):
    return zstandard.ZstdDecompressor().decompress(payload, 1 << 20) if flags & 4 else payload


def pack(payload):
    if len(payload) < SHORTEST_PACKED:
        return 0, payload
    packed = {
        "xz": lambda: lzma.compress(payload, lzma.FORMAT_XZ, lzma.CHECK_NONE, None,
                                    [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}]),
        "lz4": lambda: struct.pack("<Q", len(payload)) + lz4.block.compress(payload, store_size=False),
        "zstd": lambda: zstandard.ZstdCompressor().compress(payload),
    }[how]()
    return flag, packed


objects = []
at = header_size
while at + 16 <= len(source):
    kind, flags, size = source[at], source[at + 1], struct.unpack_from("<Q", source, at + 8)[0]
    if kind == 0:
        break
    body = bytearray(source[at + 16:at + size])
    if kind in (DATA_TABLE, FIELD_TABLE):
        body = bytearray(8 * 16)
    elif kind == DATA:
        flags, payload = pack(unpack(flags, bytes(body[payload_at - 16:])))
        body[payload_at - 16:] = payload
    objects.append((at, kind, flags, body))
    at += -(-size // 8) * 8

new = {0: 0}
at = header_size
for old, _, _, body in objects:
    new[old] = at
    at += -(-(16 + len(body)) // 8) * 8
end = at

header = bytearray(source[:header_size])
features = features & ~0b1011 | feature
struct.pack_into("<I", header, 12, features)
struct.pack_into("<Q", header, 96, end - header_size)
for place in (104, 120):
    old = struct.unpack_from("<Q", header, place)[0] - 16
    struct.pack_into("<QQ", header, place, new[old] + 16, 8 * 16)
for place in (136, 176):
    struct.pack_into("<Q", header, place, new[struct.unpack_from("<Q", header, place)[0]])

width, code = (4, "<I") if compact else (8, "<Q")
with open(sys.argv[2], "wb") as out:
    out.write(header)
    for _, kind, flags, body in objects:
        if kind == DATA:
            for place in (8, 16, 24, 32):
                old, = struct.unpack_from("<Q", body, place)
                struct.pack_into("<Q", body, place, new[old])
            if compact:
                old, = struct.unpack_from("<I", body, 48)
                struct.pack_into("<I", body, 48, new[old])
        elif kind == FIELD:
            for place in (8, 16):
                old, = struct.unpack_from("<Q", body, place)
                struct.pack_into("<Q", body, place, new[old])
        elif kind == ENTRY:
            for place in range(48, len(body), 4 if compact else 16):
                old, = struct.unpack_from(code, body, place)
                struct.pack_into(code, body, place, new[old])
        elif kind == ARRAY:
            old, = struct.unpack_from("<Q", body, 0)
            struct.pack_into("<Q", body, 0, new[old])
            for place in range(8, len(body), width):
                old, = struct.unpack_from(code, body, place)
                struct.pack_into(code, body, place, new[old])
        size = 16 + len(body)
        out.write(struct.pack("<BB6xQ", kind, flags, size) + body + bytes(-size % 8))
