#!/usr/bin/env python3
"""Writes the capture samples: a made-up half minute of a shop's web server. Packets are packed by hand, so
that every byte is known; checksums are left out."""
import ipaddress
import struct

START = 1418346659.0
MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002"), bytes.fromhex("020000000003")
FIN, SYN, RST, ACK = 1, 2, 4, 16
number = 0


def ethernet(kind, payload):
    return MAC[1] + MAC[0] + struct.pack(">H", kind) + payload


def ip(source, target, protocol, payload, same=False):
    global number
    number += 0 if same else 1
    if ":" in source:
        head = struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64)
        return ethernet(0x86dd, head + ipaddress.ip_address(source).packed
                        + ipaddress.ip_address(target).packed + payload)
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), number, 0x4000, 64, protocol, 0,
                       ipaddress.ip_address(source).packed, ipaddress.ip_address(target).packed)
    return ethernet(0x0800, head + payload)


def tcp(source, target, sequence, acknowledged, flags, data=b"", window=500, same=False):
    (a, p), (b, q) = source, target
    head = struct.pack(">HHIIBBHHH", p, q, sequence, acknowledged, 5 << 4, flags, window, 0, 0)
    return ip(a, b, 6, head + data, same)


def udp(source, target, data):
    (a, p), (b, q) = source, target
    return ip(a, b, 17, struct.pack(">HHHH", p, q, 8 + len(data), 0) + data)


def dns(name, answer, code=0):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
    return struct.pack(">HHHHHH", 7, (0x8180 | code) if answer else 0x0100, 1, 0, 0, 0) + labels + b"\0\1\0\1"


WEB, SHOP, REDIS, DNS = "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.53"
packets = []


def at(seconds, packet):
    packets.append((START + seconds, packet))


# A good connection with two segments sent again, one packet captured twice, and a closed window.
c, s = ("203.0.113.7", 40000), (WEB, 443)
at(0.000, tcp(c, s, 100, 0, SYN))
at(0.001, tcp(s, c, 900, 101, SYN | ACK))
at(0.002, tcp(c, s, 101, 901, ACK))
at(0.010, tcp(c, s, 101, 901, ACK, b"x" * 100))
at(0.0101, tcp(c, s, 101, 901, ACK, b"x" * 100, same=True))
at(0.300, tcp(c, s, 101, 901, ACK, b"x" * 100))
at(0.900, tcp(c, s, 101, 901, ACK, b"x" * 100))
at(0.901, tcp(s, c, 901, 201, ACK, window=0))
at(0.950, tcp(s, c, 901, 201, ACK, window=500))
at(1.000, tcp(s, c, 901, 201, FIN | ACK))
at(1.001, tcp(c, s, 201, 902, FIN | ACK))
# The shop's redis refuses, five times within two seconds.
for n in range(5):
    c = (SHOP, 50000 + n)
    at(2 + n * 0.5, tcp(c, (REDIS, 6379), 1000 * n, 0, SYN))
    at(2.0002 + n * 0.5, tcp((REDIS, 6379), c, 0, 1000 * n + 1, RST | ACK))
# Nobody answers there at all: one connection tries four times.
for wait in (0, 1, 3, 7):
    at(5 + wait, tcp((SHOP, 51000), ("192.0.2.99", 5432), 77, 0, SYN))
at(6.0, ethernet(0x0806, struct.pack(">HHBBH", 1, 0x800, 6, 4, 2) + MAC[0] + bytes([192, 0, 2, 1])
                 + MAC[1] + bytes([192, 0, 2, 2])))
at(6.5, ethernet(0x0806, struct.pack(">HHBBH", 1, 0x800, 6, 4, 2) + MAC[2] + bytes([192, 0, 2, 1])
                 + MAC[1] + bytes([192, 0, 2, 2])))
at(7.0, udp((SHOP, 33333), (DNS, 53), dns("db.Shop.example", False)))
at(7.1, udp((DNS, 53), (SHOP, 33333), dns("db.Shop.example", True, 2)))
at(7.2, udp((DNS, 53), (SHOP, 33334), dns("nosuch.example", True, 3)))
quoted = udp((SHOP, 40404), ("192.0.2.4", 514), b"log")[14:42]
for n in range(3):
    at(8 + n, udp((SHOP, 40404), ("192.0.2.4", 514), b"log"))
    at(8.001 + n, ip("192.0.2.4", SHOP, 1, struct.pack(">BBHI", 3, 3, 0, 0) + quoted))
# An established connection over IPv6 is reset by its server.
c, s = ("2001:db8::7", 41000), ("2001:db8::1", 443)
at(12.0, tcp(c, s, 1, 0, SYN))
at(12.001, tcp(s, c, 5, 2, SYN | ACK))
at(12.002, tcp(c, s, 2, 6, ACK, b"GET /"))
at(12.5, tcp(s, c, 6, 7, RST))
# A header that makes no sense; then silence; then VRRP and a scan.
at(13.0, ethernet(0x0800, b"\x41" + bytes(30)))
at(30.0, ip("192.0.2.10", "224.0.0.18", 112, bytes(20)))
for port in range(1, 25):
    at(31 + port * 0.01, tcp(("198.51.100.9", 60000), (WEB, port), 9, 0, SYN))


def pcap(name, order, nanos, chosen=packets):
    magic = 0xa1b23c4d if nanos else 0xa1b2c3d4
    with open(name, "wb") as out:
        out.write(struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, 1))
        for time, packet in chosen:
            whole = round(time * 1e6)
            part = whole % 1_000_000 * (1000 if nanos else 1)
            out.write(struct.pack(order + "IIII", whole // 1_000_000, part, len(packet), len(packet)) + packet)


def pcapng(name, order, chosen):
    def block(kind, content):
        content += bytes(-len(content) % 4)
        length = 12 + len(content)
        return struct.pack(order + "II", kind, length) + content + struct.pack(order + "I", length)

    def option(code, value):
        return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)

    with open(name, "wb") as out:
        out.write(block(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1)))
        # Two interfaces: nanoseconds, and 2^-10 seconds with an offset of a day.
        out.write(block(1, struct.pack(order + "HHI", 1, 0, 262144)
                        + option(2, b"eth0") + option(9, b"\x09") + option(0, b"")))
        out.write(block(1, struct.pack(order + "HHI", 101, 0, 0) + option(9, b"\x8a")
                        + option(14, struct.pack(order + "q", 86400)) + option(0, b"")))
        out.write(block(4, struct.pack(order + "HH", 0, 0)))
        for time, packet in chosen:
            units = round(time * 1e6) * 1000
            out.write(block(6, struct.pack(order + "IIIII", 0, units >> 32, units & 0xffffffff, len(packet),
                                           len(packet)) + packet))
        time, packet = chosen[-1]
        units = round((time - 86400 + 1) * 1024)
        out.write(block(6, struct.pack(order + "IIIII", 1, units >> 32, units & 0xffffffff,
                                       len(packet) - 14, len(packet) - 14) + packet[14:]))
        out.write(block(3, struct.pack(order + "I", len(packet)) + packet))
        out.write(block(5, struct.pack(order + "III", 0, 0, 0) + option(5, struct.pack(order + "Q", 17))))


packets.sort(key=lambda entry: entry[0])
pcap("shop.pcap", "<", False)
pcap("big-endian-nanoseconds.pcap", ">", True, packets[:4])
pcapng("two-interfaces.pcapng", "<", packets[:4])
pcapng("big-endian.pcapng", ">", packets[:4])
