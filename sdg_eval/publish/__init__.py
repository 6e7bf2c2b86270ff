"""Evaluations and executed notebooks become a site that opens from a folder, with no request to anywhere."""

from sdg_eval.publish.site import write_run_pages, write_site
from sdg_eval.publish.swap import site_files

__all__ = ["site_files", "write_run_pages", "write_site"]
