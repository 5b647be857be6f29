"""Timetables in XHSTT, the public XML format for high-school timetables, read as a project file."""

from shared.xhstt.converting import Converted, convert
from shared.xhstt.options import Options

__all__ = ["Converted", "Options", "convert"]
