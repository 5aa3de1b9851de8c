"""The rest of the paper, part by part: each makes tables, from which its figure is drawn."""
