"""Serving the pages: routes, who may ask, the socket."""
