"""The names of a CI reporter's base, where the reference document has them; the code is in `truthound.ci.report`."""

from truthound.ci.report.base import CIReporter
from truthound.reporters.annotations import AnnotationLevel, CIAnnotation

__all__ = ["AnnotationLevel", "CIAnnotation", "CIReporter"]
