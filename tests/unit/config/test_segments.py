"""Segments as an editor writes them: what is wrong with one is said at its very place."""

from __future__ import annotations

import pytest

from publisher.config.schedules import parse_project
from publisher.errors import ConfigError
from tests.unit.config.project_text import changed
