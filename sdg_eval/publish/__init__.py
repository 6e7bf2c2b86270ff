"""Evaluations and executed notebooks become a site that opens from a folder, with no request to anywhere."""

from sdg_eval.publish.site import write_site

__all__ = ["write_site"]
