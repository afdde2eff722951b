"""Carries connections from one address to another: `relay.py LISTEN CONNECT`, each `unix:PATH` or
`tcp:HOST:PORT`. Runs alone, in a container too, so it imports nothing but the standard library."""

import asyncio
import contextlib
import os
import sys

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def main(listen: str, connect: str) -> None:
    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            other_reader, other_writer = await _open(connect)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pump(reader, other_writer), _pump(other_reader, writer))

    kind, _, place = listen.partition(":")
    if kind == "unix":
        with contextlib.suppress(FileNotFoundError):
            os.unlink(place)
        server = await asyncio.start_unix_server(carry, place)
    else:
        host, port = place.rsplit(":", 1)
        server = await asyncio.start_server(carry, host, int(port))
    async with server:
        await server.serve_forever()


async def _open(place: str) -> Streams:
    kind, _, where = place.partition(":")
    if kind == "unix":
        return await asyncio.open_unix_connection(where)
    host, port = where.rsplit(":", 1)
    return await asyncio.open_connection(host, int(port))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(ConnectionError):
        writer.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
