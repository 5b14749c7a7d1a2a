"""Draw the ratios to the bare app as bars, in SVG."""

from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, LEFT, BAR, GAP, TOP = 760, 230, 12, 14, 56
COLORS = ("#1f6feb", "#8250df")
# The scale grows in steps of so much.
STEP = 0.5


class Bars(NamedTuple):
    """What one endpoint reached, for each service in turn."""

    title: str
    ratios: Sequence[float]


def draw(services: Sequence[str], rows: Sequence[Bars]) -> str:
    """Return a picture whose bars end at the ratio to the bare app, which is a line at 1."""
    most = max([1.0, *(ratio for row in rows for ratio in row.ratios)])
    steps = int(most / STEP) + 1
    scale = (WIDTH - LEFT - 60) / (steps * STEP)
    height = TOP + len(rows) * (len(services) * BAR + GAP) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        *_legend(services),
        *(
            _line(number * STEP, LEFT + number * STEP * scale, height)
            for number in range(steps + 1)
        ),
    ]
    for place, row in enumerate(rows):
        parts += _bars(row, TOP + place * (len(services) * BAR + GAP), scale)
    return "\n".join([*parts, "</svg>", ""])


def _legend(services: Sequence[str]) -> list[str]:
    named = zip(services, COLORS, strict=False)
    boxes = [
        f'<rect x="{LEFT + 160 * place}" y="8" width="12" height="12" fill="{color}"/>'
        f'<text x="{LEFT + 18 + 160 * place}" y="18">{escape(name)}</text>'
        for place, (name, color) in enumerate(named)
    ]
    return [
        *boxes,
        f'<text x="{LEFT - 8}" y="18" text-anchor="end">requests per second to bare</text>',
    ]


def _line(value: float, x: float, height: int) -> str:
    color = "#d1242f" if value == 1 else "#d0d7de"
    return (
        f'<line x1="{x:.0f}" y1="{TOP - 12}" x2="{x:.0f}" y2="{height}" stroke="{color}"/>'
        f'<text x="{x:.0f}" y="{TOP - 18}" text-anchor="middle">{value:g}</text>'
    )


def _bars(row: Bars, top: int, scale: float) -> list[str]:
    parts = [
        f'<text x="{LEFT - 8}" y="{top + BAR + 4}" text-anchor="end">{escape(row.title)}</text>'
    ]
    for place, (ratio, color) in enumerate(zip(row.ratios, COLORS, strict=False)):
        y, width = top + place * BAR, ratio * scale
        parts.append(
            f'<rect x="{LEFT}" y="{y}" width="{width:.0f}" height="{BAR - 1}" fill="{color}"/>'
            f'<text x="{LEFT + width + 4:.0f}" y="{y + BAR - 2}" font-size="10">{ratio:.2f}</text>'
        )
    return parts
