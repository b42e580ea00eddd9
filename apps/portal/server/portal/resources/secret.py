"""Secret: credentials, which only the server handles; no router serves them."""

from fairlead.kube import Resource


class Secret(Resource, group="", version="v1", plural="secrets"):
    """Credentials of something that the platform talks to."""

    type: str | None = None
    data: dict[str, str] | None = None
    string_data: dict[str, str] | None = None
