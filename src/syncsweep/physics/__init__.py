"""The physics of one sample: models, perturbations, steady states and their measures.

Nothing in this package knows of files, MPI, tables or figures.
"""
