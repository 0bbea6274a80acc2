"""The book's ornament: the star polygons that features form in two dimensions, one for each chapter."""

from math import cos, gcd, pi, sin


def star(number: int) -> str:
    """Chapter `number`'s mark as inline SVG: number + 4 directions from a centre, joined by a star polygon."""
    count = number + 4
    points = [(50 + 40 * sin(2 * pi * i / count), 50 - 40 * cos(2 * pi * i / count)) for i in range(count)]
    step = next((k for k in range(count // 2, 1, -1) if gcd(k, count) == 1 and 2 * k < count), 1)
    order = [points[i * step % count] for i in range(count)]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in order) + "Z"
    rays = "".join(f"M50 50L{x:.1f} {y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.4"/>' for x, y in points)
    return (
        '<svg class="star" viewBox="0 0 100 100" width="100" height="100" focusable="false">'
        f'<path class="star-rays" d="{rays}"/><path class="star-path" d="{path}"/>{dots}</svg>'
    )
