"""What a request speaks: the type of its body, the answers it accepts, its language, its token."""

import re
from functools import lru_cache
from typing import NamedTuple

from hub.errors import Unauthenticated

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
EVENTS = "text/event-stream"
MULTIPART = "multipart/form-data"

_LONGEST = 1_000
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = rf'[ \t]*;[ \t]*({_WORD})=({_WORD}|"[^"\\]*")'
_MEDIA = re.compile(rf"({_WORD}/{_WORD})((?:{_PARAMETER})*)")
_QUALITY = re.compile(r"[01](\.[0-9]{0,3})?")
_LANGUAGE = re.compile(r"([A-Za-z]+)(?:-[0-9A-Za-z-]+)?(?:[ \t]*;[ \t]*q=([01](?:\.[0-9]{0,3})?))?")
_BEARER = re.compile(r"[Bb]earer +([0-9A-Za-z._~+/-]+=*)")


class Media(NamedTuple):
    """A media type in lower case with its parameters."""

    name: str
    parameters: dict[str, str]

    @property
    def is_utf8(self) -> bool:
        """Whether the text is UTF-8: said so, or nothing said."""
        return self.parameters.get("charset", "utf-8").lower() == "utf-8"


@lru_cache(maxsize=256)
def media(text: str) -> Media | None:
    """The media type that `text` (a Content-Type) names; None when it is not one."""
    found = _MEDIA.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if found is None:
        return None
    parameters = re.findall(_PARAMETER, found[2])
    return Media(found[1].lower(), {name.lower(): value.strip('"') for name, value in parameters})


@lru_cache(maxsize=256)
def body_type(content_type: str) -> str | None:
    """The media type of a body in UTF-8 under a Content-Type header; None for what is not UTF-8."""
    found = media(content_type)
    return found.name if found and found.is_utf8 else None


@lru_cache(maxsize=256)
def answer_type(accept: str) -> str | None:
    """The media type to answer with under an Accept header; None when we speak none of them.

    The highest quality wins, then the named before the wildcard. Of named types the newest is
    taken; a wildcard means application/json, which every client reads.
    """
    ranges = _ranges(accept)
    named = [(ranges[offer], 1, offer) for offer in (GRAPHQL, JSON, EVENTS) if offer in ranges]
    wild = ranges.get("application/*", ranges.get("*/*", 0.0))
    guessed = [(wild, 0, offer) for offer in (JSON, GRAPHQL) if offer not in ranges]
    quality, _, offer = max([*named, *guessed, (0.0, 0, "")], key=lambda choice: choice[:2])
    return offer if quality else None


def _ranges(accept: str) -> dict[str, float]:
    """The readable ranges of an Accept header with their qualities."""
    found = (media(part) for part in accept.split(",") if len(accept) <= _LONGEST)
    return {
        range_.name: float(quality)
        for range_ in found
        if range_
        and range_.is_utf8
        and _QUALITY.fullmatch(quality := range_.parameters.get("q", "1"))
    }


@lru_cache(maxsize=256)
def language(accept: str) -> str:
    """What an Accept-Language header prefers of "zh" and "en"; "zh" when it names neither."""
    found = (_LANGUAGE.fullmatch(part.strip()) for part in accept[:_LONGEST].split(","))
    spoken = [
        (float(tag[2] or 1), tag[1].lower())
        for tag in found
        if tag and tag[1].lower() in {"zh", "en"}
    ]
    quality, tag = max(spoken, key=lambda choice: choice[0], default=(0.0, "zh"))
    return tag if quality else "zh"


def bearer(authorization: str | None) -> str | None:
    """The token of an Authorization header, if there is one. Unauthenticated if it is no Bearer."""
    if authorization is None:
        return None
    found = _BEARER.fullmatch(authorization)
    if found is None:
        raise Unauthenticated(
            "Authorization 头应为 “Bearer <令牌>”", 'Authorization has to read "Bearer <token>"'
        )
    return found[1]
