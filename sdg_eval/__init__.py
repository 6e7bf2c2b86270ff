"""Evaluate SDG indicator trends of Thai provinces: tables in SDMX terms in, evaluations out."""

__version__ = "0.1.0"
