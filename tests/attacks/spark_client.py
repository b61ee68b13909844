"""What a neighbour on the machine would send to the ports of somebody else's Spark: Spark's own protocol.

A frame is its length, a kind and a body; blocks are opened by a request and fetched by number.
"""

from __future__ import annotations

import socket
import struct
from pathlib import Path

LISTENING = "0A"
FETCH, FETCHED, REQUEST, RESPONSE = 0, 1, 3, 4
HEAD = struct.Struct(">qb")
LARGEST = 2**20


def find_ports(pid: int) -> set[int]:
    """The ports on which a process listens, as everybody on the machine can list them."""
    sockets = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            sockets.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
        except OSError:
            continue  # closed meanwhile
    lines = [
        line.split() for kind in ("tcp", "tcp6") for line in Path(f"/proc/{pid}/net/{kind}").read_text().splitlines()
    ]
    return {int(line[1].rpartition(":")[2], 16) for line in lines if line[3] == LISTENING and line[9] in sockets}


def fetch_block(port: int, block: str) -> bytes:
    """A port's answer to a request for a block: the block, a refusal, or nothing."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as stream:
            named = b"".join(struct.pack(">i", len(text)) + text for text in (b"app", b"driver"))
            asked = b"\0" + named + struct.pack(">ii", 1, len(block)) + block.encode()
            stream.sendall(_frame(REQUEST, struct.pack(">qi", 1, len(asked)) + asked))
            answer = _receive(stream)
            if answer[:1] != bytes([RESPONSE]):
                return answer
            number = answer[14:22]  # behind the kind, the request's number, a length and the kind of message
            stream.sendall(_frame(FETCH, number + struct.pack(">i", 0)))
            return _receive(stream)
    except (OSError, ValueError):
        return b""


def _frame(kind: int, rest: bytes) -> bytes:
    return HEAD.pack(HEAD.size + len(rest), kind) + rest


def _receive(stream: socket.socket) -> bytes:
    (length,) = struct.unpack(">q", _read(stream, 8))
    if not HEAD.size <= length <= LARGEST:
        raise ValueError("this is not Spark's protocol")
    return _read(stream, length - 8)


def _read(stream: socket.socket, size: int) -> bytes:
    read = b""
    while len(read) < size:
        more = stream.recv(size - len(read))
        if not more:
            raise ValueError("the other side hung up")
        read += more
    return read
