"""Kinds of CustomResourceDefinitions, by `fairlead generate`. Changes are overwritten."""
