"""Tables of a kind, with the columns that the cluster prints for it."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

from fairlead.kube.errors import KubeProtocolError

__all__ = ["TABLE_TYPE", "KindTable", "TableColumn", "TableRow", "read_table"]

TABLE_TYPE = "application/json;as=Table;v=v1;g=meta.k8s.io"
"""What to accept where a table is wanted."""


class TableColumn(BaseModel):
    """A column that the cluster prints.

    Attributes:
        priority: 0 for the columns that are always shown; higher ones are for wide views.
    """

    name: str
    type: str
    format: str = ""
    description: str = ""
    priority: int = 0


class TableRow(BaseModel):
    """One object, as the cells that the cluster prints."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    name: str
    namespace: str | None
    uid: str
    resource_version: str
    creation_timestamp: str | None
    cells: list[JsonValue]


class KindTable(BaseModel):
    """Objects of one kind as a table.

    Attributes:
        continue_: asks for the next page; None on the last one.
        missing: what is not shown for want of rights, in words; None where nothing is.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    columns: list[TableColumn]
    rows: list[TableRow]
    resource_version: str
    continue_: str | None = Field(alias="continue")
    missing: str | None


class _Meta(msgspec.Struct, rename="camel"):
    name: str = ""
    namespace: str | None = None
    uid: str = ""
    resource_version: str = ""
    creation_timestamp: str | None = None


class _Object(msgspec.Struct):
    metadata: _Meta = msgspec.field(default_factory=_Meta)


class _Row(msgspec.Struct):
    cells: list[Any] = msgspec.field(default_factory=list[Any])
    object: _Object = msgspec.field(default_factory=_Object)


class _Column(msgspec.Struct):
    name: str
    type: str = "string"
    format: str = ""
    description: str = ""
    priority: int = 0


class _TableMeta(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str | None = msgspec.field(name="continue", default=None)


class _Table(msgspec.Struct, rename="camel"):
    metadata: _TableMeta = msgspec.field(default_factory=_TableMeta)
    column_definitions: list[_Column] = msgspec.field(default_factory=list[_Column])
    rows: list[_Row] = msgspec.field(default_factory=list[_Row])


_table_decoder = msgspec.json.Decoder(_Table)


def read_table(body: bytes) -> KindTable:
    """The table that a cluster has sent.

    Raises:
        KubeProtocolError: it is none.
    """
    try:
        table = _table_decoder.decode(body)
    except msgspec.DecodeError as error:
        raise KubeProtocolError("The cluster sent no table of these objects") from error
    columns = [
        TableColumn(
            name=column.name,
            type=column.type,
            format=column.format,
            description=column.description,
            priority=column.priority,
        )
        for column in table.column_definitions
    ]
    return KindTable.model_validate(
        {
            "columns": columns,
            "rows": [_read_row(row) for row in table.rows],
            "resourceVersion": table.metadata.resource_version,
            "continue": table.metadata.continue_ or None,
            "missing": None,
        }
    )


def _read_row(row: _Row) -> TableRow:
    metadata = row.object.metadata
    return TableRow(
        name=metadata.name,
        namespace=metadata.namespace,
        uid=metadata.uid,
        resource_version=metadata.resource_version,
        creation_timestamp=metadata.creation_timestamp,
        cells=cast("list[JsonValue]", row.cells),
    )
