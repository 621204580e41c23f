"""Decodes image bytes that strangers made.

The container is walked first (jpeg_walk.py, png_walk.py, webp_walk.py) and its claims are held
against limits (checks.py); only then does a decoder see the bytes (pixels.py, decoder.py).
"""

from facesvc.images.decode.decode_limits import DecodeLimits
from facesvc.images.decode.decoder import SafeImageDecoder

__all__ = ["DecodeLimits", "SafeImageDecoder"]
