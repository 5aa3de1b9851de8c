"""The program `syncsweep` and its sub-commands, one module each."""
