"""Reports: one HTML page that needs no other file.

Imports nothing of the package. What a report says is made where it is known; here it
becomes a page.
"""

from skdrift.report._page import (
    Paragraph,
    Picture,
    Section,
    Table,
    render_fragment,
    render_page,
)

__all__ = [
    "Paragraph",
    "Picture",
    "Section",
    "Table",
    "render_fragment",
    "render_page",
]
