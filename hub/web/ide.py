"""Which routes serve the offline IDE: the committed build of web/ under /graphiql."""

from hashlib import blake2b
from pathlib import Path
from wsgiref.headers import Headers

from servestatic import ServeStaticASGI  # type: ignore[import-untyped]  # ships no types
from starlette.routing import Mount, Route

BUILD = Path(__file__).parent / "static" / "graphiql"
# Monaco and the charts set style attributes; everything else comes from the hub itself.
# 'self' in connect-src covers the WebSocket of the same origin (CSP level 3).
POLICY = "; ".join(
    (
        "default-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def ide_routes() -> list[Route | Mount]:
    """Routes of the IDE: /graphiql leads to /graphiql/, query kept; hashed assets never expire."""
    files = ServeStaticASGI(
        None,
        root=BUILD,
        prefix="graphiql",
        index_file=True,
        max_age=0,
        allow_all_origins=False,
        immutable_file_test=lambda _, url: "/assets/" in url,
        add_headers_function=_describe,
    )
    return [Route("/graphiql", files, include_in_schema=False), Mount("/graphiql", files)]


def _describe(headers: Headers, path: str, _url: str) -> None:
    """Security headers, and an ETag of the content: a wheel gives every file the same date."""
    for name, value in HEADERS.items():
        headers[name] = value
    headers["ETag"] = f'"{blake2b(Path(path).read_bytes(), digest_size=12).hexdigest()}"'
