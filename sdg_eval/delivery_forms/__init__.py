"""Workbooks of the delivery tables: sent out empty, taken in filled, all of a workbook or nothing."""
