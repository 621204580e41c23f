"""Reads the bodies of REST calls: JSON and HTML forms.

Envoy hands a body over as it came, beside the fields of the path and the query (requests.py). It
is read here and not by Envoy's transcoder, because that ignores fields it does not know, rounds
numbers in silence, repeats a whole photo in its errors, and takes neither data URIs nor forms.
"""

from facesvc.transport.rest.requests import RestBodies

__all__ = ["RestBodies"]
