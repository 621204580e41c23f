"""Fetches image URLs that strangers choose without ever connecting where they may not.

Rules, in the order in which a URL meets them: url.py (grammar), policy.py (ports, named hosts),
resolver.py (one lookup), policy.py again (every answer), connection.py (pinned to the checked
address), exchange.py (one bounded request), fetcher.py (redirects start over).
"""

from facesvc.images.fetch.fetch_limits import FetchLimits
from facesvc.images.fetch.fetcher import HttpImageSource
from facesvc.images.fetch.policy import AllowList

__all__ = ["AllowList", "FetchLimits", "HttpImageSource"]
