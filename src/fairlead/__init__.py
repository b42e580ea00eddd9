"""Full-stack type-safe APIs in Python, live from Kubernetes."""
