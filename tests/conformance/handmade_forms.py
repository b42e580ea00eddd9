"""Forms written by hand: what browsers send, and what is nearly one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.conformance.random_values import Case

__all__ = ["make_forms"]

TYPE: Final = "multipart/form-data; boundary=XX"
FIELD: Final = 'Content-Disposition: form-data; name="a"'
END: Final = "--XX--\r\n"
HEADS: Final = (
    FIELD, "Content-Disposition: form-data", "X: y", 'Content-Disposition: attachment; name="a"', "Content-Disposition: form-data; name=a",
    'Content-Disposition: form-data; name="a%22%0D%0Ab"', 'Content-Disposition: form-data; name="a\\"b"', 'Content-Disposition: form-data; name="ü"',
    'Content-Disposition: FORM-DATA; name="a"', 'content-disposition: form-data; name=""', 'Content-Disposition:form-data;name="a"',
    FIELD + '; filename="x.txt"', FIELD + '; filename=""', FIELD + '; filename="x"\r\nContent-Type: TEXT/HTML; charset=utf-8',
    FIELD + "; filename*=UTF-8''%C3%BC", FIELD + '; filename="C:\\dir\\ü%22%0A.txt"', FIELD + "\r\nContent-Type: application/json",
    FIELD + "\r\nContent-Transfer-Encoding: base64", FIELD + '; filename="x"\r\nContent-Transfer-Encoding: base64',
)  # fmt: skip
PATHS: Final = (
    "/trpc/echoMut", "/trpc/touch", "/trpc/ping", "/trpc/nope", "/trpc/sub.count", "/trpc/upload.bytes", "/trpc/upload.form?batch=1",
    "/trpc/upload.form,touch?batch=1", "/superjson/upload.form", "/alt/upload~form", "/trpc/shape.pick", "/trpc/./upload.form",
)  # fmt: skip


def make_part(head: str = FIELD, value: str = "aGk=") -> str:
    return f"--XX\r\n{head}\r\n\r\n{value}\r\n"


def send(body: str, path: str = "/trpc/upload.form", **spec: object) -> Case:
    headers = {"content-type": TYPE, **spec}
    return {"http": {"method": "POST", "path": path, "headers": headers, "body": body}}


def make_forms() -> Iterator[Case]:
    """Forms, to procedures that take them or do not."""
    whole = make_part() + END
    for head in HEADS:
        yield send(make_part(head) + END)
    for body in (
        END, "", make_part(), "preamble\r\n" + whole, "\r\n" + whole, whole + "\r\n\r\n", whole + "epilogue", whole.removesuffix("\r\n"),
        whole.replace("\r\n", "\n"), make_part() + make_part(value="2") + END, make_part(value="a\r\nb\r\n--X\r\n") + END, make_part(value="") + END,
    ):  # fmt: skip
        yield send(body)
    for given in ("", "; boundary=", "; boundary=YY", '; boundary="XX"', "; BOUNDARY=XX; charset=x", "; boundary=XX; boundary=YY", "; x=y; boundary=XX"):  # fmt: skip
        yield send(whole, **{"content-type": "Multipart/Form-Data" + given})
    for path in PATHS:
        yield send(whole, path)
    room = 65536 - len(make_part(value="") + END)
    yield send(make_part(value="x" * room) + END)
    yield send(make_part(value="x" * (room + 1)) + END)
    yield send(whole, **{"trpc-accept": "application/jsonl"})
    yield send(whole, **{"x-kit-ctx-fail": "1"})
