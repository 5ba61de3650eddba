"""Instrument ledgers as enterprises keep them: CSV, TSV, XLSX."""
