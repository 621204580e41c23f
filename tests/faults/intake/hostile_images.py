"""Makes small files that claim to be large, or lie about their own insides."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

from tests.heic_files import heic

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
        "avif": ("AVIF", "RGB", {"exif": exif.tobytes()}),
        "avif alpha": ("AVIF", "RGBA", {}),
        "gif": ("GIF", "RGB", {}),
        "bmp": ("BMP", "RGB", {}),
        "bmp palette": ("BMP", "P", {}),
        "tiff": ("TIFF", "RGB", {}),
        "tiff lzw": ("TIFF", "RGB", {"compression": "tiff_lzw"}),
        "tiff jpeg": ("TIFF", "RGB", {"compression": "jpeg"}),
        **{
            f"moving {container}": (
                container,
                "RGB",
                {"save_all": True, "append_images": [picture]},
            )
            for container in ("PNG", "WEBP", "GIF", "AVIF")
        },
    }
    # Large enough that lies about its size are plausible: only a decoder can find them out.
    large = np.random.default_rng(2).integers(0, 256, (500, 700, 3)).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(large).save(buffer, "JPEG", quality=85)
    made = {"large": buffer.getvalue()}
    made["heic"] = heic(picture)
    made["heic of tiles"] = heic(picture.convert("RGBA"), tile_size=64, orientation=6)
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
        "png endless": png(100, 100, _BOMB)[:-40],
        "jpeg 65000 x 65000": resized_jpeg(jpeg, 65_000, 65_000),
        "jpeg 11999 x 3333": resized_jpeg(jpeg, 11_999, 3333),
        "jpeg 8000 x 5000 progressive": resized_jpeg(progressive, 8000, 5000),
        "jpeg of no height": resized_jpeg(jpeg, 100, 0),
        "jpeg 185 KB of zeros, 12000 x 3333": resized_jpeg(jpeg, 11_999, 3333, bytes(185_000)),
        "jpeg of 5000 scans": _rescanned(progressive, 5000),
        "jpeg of two frames": jpeg[:2] + _segment(jpeg, 0xC0) + jpeg[2:],
        "jpeg of 2 million segments": jpeg[:2] + b"\xff\xfe\x00\x02" * 2_000_000 + jpeg[2:],
        "jpeg of fill bytes": jpeg[:2] + b"\xff" * 9_000_000 + b"\x00",
        "jpeg scan of fill bytes": jpeg[:-300] + b"\xff" * 9_000_000 + b"\x00",
        "jpeg scan of restarts": jpeg[:-300] + b"\xff\xd0" * 4_000_000,
        "jpeg segment over the end": jpeg[:2] + b"\xff\xe5\xff\xff" + jpeg[-300:],
        "jpeg without end": jpeg[:-300],
        "jpeg arithmetic": jpeg.replace(b"\xff\xc0", b"\xff\xc9", 1),
        "jpeg 12 bits": jpeg.replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc0\x00\x11\x0c", 1),
        "jpeg sampling 15 x 15": jpeg.replace(b"\x01\x22\x00", b"\x01\xff\x00", 1),
        "webp 16383 x 2441": _resized_webp(webp, 16_383, 2441),
        "webp lossless 10000 x 4000": _resized_lossless(lossless, 10_000, 4000),
        "webp false length": webp[:16] + b"\xff\xff\xff\x7f" + webp[20:],
        "webp canvas of another size": webp[:24] + b"\xff\x0f\x00\xff\x0f\x00" + webp[30:],
        "webp moving without frames": webp[:20] + b"\x02" + webp[21:30] + b"ANIM\0\0\0\0",
        "avif whose AV1 is larger": _resized_heif(_large("AVIF"), (2000, 2000), (160, 120)),
        "heic whose HEVC is larger": _resized_heif(_large("HEIC"), (2000, 2000), (160, 120)),
        "avif 16000 x 3000": _resized_heif(seeds["avif"], (160, 120), (16_000, 3000)),
        "heic 16000 x 3000": _resized_heif(seeds["heic"], (160, 120), (16_000, 3000)),
        "avif of boxes in no end": b"\0\0\0\x10ftypavif\0\0\0\0" + b"\0\0\0\x08free" * 9000,
        "heic of boxes over the end": seeds["heic"].replace(b"iloc", b"ilo\xff", 1),
        "heic cut": seeds["heic"][:-500],
        "gif 65535 x 65535": _resized_gif(seeds["gif"], 65_535, 65_535),
        "gif 7000 x 7000": _resized_gif(seeds["gif"], 7000, 7000),
        "gif of nothing": b"GIF89a" + bytes(1000),
        "gif of extensions": seeds["gif"][:13] + b"!\xfe\0" * 100_000,
        "bmp 2^31 wide": seeds["bmp"][:18] + b"\xff\xff\xff\x7f" + seeds["bmp"][22:],
        "bmp 7000 x 7000": seeds["bmp"][:18] + struct.pack("<ii", 7000, 7000) + seeds["bmp"][26:],
        "tiff 60000 x 60000": _tiff({256: 60_000, 257: 60_000, 273: 8, 279: 9000}),
        "tiff 7000 x 7000": _tiff({256: 7000, 257: 7000, 259: 8, 273: 8, 279: 900}),
        "tiff of one huge tile": _tiff(
            {256: 100, 257: 100, 259: 8, 322: 60_000, 323: 60_000, 324: 8, 325: 9000}
        ),
        "tiff of 65535 samples": _tiff({256: 100, 257: 100, 273: 8, 277: 65_535, 279: 9000}),
        "tiff strips over the end": _tiff({256: 100, 257: 100, 273: 8, 279: 0x7FFFFFFF}),
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


def _large(kind: str) -> bytes:
    """Return a file of a few kilobytes whose picture really is 2000 x 2000."""
    image = Image.new("RGB", (2000, 2000), (90, 120, 150))
    if kind == "HEIC":
        return heic(image)
    buffer = io.BytesIO()
    image.save(buffer, kind, speed=10)
    return buffer.getvalue()


def _resized_heif(data: bytes, old: tuple[int, int], new: tuple[int, int]) -> bytes:
    """Return the AVIF or HEIC with another size in its container only."""
    claim, lie = (b"ispe\0\0\0\0" + struct.pack(">II", *size) for size in (old, new))
    assert claim in data
    return data.replace(claim, lie)


def _resized_gif(data: bytes, width: int, height: int) -> bytes:
    """Return the GIF with another size, of its canvas and of its frame."""
    size = struct.pack("<HH", width, height)
    frame = data.index(b"\x2c" + bytes(4) + struct.pack("<HH", 160, 120))
    return data[:6] + size + data[10 : frame + 5] + size + data[frame + 9 :]


def _tiff(fields: dict[int, int]) -> bytes:
    """Return a TIFF of 9,000 zeros and these fields, RGB of 8 bits unless they say else."""
    fields = dict(sorted({258: 8, 259: 1, 262: 2, 277: 3, **fields}.items()))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields.items())
    directory = struct.pack("<H", len(fields)) + entries + bytes(4)
    return b"II*\0" + struct.pack("<I", 9008) + bytes(9000) + directory


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
