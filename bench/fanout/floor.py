"""The same floor seen from Python: one framed message per loopback socket and call, round robin, 1,000 sockets.

floor.py [SECONDS]        server side on SERVER_CORE, the draining child on LOAD_CORE
"""

import asyncio
import os
import select
import socket
import sys
import time

import uvloop

SUBS, SECS = 1000, float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
SERVER_CORE, LOAD_CORE = (
    int(os.environ.get("SERVER_CORE", "0")),
    int(os.environ.get("LOAD_CORE", "1")),
)


def drain(ports: list[socket.socket]):
    os.sched_setaffinity(0, {LOAD_CORE})
    ep, buf = select.epoll(), bytearray(1 << 20)
    socks = {}
    for s in ports:
        s.setblocking(False)
        socks[s.fileno()] = s
        ep.register(s.fileno(), select.EPOLLIN)
    while socks:
        for fd, _ in ep.poll():
            try:
                if not socks[fd].recv_into(buf):
                    del socks[fd]
                    ep.unregister(fd)
            except OSError:
                del socks[fd]
    os._exit(0)


def pairs() -> tuple[list[socket.socket], int]:
    """SUBS connected sockets whose far ends a pinned child drains."""
    near, far = [], []
    with socket.create_server(("127.0.0.1", 0), backlog=SUBS) as listener:
        for _ in range(SUBS):
            a = socket.create_connection(listener.getsockname())
            b, _ = listener.accept()
            a.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            near.append(a), far.append(b)
    child = os.fork()
    if not child:
        for s in near:
            s.close()
        drain(far)
    for s in far:
        s.close()
    return near, child


def report(name: str, size: int, n: int, wall: float, cpu: float):
    print(
        f"| {name} | {SUBS} | {size} | {n / wall:.0f} | {n / wall * size / 1e6:.0f} | {cpu / n * 1e6:.2f} | {cpu / wall:.0%} |",
        flush=True,
    )


def measure(name: str, size: int, once):
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        once()
    n, t0, c0 = 0, time.monotonic(), time.process_time()
    while time.monotonic() < t0 + SECS:
        n += once()
    report(name, size, n, time.monotonic() - t0, time.process_time() - c0)


def plain(size: int):
    near, child = pairs()
    data, sends = b"x" * size, [s.send for s in near]

    def once():
        for send in sends:
            send(data)
        return SUBS

    measure("Python socket.send", size, once)
    for s in near:
        s.close()
    os.waitpid(child, 0)


def loop(size: int, per_turn: int, runner, name: str):
    near, child = pairs()

    async def main():
        writes, transports = [], []
        for s in near:
            s.setblocking(False)
            transport, _ = await asyncio.get_running_loop().create_connection(
                asyncio.Protocol, sock=s
            )
            writes.append(transport.write), transports.append(transport)
        data = b"x" * size

        async def turn():
            for _ in range(per_turn):
                for write in writes:
                    write(data)
            await asyncio.sleep(0)
            while any(
                t.get_write_buffer_size() > 4 * size * per_turn
                for t in transports[::50]
            ):
                await asyncio.sleep(0)
            return SUBS * per_turn

        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            await turn()
        n, t0, c0 = 0, time.monotonic(), time.process_time()
        while time.monotonic() < t0 + SECS:
            n += await turn()
        report(name, size, n, time.monotonic() - t0, time.process_time() - c0)
        for t in transports:
            t.abort()

    runner(main())
    os.waitpid(child, 0)


os.sched_setaffinity(0, {SERVER_CORE})
print(
    "| call | sockets | bytes | messages/s | MB/s | CPU µs per message | sender CPU |\n|---|---:|---:|---:|---:|---:|---:|"
)
for size in (64, 300, 3100):
    plain(size)
    loop(size, 1, uvloop.run, "uvloop transport.write")
    loop(size, 8, uvloop.run, "uvloop transport.write, 8 per loop turn")
    loop(size, 1, asyncio.run, "asyncio transport.write")
