"""The fixtures as users get them."""

from fairlead.testing import dev_cluster, make_dev_cluster

__all__ = ["dev_cluster", "make_dev_cluster"]
