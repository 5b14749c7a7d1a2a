"""Panels of a dashboard as one SVG, of what a Prometheus has: for documents, without a Grafana."""

from dataclasses import dataclass
from html import escape
from typing import Any

from tests.support.own_prometheus import OwnPrometheus, Span

WIDTH, HEIGHT, MARGIN, COLUMNS = 460, 200, 30, 2
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
COLORS = ("#3b7dd8", "#d9822b", "#3a9d5d", "#c23030", "#8f5bc7", "#738091", "#147eb3", "#946638")
LEGENDS = 4

Line = list[tuple[float, float]]


@dataclass(frozen=True)
class Picture:
    title: str
    lines: dict[str, Line]
    is_heatmap: bool

    @classmethod
    def take(cls, panel: dict[str, Any], prometheus: OwnPrometheus, span: Span) -> "Picture":
        lines: dict[str, Line] = {}
        for target in panel["targets"]:
            for labels, line in prometheus.read(target["expr"], span):
                lines[target.get("legendFormat") or ", ".join(labels.values())] = line
        return cls(panel["title"], lines, panel["type"] == "heatmap")

    def draw(self, span: Span) -> str:
        body = self._draw_cells(span) if self.is_heatmap else self._draw_lines(span)
        title = f'<text x="{MARGIN}" y="18" font-weight="bold">{escape(self.title)}</text>'
        frame = f'<rect x="{MARGIN}" y="{MARGIN}" width="{PLOT_WIDTH}" height="{PLOT_HEIGHT}"'
        return f'{title}{frame} fill="none" stroke="#ccc"/>{body}'

    def _draw_lines(self, span: Span) -> str:
        most = max((value for line in self.lines.values() for _, value in line), default=0) or 1
        drawn = [f'<text x="2" y="{MARGIN + 8}">{most:.3g}</text>']
        for number, (name, line) in enumerate(sorted(self.lines.items())):
            color = COLORS[number % len(COLORS)]
            points = " ".join(
                f"{span.place(at) * PLOT_WIDTH + MARGIN:.1f},"
                f"{(1 - value / most) * PLOT_HEIGHT + MARGIN:.1f}"
                for at, value in line
            )
            drawn.append(f'<polyline points="{points}" fill="none" stroke="{color}"/>')
            if number < LEGENDS:
                x, y = MARGIN + number * PLOT_WIDTH / LEGENDS, HEIGHT - 12
                drawn.append(f'<text x="{x:.0f}" y="{y}" fill="{color}">{escape(name)}</text>')
        return "".join(drawn)

    def _draw_cells(self, span: Span) -> str:
        """Draw a column of buckets for each moment, the darker the more requests are in one."""
        bounds = sorted(self.lines, key=float)
        height = PLOT_HEIGHT / len(bounds)
        cells: list[tuple[int, float, float]] = []
        below = dict[float, float]()
        for number, bound in enumerate(bounds):
            for at, value in self.lines[bound]:
                cells.append((number, at, value - below.get(at, 0)))
                below[at] = value
        most = max((count for _, _, count in cells), default=0) or 1
        width = span.step / span.seconds * PLOT_WIDTH
        drawn = [
            f'<rect x="{span.place(at) * PLOT_WIDTH + MARGIN:.1f}" width="{width:.1f}" '
            f'y="{MARGIN + PLOT_HEIGHT - (number + 1) * height:.1f}" height="{height:.1f}" '
            f'fill="{COLORS[0]}" fill-opacity="{count / most:.2f}"/>'
            for number, at, count in cells
            if count > 0
        ]
        for number, bound in enumerate(bounds):
            y = MARGIN + PLOT_HEIGHT - (number + 0.4) * height
            drawn.append(f'<text x="2" y="{y:.0f}">{float(bound):g}</text>')
        return "".join(drawn)


def draw(pictures: list[Picture], span: Span) -> str:
    rows = -(-len(pictures) // COLUMNS)
    size = f'width="{COLUMNS * WIDTH}" height="{rows * HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for number, picture in enumerate(pictures):
        row, column = divmod(number, COLUMNS)
        place = f"translate({column * WIDTH} {row * HEIGHT})"
        parts.append(f'<g transform="{place}">{picture.draw(span)}</g>')
    return "\n".join([*parts, "</svg>", ""])
