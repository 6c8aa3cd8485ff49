"""Which picture stands in the header? A PNG, JPEG or SVG file that was looked at before it goes into the page.

It becomes a data: URI of an `img`, in which no script runs and from which nothing is fetched, whatever the file holds.
The only module that knows Pillow.
"""

from __future__ import annotations

import base64
import io
import warnings
from dataclasses import dataclass
from pathlib import Path

from bench.errors import ConfigError

MOST_BYTES = 200_000
"""The page of a small campaign has as much again."""
MOST_PIXELS = 2000
"""Each way; a picture of few bytes can have a billion pixels."""

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_REMEDY = f"Give a PNG, JPEG or SVG file of at most {MOST_BYTES // 1000} kB and {MOST_PIXELS} × {MOST_PIXELS} pixels"


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture that may stand in a page. media_type: "image/png", "image/jpeg" or "image/svg+xml"."""

    media_type: str
    content: bytes

    @property
    def uri(self) -> str:
        """The picture as a data: URI."""
        return f"data:{self.media_type};base64,{base64.b64encode(self.content).decode()}"


def read_logo(path: Path) -> Logo:
    """The picture in a file; ConfigError when it cannot be read, is none, is damaged or too large."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise _bad(path, f"cannot be read ({error.strerror})") from error
    if len(content) > MOST_BYTES:
        raise _bad(path, "is too large")
    if content.startswith((b"\x89PNG", b"\xff\xd8\xff")):
        return Logo(_raster(path, content), content)
    _check_svg(path, content)
    return Logo("image/svg+xml", content)


def _raster(path: Path, content: bytes) -> str:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            if max(picture.size) > MOST_PIXELS:
                raise _bad(path, f"has {picture.size[0]} × {picture.size[1]} pixels")
            picture.load()
            return "image/png" if picture.format == "PNG" else "image/jpeg"
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Warning) as error:
        raise _bad(path, "is a damaged picture") from error


def _check_svg(path: Path, content: bytes) -> None:
    """No script would run in an `img`; but who takes the picture out of the page opens it by itself."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(content, forbid_dtd=False)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise _bad(path, "is no picture that a page can show") from error
    if root.tag != f"{_SVG}svg":
        raise _bad(path, "is no picture that a page can show")
    for element in root.iter():
        name = str(element.tag).rpartition("}")[2].lower()
        links = [value for key, value in element.attrib.items() if key in ("href", _XLINK)]
        runs = name in ("script", "foreignobject") or any(key.lower().startswith("on") for key in element.attrib)
        if runs or any(not link.strip().startswith(("#", "data:image/")) for link in links):
            raise _bad(path, "holds a script, or fetches something")


def _bad(path: Path, what: str) -> ConfigError:
    return ConfigError(what, where=f"--logo {path}", remedy=_REMEDY)
