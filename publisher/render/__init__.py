"""From articles to the words that readers get: mails, posts, and the checks that stop a broken one."""

from publisher.render.engine import default_theme
from publisher.render.renderer import Renderer

__all__ = ["Renderer", "default_theme"]
