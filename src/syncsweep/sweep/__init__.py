"""The sweep: shards, the parts of unfinished ones, and the MPI worker that makes them."""
