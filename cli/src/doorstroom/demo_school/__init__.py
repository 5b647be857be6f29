"""A school to try everything on: generated, invented, repeatable."""

from doorstroom.demo_school.generation import DemoBranch, DemoSchool, DemoSchoolUnit, file_bytes, generate

__all__ = ["DemoBranch", "DemoSchool", "DemoSchoolUnit", "file_bytes", "generate"]
