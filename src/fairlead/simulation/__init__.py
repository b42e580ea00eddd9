"""Data for the dev cluster, and the controllers that are not there: seeds it, and moves what is in it.

objects, durations, templates, labels     reading and writing Kubernetes objects
manifests, history -> seeding             a directory of YAML becomes a seeded cluster
scenario -> drafts, taskruns, pipelines, walks, arrivals -> engine
                                          the simulator, without sockets
kubeconfig, cluster -> watching, simulator, storm
                                          what speaks to the cluster, over HTTPS only
"""
