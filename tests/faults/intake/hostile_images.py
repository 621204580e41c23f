"""Makes small files that claim to be large, or lie about their own insides."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

# Deflate at its best: a few kilobytes that unpack to this many zeros.
_BOMB = zlib.compress(bytes(16 * 1024 * 1024), 9)


def seed_images() -> dict[str, bytes]:
    """Return one small sound image of each kind that is decoded."""
    y, x = np.mgrid[0:120, 0:160]
    noise = np.random.default_rng(1).integers(0, 40, (120, 160))
    pixels = np.stack([x, y * 2, (x + y) // 2 + noise], axis=-1).clip(0, 255).astype(np.uint8)
    picture, exif = Image.fromarray(pixels), Image.Exif()
    exif[0x0112] = 6
    kinds: dict[str, tuple[str, str, dict[str, object]]] = {
        "baseline": ("JPEG", "RGB", {"exif": exif.tobytes()}),
        "progressive": ("JPEG", "RGB", {"progressive": True}),
        "restarts": ("JPEG", "RGB", {"restart_marker_rows": 1, "subsampling": 0}),
        "cmyk": ("JPEG", "CMYK", {}),
        "grey": ("JPEG", "L", {}),
        "png": ("PNG", "RGB", {"exif": exif.tobytes()}),
        "alpha": ("PNG", "RGBA", {}),
        "palette": ("PNG", "P", {"transparency": 3}),
        "bits": ("PNG", "1", {}),
        "sixteen": ("PNG", "I;16", {}),
        "webp": ("WEBP", "RGB", {"exif": exif.tobytes()}),
        "lossless": ("WEBP", "RGBA", {"lossless": True}),
    }
    # Large enough that lies about its size are plausible: only a decoder can find them out.
    large = np.random.default_rng(2).integers(0, 256, (500, 700, 3)).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(large).save(buffer, "JPEG", quality=85)
    made = {"large": buffer.getvalue()}
    for name, (container, mode, options) in kinds.items():
        buffer = io.BytesIO()
        if mode == "I;16":
            image = Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
        else:
            image = picture.convert(mode)
        image.save(buffer, container, **options)
        made[name] = buffer.getvalue()
    return made


def hostile_images() -> dict[str, bytes]:
    """Return files of at most a few hundred kilobytes that must be refused before decoding."""
    seeds = seed_images()
    jpeg, progressive, webp = seeds["baseline"], seeds["progressive"], seeds["webp"]
    lossless = seeds["lossless"]
    return {
        "png 11999 x 3333 of zeros": png(11_999, 3333, _BOMB),
        "png 60000 x 60000": png(60_000, 60_000, _BOMB),
        "png 2^31 x 2^31": png(0x7FFFFFFF, 0x7FFFFFFF, _BOMB),
        "png of no width": png(0, 100, _BOMB),
        "png false length": png(100, 100, b"x" * 15_000, length=0x7FFFFFFF),
        "png negative length": png(100, 100, b"x" * 15_000, length=0xFFFFFFFF),
        "png length over the end": png(100, 100, b"x" * 15_000, length=15_050),
        "png of 900000 chunks": png(100, 100, b"x", extra=chunk(b"tEXt", b"") * 850_000),
        "png two headers": png(100, 100, _BOMB, extra=chunk(b"IHDR", bytes(13))),
        "png huge profile": png(100, 100, b"x", extra=chunk(b"iCCP", bytes(5 * 1024 * 1024))),
        "png endless": png(100, 100, _BOMB)[:-12],
        "png animated": png(100, 100, _BOMB, extra=chunk(b"acTL", bytes(8))),
        "jpeg 65000 x 65000": resized_jpeg(jpeg, 65_000, 65_000),
        "jpeg 11999 x 3333": resized_jpeg(jpeg, 11_999, 3333),
        "jpeg 8000 x 5000 progressive": resized_jpeg(progressive, 8000, 5000),
        "jpeg of no height": resized_jpeg(jpeg, 100, 0),
        "jpeg 185 KB of zeros, 12000 x 3333": resized_jpeg(jpeg, 11_999, 3333, bytes(185_000)),
        "jpeg of 5000 scans": _rescanned(progressive, 5000),
        "jpeg of two frames": jpeg[:2] + _segment(jpeg, 0xC0) + jpeg[2:],
        "jpeg of 2 million segments": jpeg[:2] + b"\xff\xfe\x00\x02" * 2_000_000 + jpeg[2:],
        "jpeg of fill bytes": jpeg[:2] + b"\xff" * 9_000_000 + b"\x00",
        "jpeg scan of fill bytes": jpeg[:-2] + b"\xff" * 9_000_000 + b"\x00",
        "jpeg scan of restarts": jpeg[:-2] + b"\xff\xd0" * 4_000_000,
        "jpeg segment over the end": jpeg[:2] + b"\xff\xe5\xff\xff" + jpeg[-300:],
        "jpeg without end": jpeg[:-2],
        "jpeg arithmetic": jpeg.replace(b"\xff\xc0", b"\xff\xc9", 1),
        "jpeg 12 bits": jpeg.replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc0\x00\x11\x0c", 1),
        "jpeg sampling 15 x 15": jpeg.replace(b"\x01\x22\x00", b"\x01\xff\x00", 1),
        "webp 16383 x 2441": _resized_webp(webp, 16_383, 2441),
        "webp lossless 10000 x 4000": _resized_lossless(lossless, 10_000, 4000),
        "webp false length": webp[:16] + b"\xff\xff\xff\x7f" + webp[20:],
        "webp canvas of another size": webp[:24] + b"\xff\x0f\x00\xff\x0f\x00" + webp[30:],
        "webp animated": webp[:20] + b"\x02" + webp[21:],
        "gif": b"GIF89a" + bytes(1000),
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "tiff": b"II*\0" + bytes(1000),
        "bmp": b"BM" + bytes(1000),
        "zeros": bytes(100_000),
        "nothing": b"",
    }


def chunk(kind: bytes, body: bytes, length: int | None = None) -> bytes:
    """Return a PNG chunk, its length false when given."""
    head = struct.pack(">I", len(body) if length is None else length)
    return head + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    width: int, height: int, payload: bytes, *, length: int | None = None, extra: bytes = b""
) -> bytes:
    """Return a PNG that claims a size, around any payload."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", payload, length)
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def resized_jpeg(data: bytes, width: int, height: int, filling: bytes = b"") -> bytes:
    """Return the JPEG with another size in its frame and more data in its scan."""
    frame = next(data.index(mark) for mark in (b"\xff\xc0", b"\xff\xc2") if mark in data)
    size = struct.pack(">HH", height, width)
    return data[: frame + 5] + size + data[frame + 9 : -2] + filling + data[-2:]


def _rescanned(data: bytes, times: int) -> bytes:
    first = data.index(b"\xff\xda")
    second = data.index(b"\xff\xda", first + 2)
    return data[:first] + data[first:second] * times + data[second:]


def _segment(data: bytes, code: int) -> bytes:
    start = data.index(bytes([0xFF, code]))
    return data[start : start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")]


def _resized_webp(data: bytes, width: int, height: int) -> bytes:
    """Return the lossy WebP with another size, in its canvas and in its frame."""
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    start = data.index(b"\x9d\x01\x2a") + 3
    frame = struct.pack("<HH", width, height)
    return data[:24] + canvas + data[30:start] + frame + data[start + 4 :]


def _resized_lossless(data: bytes, width: int, height: int) -> bytes:
    start = data.index(b"VP8L") + 9
    bits = int.from_bytes(data[start : start + 4], "little") >> 28 << 28
    bits |= (width - 1) | (height - 1) << 14
    return data[:start] + bits.to_bytes(4, "little") + data[start + 4 :]
