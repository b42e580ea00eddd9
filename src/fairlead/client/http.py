"""Queries and mutations over HTTP: those of one loop turn share requests."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import aiohttp
from yarl import URL

from fairlead.client.batches import (
    Envelope,
    PlannedCall,
    encode_query,
    join_inputs,
    measure,
    parse_answers,
    split,
)
from fairlead.client.errors import ProtocolError, TransportError
from fairlead.client.lines import LineReader
from fairlead.client.streamed import StreamedAnswer
from fairlead.client.target import Target
from fairlead.errors import TRPCError

__all__ = ["HttpLink", "StreamedCall", "request"]

SNIPPET = 200

Body: TypeAlias = bytes | aiohttp.FormData | AsyncIterator[bytes] | None


@dataclass(frozen=True, slots=True)
class StreamedCall:
    """A call's place in a streamed answer."""

    answer: StreamedAnswer
    index: int


Outcome: TypeAlias = Envelope | StreamedCall


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    call: PlannedCall
    streamed: bool
    outcome: asyncio.Future[Outcome]


class HttpLink:
    """Calls over HTTP."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._pending: list[_Waiting] = []
        self._requests: set[asyncio.Task[None]] = set()
        self._answers: weakref.WeakSet[StreamedAnswer] = weakref.WeakSet()

    async def call(self, call: PlannedCall, *, streamed: bool) -> Outcome:
        """Makes a call, together with others of this loop turn.

        A caller that is cancelled leaves its batch; a request that nobody waits for is aborted.

        Raises:
            TransportError: no answer came.
            ProtocolError: what came is no answer.
        """
        options = self._target.options
        self._check_length(call)
        loop = asyncio.get_running_loop()
        waiting = _Waiting(
            call, streamed or options.stream_batches, loop.create_future()
        )
        if not self._pending:
            loop.call_soon(self._dispatch)
        self._pending.append(waiting)
        return await waiting.outcome

    async def upload(self, path: str, body: Body) -> Envelope:
        """Calls a mutation with an input that is no JSON."""
        url = self._target.get_call_url(path, "")
        headers = {} if isinstance(body, aiohttp.FormData) else _OCTETS
        async with request(self._target, "POST", url, headers, body) as response:
            return (await self._read_answers(response, 1))[0]

    async def aclose(self) -> None:
        """Aborts what is running."""
        for task in self._requests:
            task.cancel()
        await asyncio.gather(*self._requests, return_exceptions=True)
        for answer in tuple(self._answers):
            answer.close()

    def _check_length(self, call: PlannedCall) -> None:
        options = self._target.options
        if call.kind == "mutation" or options.post_queries:
            return
        length = len(self._target.url) + len(call.path) + measure(call.raw)
        if length > options.url_bytes:
            raise TRPCError(
                "PAYLOAD_TOO_LARGE",
                f"The input of {call.path} makes a URL of {length} bytes, more than "
                f"ClientOptions.url_bytes ({options.url_bytes}): raise it, make it a "
                "mutation, or use post_queries if the server allows that",
            )

    def _dispatch(self) -> None:
        pending, self._pending = self._pending, []
        groups: dict[tuple[str, bool], list[_Waiting]] = {}
        for waiting in pending:
            if not waiting.outcome.done():  # done by now: cancelled
                key = (waiting.call.kind, waiting.streamed)
                groups.setdefault(key, []).append(waiting)
        base = len(self._target.url) + 20
        for group in groups.values():
            calls = [waiting.call for waiting in group]
            start = 0
            for batch in split(calls, self._target.options, base=base):
                self._start(group[start : start + len(batch)])
                start += len(batch)

    def _start(self, batch: Sequence[_Waiting]) -> None:
        task = asyncio.create_task(self._run(batch))
        self._requests.add(task)
        task.add_done_callback(self._requests.discard)

        def abort_if_unwanted(_: object) -> None:
            if all(waiting.outcome.done() for waiting in batch):
                task.cancel()

        for waiting in batch:
            waiting.outcome.add_done_callback(abort_if_unwanted)

    async def _run(self, batch: Sequence[_Waiting]) -> None:
        try:
            outcomes = await self._fetch(batch)
        except asyncio.CancelledError:
            for waiting in batch:
                waiting.outcome.cancel()
            raise
        except Exception as error:
            # Whatever it is, it belongs to the callers.
            for waiting in batch:
                if not waiting.outcome.done():
                    waiting.outcome.set_exception(error)
            return
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if not waiting.outcome.done():
                waiting.outcome.set_result(outcome)

    async def _fetch(self, batch: Sequence[_Waiting]) -> Sequence[Outcome]:
        calls = [waiting.call for waiting in batch]
        streamed = batch[0].streamed
        batched = streamed or len(calls) > 1
        raw = join_inputs(calls) if batched else calls[0].raw
        get = calls[0].kind == "query" and not self._target.options.post_queries
        query = encode_query(batch=batched, raw=raw if get else None)
        url = self._target.get_call_url(",".join(call.path for call in calls), query)
        headers = dict(_STREAMED if streamed else {})
        body = None if get else raw
        if not get:
            headers["content-type"] = "application/json"
        method = "GET" if get else "POST"
        if streamed:
            return await self._fetch_streamed(len(calls), method, url, headers, body)
        async with request(self._target, method, url, headers, body) as response:
            return await self._read_answers(response, len(calls))

    async def _fetch_streamed(
        self,
        count: int,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: Body,
    ) -> Sequence[Outcome]:
        options = self._target.options
        sent = request(self._target, method, url, headers, body, keep_open=True)
        async with sent as response:
            if not response.ok:
                try:
                    return await self._read_answers(response, count)
                finally:
                    response.close()
            reader = LineReader(options.transformer)
            answer = StreamedAnswer(
                response, reader, calls=count, limit=options.message_bytes
            )
            self._answers.add(answer)
            return [StreamedCall(answer, index) for index in range(count)]

    async def _read_answers(
        self, response: aiohttp.ClientResponse, count: int
    ) -> list[Envelope]:
        body = await read_body(response, self._target.options.response_bytes)
        try:
            return parse_answers(body, count)
        except ProtocolError as error:
            raise make_foreign_answer(response, body, error) from error


_STREAMED = {"trpc-accept": "application/jsonl"}
_OCTETS = {"content-type": "application/octet-stream"}


@asynccontextmanager
async def request(  # noqa: PLR0913  the parts of one request
    target: Target,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: Body = None,
    *,
    keep_open: bool = False,
) -> AsyncGenerator[aiohttp.ClientResponse]:
    """Sends a request; the response is released at the end unless it is kept open.

    Raises:
        TransportError: the server cannot be reached, or the connection broke.
    """
    timeout = aiohttp.ClientTimeout(total=None, connect=target.options.connect_seconds)
    try:
        response = await target.session.request(
            method,
            URL(url, encoded=True),
            headers={**await target.identity.get_headers(), **headers},
            data=body,
            timeout=timeout,
            allow_redirects=False,
            ssl=True if target.tls is None else target.tls,
        )
        try:
            yield response
        except BaseException:
            response.close()
            raise
        if not keep_open:
            response.release()
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        shown = str(error) or type(error).__name__
        raise TransportError(f"{target.url} did not answer: {shown}") from error


async def read_body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """All of a response.

    Raises:
        ProtocolError: it is longer than the bound.
    """
    parts: list[bytes] = []
    length = 0
    async for part in response.content.iter_any():
        length += len(part)
        if length > limit:
            raise ProtocolError(
                f"the answer is longer than {limit} bytes: ask for less, or raise "
                "ClientOptions.response_bytes"
            )
        parts.append(part)
    return b"".join(parts)


def make_foreign_answer(
    response: aiohttp.ClientResponse, body: bytes, cause: ProtocolError
) -> ProtocolError:
    """What a proxy or a sign-in page answered, so that one can tell."""
    snippet = body[:SNIPPET].decode("utf-8", "replace").strip()
    where = response.url.with_query(None)
    return ProtocolError(
        f"{where} answered with status {response.status} and {snippet!r}: {cause}"
    )
