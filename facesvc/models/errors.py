"""What can be wrong with a model pack."""

from __future__ import annotations


class PackError(Exception):
    """A pack cannot be used; the text names the file, the reason and a way out.

    It ends the start of the service: nothing is served with half a pack.
    """
