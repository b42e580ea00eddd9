"""The reference portal's server: a CI/CD portal for KubeRocketCI-style resources."""
