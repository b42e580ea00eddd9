"""An OpenID Connect provider for development: ready personas, no passwords, this machine only.

A process of its own, spoken to over HTTP like any other provider: `fairlead dev` runs it beside
the application, so that the very same sign-in is used as in production.
"""
