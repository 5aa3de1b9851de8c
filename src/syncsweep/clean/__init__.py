"""What `syncsweep clean` lists and removes: files that the present configuration does not use."""


class CleanError(Exception):
    """The results cannot be cleaned; the message is one line."""
