"""What can go wrong in a simulation.

SimulationError             the root
├── ManifestError           a file of the cluster directory is wrong: the author's fault
├── ClusterError            the cluster refused a request; status, reason and body as attributes
└── UnreachableError        the cluster did not answer
"""

from __future__ import annotations


class SimulationError(Exception):
    """Any failure of the simulation."""


class ManifestError(SimulationError):
    """A file is not what it should be; the message names the file and the cure."""


class UnreachableError(SimulationError):
    """The cluster did not answer: it is down, restarting, or elsewhere."""


class ClusterError(SimulationError):
    """The cluster refused a request.

    Attributes:
        status: the HTTP status.
        reason: the reason in the cluster's Status, such as `AlreadyExists`.
    """

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"{message} ({status} {reason})")
        self.status = status
        self.reason = reason
