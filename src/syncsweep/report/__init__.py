"""The report: everything that a results folder holds, on one page that needs no network."""
