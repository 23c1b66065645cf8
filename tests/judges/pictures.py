"""Pictures for the stories, drawn here: flat shapes, so that screenshots of them stay small files."""

from __future__ import annotations

# Each is drawn on a field of 12 to 8, and cut to the shape that is asked for.
_FERRY = """
<path d="M3.6 5.3h5.2l-.9 1.2H4.5z" fill="{thing}"/><path d="M4.5 3.9h3.4v1.4H4.5z" fill="{thing}"/>
<path d="M5 4.3h.4v.4H5zM5.7 4.3h.4v.4h-.4zM6.4 4.3h.4v.4h-.4zM7.1 4.3h.4v.4h-.4z" fill="{ground}"/>
<path d="M6.7 2.8h.6v1.1h-.6z" fill="#c4543d"/>
"""
_LOAVES = """
<ellipse cx="4.2" cy="5.3" rx="1.3" ry=".9" fill="{thing}"/><ellipse cx="6.1" cy="5.5" rx="1.3" ry=".9" fill="{near}"/>
<ellipse cx="8" cy="5.3" rx="1.3" ry=".9" fill="{thing}"/>
<path d="M3.5 5q.7-.4 1.4 0M5.4 5.2q.7-.4 1.4 0M7.3 5q.7-.4 1.4 0" stroke="{sky}" stroke-width=".12" fill="none"/>
"""
_HALL = """
<path d="M3 3.4 6 1.9 9 3.4z" fill="{ground}"/><path d="M3.3 3.4h5.4v3H3.3z" fill="{thing}"/>
<path d="M3.8 4h.6v1.5h-.6zM4.8 4h.6v1.5h-.6zM5.8 4h.6v2.4h-.6zM6.8 4h.6v1.5h-.6zM7.7 4h.6v1.5h-.6z" fill="{near}"/>
"""
_GAUGE = """
<path d="M5.7 4.5h.6v2.2h-.6z" fill="{ground}"/><circle cx="6" cy="3.7" r="1.5" fill="#b98a44"/>
<circle cx="6" cy="3.7" r="1.25" fill="{sun}"/><path d="m6 3.7.7-.6" stroke="{thing}" stroke-width=".12"/>
<circle cx="6" cy="3.7" r="1" fill="none" stroke="{ground}" stroke-width=".16" stroke-dasharray=".05 .4736"/>
"""
_PLAYER = """
<path d="M8.6 6.2V2.7H12" stroke="#fff" stroke-width=".16" fill="none"/>
<circle cx="5.4" cy="2.4" r=".45" fill="#8d6242"/>
<path d="M4.9 3h1l.1 1.6H4.8z" fill="{thing}"/><circle cx="7.1" cy="1.7" r=".3" fill="#c4543d"/>
<path d="m5.6 3.3 1.3-1.2M5 4.6l-.9 1.1M5.7 4.6l.9.7" stroke="#8d6242" stroke-width=".3" stroke-linecap="round"/>
"""
_FIELD = """
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 12 8"
preserveAspectRatio="xMidYMid slice"><path d="M0-9h12v26H0z" fill="{sky}"/>
<circle cx="8.6" cy="2.3" r=".9" fill="{sun}"/>
<path d="M-9 9 0 4.6 2.4 3.4 4 4.2l1.5.9 1.7-1 1.9-.7L12 4.8 21 9z" fill="{far}"/>
<path d="M-9 9 0 5 1.6 5.6l2.1-.8 2.3.4 2-.7 2.2.8 1.8-.4L21 9z" fill="{near}"/>
<path d="M-9 5.8h30V17H-9z" fill="{ground}"/>{drawn}</svg>
"""
# A logo has no field: what is behind it must do.
_LOGO = """
<svg xmlns="http://www.w3.org/2000/svg" width="480" height="96" viewBox="0 0 120 24"><g fill="{0}">
<path d="M2 15h20l-3 6H5zM6 9h12v5H6zM13 3h3v5h-3z"/></g>
<g fill="{0}"><path d="M30 4h4v7h6V4h4v16h-4v-6h-6v6h-4zM50 4h22v4H50zM50 10h34v4H50zM50 16h28v4H50z"/></g></svg>
"""
_LOGOS = {"logo": "#7a0f3c", "logo-dark": "#ffb3cf"}
_COLOURS = ("sky", "sun", "far", "near", "ground", "thing")
_DUSK = ("#f3c9a5", "#f7e3b5", "#a98a8f", "#6d6a82", "#31435c", "#f6f1e7")
_NOON = ("#bfd9e6", "#fdf6dc", "#8fb0b3", "#5f8a86", "#2f5d68", "#c4543d")
_BROWN = ("#e9dcc6", "#f4ecdc", "#c9a97c", "#8d6242", "#4d3426", "#6f4528")
_GREEN = ("#dbe6cf", "#f6f3d7", "#9fbb8c", "#6b9066", "#3d5f47", "#f2d9a0")
_DRAWN = {
    "ferry": (1200, 800, _DUSK, _FERRY),
    "bread": (900, 900, _BROWN, _LOAVES),
    "gauge": (800, 1400, _NOON, _GAUGE),
    "school": (1600, 1000, _GREEN, _HALL),
    "handball": (1200, 675, _GREEN, _PLAYER),
    "mole": (1104, 736, _NOON, _FERRY),
}


def draw(name: str) -> str | None:
    """Return a picture as SVG; None for one that is not there."""
    if name in _LOGOS:
        return _LOGO.strip().format(_LOGOS[name])
    if name not in _DRAWN:
        return None
    width, height, palette, drawn = _DRAWN[name]
    colours = dict(zip(_COLOURS, palette, strict=True))
    return _FIELD.strip().format(width=width, height=height, drawn=drawn.format(**colours), **colours)
