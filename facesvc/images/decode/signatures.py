"""What bytes are, by how they begin: an image that is decoded, or the name of something else."""

from __future__ import annotations

import re

from facesvc.images.decode.bmp_walk import BMP_HEADERS
from facesvc.images.decode.png_walk import SIGNATURE
from facesvc.images.decode.structure import Container

SUPPORTED = "JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF"

_IMAGES = (
    (b"\xff\xd8\xff", Container.JPEG),
    (SIGNATURE, Container.PNG),
    (b"GIF87a", Container.GIF),
    (b"GIF89a", Container.GIF),
    (b"II*\0", Container.TIFF),
    (b"MM\0*", Container.TIFF),
    (b"II+\0", Container.TIFF),
    (b"MM\0+", Container.TIFF),
)
_HEIF_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), Container.AVIF),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), Container.HEIC),
    **dict.fromkeys((b"mif1", b"mif2", b"msf1", b"miaf"), Container.HEIC),
}
_OTHERS = (
    (b"\xff\x0a", "a JPEG XL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000"),
    (b"II\xbc", "a JPEG XR"),
    (b"8BPS", "a Photoshop document (PSD)"),
    (b"%PDF", "a PDF"),
    (b"%!PS", "a PostScript file"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript file"),
    (b"v/1\x01", "an OpenEXR"),
    (b"#?RADIANCE", "a Radiance HDR"),
    (b"#?RGBE", "a Radiance HDR"),
    (b"\0\0\x01\0", "an icon (ICO)"),
    (b"icns", "an icon (ICNS)"),
    (b"DDS ", "a DDS texture"),
    (b"qoif", "a QOI"),
    (b"BPG\xfb", "a BPG"),
    (b"FLIF", "a FLIF"),
    (b"SIMPLE  =", "a FITS"),
    (b"\xd7\xcd\xc6\x9a", "a Windows metafile"),
    (b"gimp xcf", "a GIMP document (XCF)"),
    (b"\x01\xda", "an SGI image"),
    (b"Y\xa6j\x95", "a Sun raster image"),
    (b"/* XPM */", "an XPM"),
    (b"#define", "an XBM"),
    (b"FUJIFILMCCD-RAW", "a camera's raw file (RAF)"),
    (b"IIRO", "a camera's raw file (ORF)"),
    (b"IIRS", "a camera's raw file (ORF)"),
    (b"MMOR", "a camera's raw file (ORF)"),
    (b"IIU\0", "a camera's raw file (RW2)"),
    (b"\0MRM", "a camera's raw file (MRW)"),
    (b"FOVb", "a camera's raw file (X3F)"),
    (b"BLP1", "a BLP texture"),
    (b"BLP2", "a BLP texture"),
    (b"\x89HDF", "an HDF5"),
    (b"\x89JNG", "a JNG"),
    (b"\x8aMNG", "an animation (MNG)"),
    (b"GRIB", "weather data (GRIB)"),
    (b"BUFR", "weather data (BUFR)"),
    (b"\x1aE\xdf\xa3", "a video (Matroska or WebM)"),
    (b"FLV\x01", "a video (FLV)"),
    (b"\0\0\x01\xba", "a video (MPEG)"),
    (b"\0\0\x01\xb3", "a video (MPEG)"),
    (b"OggS", "a video or sound (Ogg)"),
    (b"ID3", "a sound (MP3)"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!\x1a", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
_RIFF = {b"AVI ": "a video (AVI)", b"WAVE": "a sound (WAV)"}
_FTYP = {b"crx ": "a camera's raw file (CR3)", b"jxl ": "a JPEG XL", b"jp2 ": "a JPEG 2000"}
_CURSOR, _FLIC = b"\0\0\x02\0", (b"\x11\xaf", b"\x12\xaf")
# Identifier's length, colour map, type of picture, an empty or a real map, sizes, depth.
_TGA = re.compile(rb".[\0\1][\1\2\3\x09\x0a\x0b].{13}[\x08\x0f\x10\x18\x20][\0-\x3f]", re.DOTALL)
_PNM = re.compile(rb"P[1-7fF][\s#]")
_SNIFFED_BYTES = 2048
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|script|title|meta|div|table|h1|p|a|br)\b")
_SVG = re.compile(rb"<svg\b")
_SPACES = {ord(space): " " for space in "\t\r\n\f"} | {0xFFFD: "\0"}
_BASE64_IMAGES = (b"/9j/", b"iVBORw0KGgo", b"R0lGOD", b"UklGR", b"AAAA")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_=\r\n-]{64,}")


def container_of(data: bytes) -> Container | None:
    """Return the format of bytes that begin as one that is decoded, None for all others."""
    for start, container in _IMAGES:
        if data.startswith(start):
            return container
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Container.WEBP
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in BMP_HEADERS:
        return Container.BMP
    if data[4:8] == b"ftyp":
        return _heif_of(data)
    return None


def _heif_of(data: bytes) -> Container | None:
    """Return the format by the major brand, else by the compatible ones: mif1 is either."""
    major = _HEIF_BRANDS.get(data[8:12])
    end = min(int.from_bytes(data[:4], "big"), 1024)
    brands = [data[start : start + 4] for start in range(16, end, 4)]
    if data[8:12] in (b"mif1", b"mif2", b"msf1", b"miaf"):
        return Container.AVIF if b"avif" in brands else major
    return major


def name_of(data: bytes) -> str:
    """Return what bytes that are no image of ours are, with an article; "" when nobody knows."""
    for start, name in _OTHERS:
        if data.startswith(start):
            return name
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12], "")
    if data[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return _FTYP.get(data[8:12], "a video (MP4 or QuickTime)")
    if data[:4] == _CURSOR and data[4:6] != b"\0\0":
        return "a cursor (CUR)"
    if data[-18:-2] == b"TRUEVISION-XFILE" or _TGA.match(data):
        return "a TGA"
    if data[4:6] in _FLIC and data[14:16] in (b"\0\0", b"\3\0"):
        return "an animation (FLIC)"
    if data[:1] == b"\n" and data[1:2] in b"\0\2\3\4\5" and data[2:3] == b"\1":
        return "a PCX"
    if data[40:44] == b" EMF":
        return "a Windows metafile"
    if data[128:132] == b"DICM":
        return "a DICOM"
    if _PNM.match(data):
        return "a PNM"
    return _name_of_text(data[:_SNIFFED_BYTES].removeprefix(b"\xef\xbb\xbf").strip())


def _name_of_text(text: bytes) -> str:
    lower = text.lower()
    if lower.startswith(b"data:"):
        return "a data URI as text"
    if lower.startswith(b"<"):
        if _SVG.search(lower):
            return "an SVG drawing"
        return "a web page" if _HTML.search(lower) else "XML"
    if lower.startswith((b"{", b"[")):
        return "JSON"
    if text.startswith(_BASE64_IMAGES) and _BASE64.match(text):
        return "base64 text"
    if lower.startswith((b"http://", b"https://", b"s3://", b"gs://")):
        return "a URL as text"
    # Two bytes less: the last letter may be cut in two, or three.
    letters = text[:-3].decode("utf-8", "replace") if len(text) > 3 else ""
    return "text" if letters and letters.translate(_SPACES).isprintable() else ""
