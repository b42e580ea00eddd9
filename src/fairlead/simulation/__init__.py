"""Data for the dev cluster, and the controllers that are not there: seeds it, and moves what is in it.

objects, durations, templates, labels     reading and writing Kubernetes objects
manifests, history -> seeding             a directory of YAML becomes a seeded cluster
scenario -> drafts, taskruns, pipelines, walks, arrivals -> engine
                                          the simulator, without sockets
kubeconfig, cluster -> watching, simulator, storm
                                          what speaks to the cluster, over HTTPS only
"""

from fairlead.simulation.defining import define_kinds
from fairlead.simulation.engine import Engine
from fairlead.simulation.errors import (
    ClusterError,
    ManifestError,
    SimulationError,
    UnreachableError,
)
from fairlead.simulation.granting import grant_personas
from fairlead.simulation.scenario import Scenario, read_scenario
from fairlead.simulation.seeding import SeedReport, seed
from fairlead.simulation.simulator import Simulator
from fairlead.simulation.storm import Storm, StormReport, clear_storm, unleash

__all__ = [
    "ClusterError",
    "Engine",
    "ManifestError",
    "Scenario",
    "SeedReport",
    "SimulationError",
    "Simulator",
    "Storm",
    "StormReport",
    "UnreachableError",
    "clear_storm",
    "define_kinds",
    "grant_personas",
    "read_scenario",
    "seed",
    "unleash",
]
