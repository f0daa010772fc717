"""Templates to responses: one style within the page, and a policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

TEMPLATES = Path(__file__).parent / "templates"


class Renderer:
    """Renders the pages; text of a person is always escaped."""

    def __init__(self) -> None:
        style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        self._style = Markup(style)  # noqa: S704 our own file
        self._headers = {
            "Content-Security-Policy": "default-src 'none'; img-src data:; form-action 'self'; "
            f"base-uri 'none'; frame-ancestors 'none'; style-src 'sha256-{digest}'"
        }
        self._pages = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip

    def page(
        self,
        template: str,
        values: Mapping[str, object],
        *,
        status: int = 200,
        signed_in: bool = True,
    ) -> HTMLResponse:
        """A page of `templates/`. Raises jinja2.UndefinedError for a value it is not given."""
        told = {"style": self._style, "signed_in": signed_in, **values}
        return HTMLResponse(self._pages.get_template(template).render(told), status, self._headers)

    def message(
        self, title: str, *lines: str, status: int = 200, signed_in: bool = True
    ) -> HTMLResponse:
        """A page with a heading and some lines."""
        values = {"title": title, "lines": lines}
        return self.page("message.html", values, status=status, signed_in=signed_in)
