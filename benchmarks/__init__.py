"""What a sweep costs beside its numerics: measured on this machine, and a model of larger ones."""
