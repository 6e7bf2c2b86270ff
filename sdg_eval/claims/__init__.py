"""The ledger of claims: every number in the prose of a run, bound to the cell of a table that it speaks of.

Words are read, not trusted: what a word module wrote is taken apart again and held against the tables of the run.
"""
