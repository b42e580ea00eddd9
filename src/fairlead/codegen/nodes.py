"""The intermediate representation: a closed set of frozen nodes, knowing neither Pydantic nor TypeScript."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from fairlead.drafts.nodes import Rule

Scalar = str | int | float | bool | None
ProcedureKind = Literal["query", "mutation", "subscription"]
Mode = Literal["input", "output"]
TextFormat = Literal[
    "plain",
    "datetime",
    "datetimeAware",
    "datetimeNaive",
    "date",
    "time",
    "duration",
    "uuid",
    "uuid1",
    "uuid3",
    "uuid4",
    "uuid5",
    "email",
    "ipv4",
    "ipv6",
    "cidrv4",
    "cidrv6",
    "url",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a definition stands in Python; lines and columns count from zero."""

    file: str
    line: int
    column: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Doc:
    """What becomes a JSDoc comment; `default` and `examples` are JSON texts."""

    text: str = ""
    deprecated: str | None = None
    default: str | None = None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A string. `pattern` is already a JavaScript regular expression literal."""

    format: TextFormat = "plain"
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    trim: bool = False
    case: Literal["keep", "lower", "upper"] = "keep"
    schemes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A JSON number with its bounds."""

    integer: bool = False
    ge: int | float | None = None
    gt: int | float | None = None
    le: int | float | None = None
    lt: int | float | None = None
    multiple_of: int | float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecimalNumber:
    """A `Decimal`: number or string in, always a string out. Bounds are decimal literals."""

    text_only: bool = False
    ge: str | None = None
    gt: str | None = None
    le: str | None = None
    lt: str | None = None
    max_digits: int | None = None
    decimal_places: int | None = None
    multiple_of: str | None = None


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""


@dataclass(frozen=True, slots=True)
class Null:
    """`null`."""


@dataclass(frozen=True, slots=True)
class Json:
    """Any JSON value."""


@dataclass(frozen=True, slots=True)
class Native:
    """A JavaScript object that is no JSON: a form, or a body of bytes."""

    kind: Literal["form", "bytes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """A part of a result that comes after the rest: one value, or a stream of them."""

    item: "Type"
    stream: bool


@dataclass(frozen=True, slots=True)
class Constant:
    """One of a few literal values (enums and `Literal`)."""

    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class EmbeddedJson:
    """A string that holds JSON of a given type."""

    content: "Type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Array:
    """A list. For a set (`distinct`) the length bounds count distinct items."""

    item: "Type"
    min_length: int | None = None
    max_length: int | None = None
    distinct: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuple:
    """A fixed-length list; the first `required` items must be there, `rest` may follow."""

    items: tuple["Type", ...]
    required: int
    rest: "Type | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionary:
    """An object used as a dictionary."""

    key: "Type"
    value: "Type"
    min_length: int | None = None
    max_length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One property of a record. `paths` are the alternative places an alias reads it from."""

    name: str
    type: "Type"
    required: bool
    doc: Doc = Doc()
    source: Source | None = None
    paths: tuple[tuple[str | int, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An object with named properties. `extra` is what happens to unknown ones."""

    fields: tuple[Field, ...]
    extra: "Literal['ignore', 'forbid'] | Type" = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Union:
    """One of several types; `tag` names the property that tells them apart."""

    options: tuple["Type", ...]
    tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A use of a declaration. `tag` makes an otherwise optional discriminator required."""

    name: str
    tag: tuple[str, Constant] | None = None


Type = (
    Text
    | Number
    | DecimalNumber
    | Boolean
    | Null
    | Json
    | Native
    | Later
    | Constant
    | EmbeddedJson
    | Array
    | Tuple
    | Dictionary
    | Record
    | Union
    | Reference
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A named type. `input` says that `undefined` may be written for its optional properties."""

    name: str
    type: Type
    input: bool
    doc: Doc = Doc()
    source: Source | None = None
    members: tuple[tuple[str, Scalar], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCase:
    """A typed error that a procedure declares."""

    code: str
    number: int
    http_status: int
    data: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """One procedure: its dotted path and its types."""

    path: str
    kind: ProcedureKind
    input: Type | None
    input_optional: bool
    output: Type
    streaming: bool = False
    tracked: bool = False
    errors: tuple[ErrorCase, ...] = ()
    doc: Doc = Doc()
    source: Source | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterNode:
    """What a nested router adds to the types: its documentation and its place."""

    path: str
    doc: Doc = Doc()
    source: Source | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceConfig:
    """A Kubernetes resource that the application uses."""

    kind: str
    group: str
    version: str
    plural: str
    singular: str
    cluster_scoped: bool
    short_names: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def api_version(self) -> str:
        """`group/version`, or the version alone for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRouterNode:
    """A router that serves one resource, and the verbs it offers."""

    path: str
    kind: str
    procedures: frozenset[str] = field(default_factory=frozenset[str])


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftNode:
    """A function that makes or edits objects; `inputs` and `result` are references."""

    function: str
    action: Literal["create", "edit"]
    inputs: Type
    result: Type
    rules: "tuple[Rule, ...]"
    defaults: tuple[tuple[str, object], ...] = ()
    base: tuple[tuple[str, object], ...] = ()
    doc: Doc = Doc()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprints:
    """Digests of what travels, by path; comments and places in files do not count.

    Attributes:
        whole: of all procedures; what generated packages export as `schemaHash`.
        procedures: by dotted path, the types that they use included.
        routers: of the procedures that stand directly on each, by dotted path.
    """

    whole: str = ""
    procedures: Mapping[str, str] = field(default_factory=dict[str, str])
    routers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """Everything that is generated from: the whole of one router."""

    declarations: tuple[Declaration, ...]
    procedures: tuple[Procedure, ...]
    routers: tuple[RouterNode, ...]
    resources: tuple[ResourceConfig, ...] = ()
    resource_routers: tuple[ResourceRouterNode, ...] = ()
    drafts: tuple[DraftNode, ...] = ()
    fingerprints: Fingerprints = Fingerprints()
