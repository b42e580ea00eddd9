"""tRPC over HTTP: single calls and batches; streams go on in `streams`."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial

from fairlead.asgi.answers import (
    Answer,
    PassedAnswer,
    Target,
    Unfinished,
    UnsendableError,
)
from fairlead.asgi.body import BodyReceive, discard_body, get_whole_body
from fairlead.asgi.exchange import Exchange
from fairlead.asgi.express import INPUT_SIZE, ExpressLane, ExpressRoute
from fairlead.asgi.json_lines import send_jsonl
from fairlead.asgi.passing import send_passed
from fairlead.asgi.requests import Headers
from fairlead.asgi.runtime import Runtime
from fairlead.asgi.schema_drift import HEADER, SCHEMA_PATH
from fairlead.asgi.streams import send_sse
from fairlead.asgi.suspension import ClientGoneError, gather_eagerly, run_guarded
from fairlead.asgi.types import Receive, Scope, Send
from fairlead.calling import CompiledProcedure
from fairlead.errors import TRPCError
from fairlead.protocol.envelopes import combine_statuses, encode_error, join_batch
from fairlead.protocol.options import MetaInfo
from fairlead.protocol.requests import (
    RequestHead,
    RequestParser,
    check_head,
    decode_path,
    unquote_plus,
)
from fairlead.protocol.shapes import can_carry_body, get_shape_status

__all__ = ["HttpEndpoint"]

log = logging.getLogger("fairlead.http")

Header = tuple[bytes, bytes]
HeaderList = list[Header]
Head = RequestHead[CompiledProcedure]
VARY: Header = (b"vary", b"trpc-accept, accept")
CALLS_NOTHING = frozenset({"HEAD", "TRACE", "TRACK", "CONNECT"})
"""Methods that no procedure answers; all but HEAD are none in the Fetch API, and so none in tRPC."""
JSON: Header = (b"content-type", b"application/json")


class HttpEndpoint:
    """Answers the HTTP requests of one mount.

    Attributes:
        lane: finds the requests that `express` answers.
    """

    def __init__(self, runtime: Runtime, prefix: bytes) -> None:
        self.lane = ExpressLane(runtime, prefix)
        self._runtime = runtime
        self._is_plain = runtime.options.response_meta is None
        self._opens_late = runtime.opens_late
        self._most_bytes = runtime.options.limits.body_bytes
        self._parser = RequestParser(runtime.procedures.get, runtime.options)

    async def express(
        self, scope: Scope, receive: Receive, send: Send, route: ExpressRoute
    ) -> None:
        """Answers a request that the express lane found to be plain.

        Almost every request comes this way, so it is straight: each function on it costs a tenth
        of a microsecond, each coroutine three.
        """
        exchange = Exchange(self._runtime, scope, receive, route.head, is_watched=False)
        raw: bytes | None = None
        begun: Answer | Unfinished | None = None
        try:
            if route.takes_query:
                raw = unquote_plus(scope["query_string"][INPUT_SIZE:])
            elif route.takes_body:
                message = await receive()
                raw = get_whole_body(message, self._most_bytes)
                if raw is None:
                    await exchange.read_inputs(message)
            elif not route.is_query:
                message = await receive()
                if message.get("more_body", False):
                    await discard_body(receive)
            if not self._opens_late:
                await exchange.open()
            if raw is not None or not route.takes_body:
                begun = exchange.begin_plain(route.target, route.procedure, raw)
            if begun is None:
                if raw is not None:
                    exchange.take_body(raw)
                begun = exchange.answer_nowait(route.target)
            answer = (
                begun if isinstance(begun, Answer) else await exchange.finish(begun)
            )
            if answer.is_bare or not self._is_plain or exchange.allow is not None:
                await self._send_single(exchange, send, answer)
                return
        except ClientGoneError:
            return
        finally:
            exchange.close()
        body = answer.body
        headers = [JSON, VARY, (b"content-length", b"%d" % len(body))]
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": headers,
            }
        )
        await send({"type": "http.response.body", "body": body})

    async def handle(
        self, scope: Scope, receive: Receive, send: Send, raw_path: bytes
    ) -> None:
        """Answers one request; `raw_path` is what follows the mount's prefix."""
        method: str = scope["method"]
        if method in CALLS_NOTHING:
            await self._answer_method(method, receive, send)
            return
        headers = Headers(scope["headers"])
        drift = self._runtime.drift
        if drift is not None:
            if raw_path == SCHEMA_PATH:
                await drift.serve(scope, receive, send)
                return
            sent = headers.as_dict().get(HEADER)
            if sent is not None:
                send = await drift.answering(sent, send)
        head: Head | None = None
        try:
            self._check_origin(headers, method)
            self._check_url(raw_path, scope["query_string"])
            failures = await self._load(raw_path)
            head = self._parser.parse(
                method, raw_path, scope["query_string"], headers.as_dict()
            )
            check_head(head, self._runtime.options)
        except TRPCError as error:
            if method != "GET":
                await discard_body(receive)
            await self._send_refusal(send, error, head)
            return
        body = BodyReceive(receive)
        is_single = not head.is_batch and head.type != "subscription"
        exchange = Exchange(self._runtime, scope, body, head, is_watched=not is_single)
        exchange.failures = failures
        try:
            # Before any guard, which would take the messages of the body for itself.
            await exchange.read_inputs()
            await exchange.open()
            if is_single:
                answer = await exchange.answer(head.calls[0])
                if head.body_kind == "bytes":
                    await body.discard_rest()
                await self._send_single(exchange, send, answer)
            else:
                await run_guarded(self._respond(exchange, send), exchange.watch)
        except ClientGoneError:
            return
        finally:
            exchange.close()

    async def _answer_method(self, method: str, receive: Receive, send: Send) -> None:
        """Answers a request that calls nothing, whatever its path."""
        if method == "HEAD":
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await discard_body(receive)
        message = f"'{method}' HTTP method is unsupported."
        await self._send_failure(send, UnsendableError(message))

    async def _load(self, raw_path: bytes) -> Mapping[str, TRPCError]:
        """Loads the lazy routers that a URL leads into; what failed, by the call's path."""
        failures: dict[str, TRPCError] = {}
        if not self._runtime.compiled.branches:
            return failures
        separator = self._runtime.options.path_separator
        paths = decode_path(raw_path, separator).split(",")
        for path in dict.fromkeys(paths[: self._runtime.options.limits.batch_size]):
            try:
                await self._runtime.load(path)
            except TRPCError as error:
                failures[path] = error
        return failures

    def _check_origin(self, headers: Headers, method: str) -> None:
        origins = self._runtime.origins
        refusal = origins.find_refusal(headers.as_dict(), safe=method == "GET")
        if refusal is not None:
            raise TRPCError("FORBIDDEN", refusal)

    def _check_url(self, raw_path: bytes, query: bytes) -> None:
        bound = self._runtime.options.limits.url_bytes
        if bound is not None and len(raw_path) + len(query) > bound:
            raise TRPCError(
                "PAYLOAD_TOO_LARGE",
                f"The URL has {len(raw_path) + len(query)} bytes, more than {bound}: "
                "send smaller batches (maxURLLength of the link), or the call as POST",
            )

    async def _send_single(
        self, exchange: Exchange, send: Send, answer: Answer
    ) -> None:
        """Sends the answer to the only call of a request."""
        if (
            self._is_plain
            and exchange.allow is None
            and answer.__class__ is not PassedAnswer
        ):
            await _send_body(send, answer.status, [JSON, VARY], *answer.pieces)
        else:
            await self._send_answers(exchange, send, (answer,), *answer.pieces)

    async def _respond(self, exchange: Exchange, send: Send) -> None:
        """Answers a batch or a subscription."""
        head = exchange.head
        if not head.is_batch or head.accept == "application/jsonl":
            stream = send_jsonl if head.is_batch else send_sse
            make_head = partial(self._make_head, exchange, eager=True)
            try:
                await stream(exchange, send, make_head)
            except UnsendableError as error:
                await self._send_failure(send, error)
        else:
            answers = await _answer_all(exchange, head.calls)
            await self._send_answers(
                exchange,
                send,
                answers,
                join_batch([answer.pieces for answer in answers]),
            )

    async def _send_answers(
        self, exchange: Exchange, send: Send, answers: Sequence[Answer], *body: bytes
    ) -> None:
        try:
            status, headers = self._make_head(exchange, answers=answers)
        except UnsendableError as error:
            await self._send_failure(send, error)
            return
        first = answers[0]
        if isinstance(first, PassedAnswer):
            await send_passed(exchange, send, first, (status, [JSON, *headers]))
            return
        await _send_body(send, status, [JSON, *headers], *body)

    def _make_head(
        self, exchange: Exchange, *, answers: Sequence[Answer] = (), eager: bool = False
    ) -> tuple[int, HeaderList]:
        """Status and headers of a response, the application's hook included."""
        status = 200 if eager else combine_statuses(answer.status for answer in answers)
        headers = [VARY]
        if exchange.allow is not None:
            headers.append((b"allow", ", ".join(exchange.allow).encode()))
        if self._runtime.options.response_meta is None:
            return status, headers
        info = MetaInfo(
            context=exchange.opened.context,
            paths=[call.path for call in exchange.head.calls],
            type=exchange.head.procedure_type,
            errors=[answer.error for answer in answers if answer.error is not None],
            eager=eager,
        )
        return self._apply_meta(info, status, headers)

    def _apply_meta(
        self, info: MetaInfo, status: int, headers: HeaderList
    ) -> tuple[int, HeaderList]:
        hook = self._runtime.options.response_meta
        if hook is None:
            return status, headers
        try:
            meta = hook(info)
            headers += [
                (name.lower().encode("latin-1"), value.encode("latin-1"))
                for name, value in meta.headers
            ]
        except Exception as cause:
            error = self._runtime.explain(cause, "the response hook")
            raise UnsendableError(error.message, cause) from cause
        if meta.status and not can_carry_body(meta.status):
            log.error("the response hook chose status %s", meta.status)
            raise UnsendableError(f"No answer can have the status {meta.status}")
        return meta.status or status, headers

    async def _send_refusal(
        self, send: Send, error: TRPCError, head: Head | None
    ) -> None:
        """Answers a request that is refused as a whole: no call of it runs."""
        shape = self._runtime.get_shape(
            error, None, "unknown" if head is None else head.type, None
        )
        info = MetaInfo(
            context=None,
            paths=None if head is None else [call.path for call in head.calls],
            type="unknown" if head is None else head.procedure_type,
            errors=[error],
        )
        self._runtime.metrics.count_call(None, error.code, 0.0)
        try:
            status, headers = self._apply_meta(
                info, get_shape_status(shape, error), [VARY]
            )
        except UnsendableError as failure:
            await self._send_failure(send, failure)
            return
        await _send_body(
            send,
            status,
            [JSON, *headers],
            encode_error(shape, self._runtime.options.transformer),
        )

    async def _send_failure(self, send: Send, error: TRPCError) -> None:
        """The last resort: the bare error, for which no hook is asked."""
        shape = self._runtime.get_shape(error, None, "unknown", None)
        self._runtime.metrics.count_call(None, error.code, 0.0)
        body = encode_error(shape, self._runtime.options.transformer)
        await _send_body(send, get_shape_status(shape, error), [JSON], body)


async def _answer_all(exchange: Exchange, targets: Sequence[Target]) -> list[Answer]:
    """Runs the calls of a batch at the same time; those that never wait need no task."""
    answers: list[Answer] = []
    for index, target in enumerate(targets):
        begun = exchange.answer_nowait(target)
        if not isinstance(begun, Answer):
            later = [exchange.answer(each) for each in targets[index + 1 :]]
            answers += await gather_eagerly([exchange.finish(begun), *later])
            break
        answers.append(begun)
    return answers


async def _send_body(
    send: Send, status: int, headers: HeaderList, *pieces: bytes
) -> None:
    """Sends a response whose body is the pieces, one after the other."""
    headers.append((b"content-length", b"%d" % sum(map(len, pieces))))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for piece in pieces[:-1]:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": pieces[-1]})
